"""Letters to who is invited, the calendar entries in them, and the answers."""

from typing import Any

import httpx2
import icalendar
import pytest
from tests.calendar_rules import check_calendar
from tests.meeting.conftest import Asked, MakePerson, Person

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.account import ForgetAccount
from meeting_system.kernel.clock import ManualClock
from meeting_system.kernel.mail import Letter
from meeting_system.kit.outbox import OutboxRelay
from meeting_system.meeting.context import Context

SINGLE: dict[str, Any] = {
    "title": "Plan; now, \\ later",
    "starts_at": "2026-03-30T10:00",
    "time_zone": "Europe/Berlin",
    "duration_min": 30,
}
WEEKLY = SINGLE | {
    "title": "周会",
    "starts_at": "2026-03-16T10:00",
    "recurrence": "FREQ=WEEKLY;BYDAY=MO;COUNT=4",
}
"""The clocks change on 29 March."""
BOB, EVE = {"email": "Bob@Example.org"}, {"email": "eve@elsewhere.example", "display_name": "Eve"}


def event(letter: Letter) -> Any:
    """Return the first event of a letter's calendar, after checking it against the RFCs."""
    assert letter.invitation is not None
    calendar = check_calendar(letter.invitation.content, letter.invitation.method)
    return calendar.events[0]


def token(letter: Letter) -> str:
    return letter.text.rsplit("/rsvp/", 1)[1].split("?")[0]


async def invite(
    ada: Person, asked: Asked, outbox: OutboxRelay, *invitees: dict[str, str], **body: Any
) -> tuple[dict[str, Any], list[Letter]]:
    made = await ada.create(invitees=list(invitees), **body)
    await outbox.deliver_all()
    return made, sorted(asked.take_letters(), key=lambda letter: letter.to.address)


async def test_everyone_gets_a_request_for_their_calendar_in_their_language(
    account: MakePerson, asked: Asked, outbox: OutboxRelay
) -> None:
    ada, _ = account("Ada"), account("Bob", locale="zh-CN")
    made, (to_bob, to_eve) = await invite(ada, asked, outbox, BOB, EVE, **SINGLE, password="geheim")
    assert (to_bob.to.address, to_bob.to.name) == ("bob@example.org", "Bob")
    assert to_bob.subject == "会议邀请：Plan; now, \\ later"
    assert to_eve.subject == "Invitation: Plan; now, \\ later"
    assert "Monday, 30 March 2026, 10:00–10:30 (Europe/Berlin)" in to_eve.text
    assert "2026年3月30日 星期一 10:00–10:30" in to_bob.text
    assert made["join_url"] in to_eve.text
    assert "geheim" in to_eve.text
    assert to_eve.html is not None
    assert made["join_url"] in to_eve.html
    entry = event(to_eve)
    assert (entry["summary"], entry["sequence"]) == (SINGLE["title"], 0)
    assert entry.start.isoformat() == "2026-03-30T10:00:00+02:00"
    assert entry["organizer"] == "mailto:ada@example.org"
    assert entry["attendee"] == "mailto:eve@elsewhere.example"
    assert entry["attendee"].params["RSVP"] == "TRUE"
    assert entry["url"] == made["join_url"]
    assert "bob" not in to_eve.invitation.content.decode()  # type: ignore[union-attr]


async def test_hostile_titles_stay_text(account: MakePerson, asked: Asked, outbox: OutboxRelay) -> None:
    title = 'A<script>"b"&c'
    _, (letter,) = await invite(account("Ada"), asked, outbox, EVE, **SINGLE | {"title": title})
    assert letter.html is not None
    assert "<script" not in letter.html
    assert event(letter)["summary"] == title


async def test_the_invited_with_an_account_has_the_meeting_in_the_list(
    account: MakePerson, asked: Asked, outbox: OutboxRelay
) -> None:
    ada, bob = account("Ada"), account("Bob")
    made, _ = await invite(ada, asked, outbox, BOB, **WEEKLY)
    listed = (await bob.get("/meetings", params={"when": "upcoming"})).json()["items"]
    assert [meeting["answer"] for meeting in listed] == ["needs_action"] * 4
    assert (
        await bob.post(f"/meetings/{made['meeting_id']}/answer", {"answer": "accepted"})
    ).status_code == 204
    assert (await bob.get(f"/meetings/{made['meeting_id']}")).json()["answer"] == "accepted"
    answer = await ada.post(f"/meetings/{made['meeting_id']}/answer", {"answer": "accepted"})
    assert answer.json()["code"] == "invitation_not_found"


async def test_a_series_is_one_entry_with_its_rule_and_its_exceptions(
    account: MakePerson, asked: Asked, outbox: OutboxRelay
) -> None:
    ada = account("Ada")
    made, (letter,) = await invite(ada, asked, outbox, EVE, **WEEKLY)
    first = event(letter)
    assert (first["rrule"].to_ical(), first["uid"]) == (
        b"FREQ=WEEKLY;COUNT=4;BYDAY=MO",
        f"{made['series_id']}@meeting-system",
    )
    _, second, third, fourth = (await ada.get("/meetings", params={"when": "upcoming"})).json()["items"]
    await ada.patch(f"/meetings/{second['meeting_id']}", {"starts_at": "2026-03-24T15:00"})
    await ada.post(f"/meetings/{third['meeting_id']}/cancel")
    await ada.patch(f"/meetings/{fourth['meeting_id']}?scope=all", {"title": "Renamed"})
    await outbox.deliver_all()
    moved, cancelled, renamed = asked.take_letters()
    entry = event(moved)
    assert moved.invitation is not None
    assert (moved.invitation.method, entry["sequence"]) == ("REQUEST", 1)
    assert entry["recurrence-id"].dt.isoformat() == "2026-03-23T10:00:00+01:00"
    assert entry.start.isoformat() == "2026-03-24T15:00:00+01:00"
    entry = event(cancelled)
    assert cancelled.invitation is not None
    assert (cancelled.invitation.method, entry["status"]) == ("CANCEL", "CANCELLED")
    assert entry["recurrence-id"].dt.isoformat() == "2026-03-30T10:00:00+02:00"
    assert cancelled.subject == "Cancelled: 周会"
    assert renamed.invitation is not None
    master, exception = check_calendar(renamed.invitation.content, "REQUEST").events
    assert (master["summary"], master["sequence"]) == ("Renamed", 1)
    assert [each.dt.isoformat() for each in master["exdate"].dts] == ["2026-03-30T10:00:00+02:00"]
    assert exception["recurrence-id"].dt.isoformat() == "2026-03-23T10:00:00+01:00"


async def test_this_and_following_shortens_one_entry_and_makes_another(
    account: MakePerson, asked: Asked, outbox: OutboxRelay
) -> None:
    ada = account("Ada")
    made, (invited,) = await invite(ada, asked, outbox, EVE, **WEEKLY)
    third = (await ada.get("/meetings", params={"when": "upcoming"})).json()["items"][2]
    changed = (
        await ada.patch(f"/meetings/{third['meeting_id']}?scope=following", {"starts_at": "2026-03-30T12:00"})
    ).json()
    await outbox.deliver_all()
    by_uid = {event(letter)["uid"]: letter for letter in asked.take_letters()}
    old = event(by_uid[f"{made['series_id']}@meeting-system"])
    new = event(by_uid[f"{changed['series_id']}@meeting-system"])
    assert old["rrule"].to_ical() == b"FREQ=WEEKLY;UNTIL=20260330T075959Z;BYDAY=MO"
    assert (old["sequence"], new["sequence"]) == (1, 0)
    assert new["rrule"].to_ical() == b"FREQ=WEEKLY;COUNT=2;BYDAY=MO"
    assert new.start.isoformat() == "2026-03-30T12:00:00+02:00"
    people = (await ada.get(f"/meetings/{changed['meeting_id']}/invitees")).json()["items"]
    assert [(person["email"], person["answer"]) for person in people] == [(EVE["email"], "needs_action")]
    assert token(invited) != token(by_uid[f"{changed['series_id']}@meeting-system"])


async def test_cancelling_all_takes_the_series_out_of_calendars(
    account: MakePerson, asked: Asked, outbox: OutboxRelay
) -> None:
    ada = account("Ada")
    made, _ = await invite(ada, asked, outbox, EVE, **WEEKLY)
    await ada.post(f"/meetings/{made['meeting_id']}/cancel", {"scope": "all"})
    await outbox.deliver_all()
    (letter,) = asked.take_letters()
    entry = event(letter)
    assert letter.invitation is not None
    assert (letter.invitation.method, entry["status"], entry["sequence"]) == ("CANCEL", "CANCELLED", 1)
    assert "recurrence-id" not in entry
    assert "/rsvp/" not in letter.text


async def test_who_is_added_gets_a_letter_and_who_is_taken_off_a_cancellation(
    account: MakePerson, asked: Asked, outbox: OutboxRelay
) -> None:
    ada, bob = account("Ada"), account("Bob")
    made, _ = await invite(ada, asked, outbox, **SINGLE)
    url = f"/meetings/{made['meeting_id']}/invitees"
    people = (await ada.post(url, {"items": [BOB, EVE]})).json()["items"]
    assert [person["email"] for person in people] == ["bob@example.org", "eve@elsewhere.example"]
    again = await ada.post(url, {"items": [BOB]})
    assert len(again.json()["items"]) == 2
    await outbox.deliver_all()
    invited = asked.take_letters()
    assert sorted(letter.to.address for letter in invited) == ["bob@example.org", "eve@elsewhere.example"]
    assert {event(letter)["organizer"] for letter in invited} == {"mailto:ada@example.org"}
    assert (await bob.get(f"/meetings/{made['meeting_id']}")).status_code == 200
    assert (await ada.delete(f"{url}/{people[0]['invitee_id']}")).status_code == 204
    gone = await ada.delete(f"{url}/{people[0]['invitee_id']}")
    assert (gone.status_code, gone.json()["code"]) == (404, "invitee_not_found")
    assert (await bob.get(f"/meetings/{made['meeting_id']}")).status_code == 404
    await outbox.deliver_all()
    (letter,) = asked.take_letters()
    assert letter.invitation is not None
    assert (letter.to.address, letter.invitation.method, event(letter)["sequence"]) == (
        "bob@example.org",
        "CANCEL",
        1,
    )


async def test_more_than_three_hundred_are_refused(account: MakePerson) -> None:
    ada = account("Ada")
    made = await ada.create(**SINGLE)
    url = f"/meetings/{made['meeting_id']}/invitees"
    many = [{"email": f"p{n}@example.net"} for n in range(300)]
    assert (await ada.post(url, {"items": many})).status_code == 201
    answer = await ada.post(url, {"items": [EVE]})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_invitees")
    assert (await ada.post(url, {"items": [*many, EVE]})).status_code == 422


async def test_anyone_with_the_link_answers_and_the_host_sees_it(
    account: MakePerson, client: httpx2.AsyncClient, asked: Asked, outbox: OutboxRelay, clock: ManualClock
) -> None:
    ada = account("Ada")
    made, (letter,) = await invite(ada, asked, outbox, EVE, **SINGLE)
    url = f"/api/v1/rsvp/{token(letter)}"
    shown = (await client.get(url)).json()
    assert (shown["title"], shown["email"], shown["answer"]) == (
        SINGLE["title"],
        EVE["email"],
        "needs_action",
    )
    assert (shown["host_name"], shown["join_url"]) == ("Ada", made["join_url"])
    for answer in ("accepted", "tentative", "declined"):
        assert (await client.post(url, json={"answer": answer})).json()["answer"] == answer
    people = (await ada.get(f"/meetings/{made['meeting_id']}/invitees")).json()["items"]
    assert [(person["answer"], person["answered_at"]) for person in people] == [
        ("declined", "2026-01-01T00:00:00Z")
    ]
    assert (await client.post(url, json={"answer": "perhaps"})).status_code == 422
    for wrong in ("x", "a" * 22, "b" * 200):
        answer = await client.get(f"/api/v1/rsvp/{wrong}")
        assert (answer.status_code, answer.json()["code"]) == (404, "invitation_not_found")
    await ada.post(f"/meetings/{made['meeting_id']}/cancel")
    late = await client.post(url, json={"answer": "accepted"})
    assert (late.status_code, late.json()["code"]) == (409, "meeting_ended")
    assert (await client.get(url)).json()["status"] == "cancelled"


async def test_a_calendar_feed_has_a_secret_address_that_can_be_replaced(
    account: MakePerson, client: httpx2.AsyncClient, asked: Asked, outbox: OutboxRelay
) -> None:
    ada, bob = account("Ada"), account("Bob")
    await invite(ada, asked, outbox, BOB, **WEEKLY)
    await bob.create(**SINGLE)
    await ada.create(**SINGLE | {"title": "Alone"})
    series = await ada.create(**WEEKLY | {"title": "Not Bob's"})
    assert (await bob.get("/calendar")).json() == {"created_at": None}
    first = (await bob.post("/calendar")).json()["url"]
    answer = await client.get(first)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    calendar = check_calendar(answer.content, "PUBLISH")
    assert sorted(str(each["summary"]) for each in calendar.events) == [SINGLE["title"], "周会"]
    assert series["series_id"] not in answer.text
    second = (await bob.post("/calendar")).json()["url"]
    assert (await client.get(first)).json()["code"] == "feed_not_found"
    assert (await client.get(second)).status_code == 200
    assert (await bob.delete("/calendar")).status_code == 204
    assert (await client.get(second)).status_code == 404


async def test_a_meeting_is_downloaded_for_a_calendar(account: MakePerson, context: Context) -> None:
    ada = account("Ada")
    for body in (SINGLE, WEEKLY):
        made = await ada.create(**body)
        answer = await ada.get(f"/meetings/{made['meeting_id']}/ics")
        assert answer.headers["content-disposition"] == 'attachment; filename="meeting.ics"'
        (entry,) = check_calendar(answer.content, "PUBLISH").events
        assert entry["summary"] == body["title"]
        assert "attendee" not in entry
    instant = await ada.create()
    answer = await ada.get(f"/meetings/{instant['meeting_id']}/ics")
    assert (answer.status_code, answer.json()["code"]) == (409, "meeting_has_no_time")
    assert (await account("Eve").get(f"/meetings/{instant['meeting_id']}/ics")).status_code == 404


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Shanghai", "UTC"])
async def test_a_calendar_that_knows_no_time_zones_finds_the_same_instants(
    account: MakePerson, zone: str
) -> None:
    ada = account("Ada")
    made = await ada.create(**WEEKLY | {"time_zone": zone, "starts_at": "2026-03-02T02:15"})
    answer = await ada.get(f"/meetings/{made['meeting_id']}/ics")
    calendar = icalendar.Calendar.from_ical(answer.content)
    listed = (await ada.get("/meetings", params={"when": "upcoming"})).json()["items"]
    for zone_part in calendar.timezones:
        own = zone_part.to_tz(lookup_tzid=False)
        for meeting in listed:
            instant = icalendar.vDDDTypes.from_ical(meeting["starts_at"].replace("-", "").replace(":", ""))
            local = instant.astimezone(own)
            assert (local.hour, local.minute) == (2, 15)
    assert bool(calendar.timezones) is (zone != "UTC")


async def test_what_was_to_come_is_cancelled_when_its_host_deletes_their_account(
    account: MakePerson, asked: Asked, outbox: OutboxRelay, bus: LocalBus
) -> None:
    ada, bob = account("Ada"), account("Bob")
    await invite(ada, asked, outbox, EVE, **SINGLE)
    await invite(ada, asked, outbox, EVE, **WEEKLY)
    over, _ = await invite(ada, asked, outbox, EVE, **SINGLE | {"title": "Called off"})
    assert (await ada.post(f"/meetings/{over['meeting_id']}/cancel")).status_code == 204
    await invite(bob, asked, outbox, EVE, **SINGLE | {"title": "Of somebody else"})
    await outbox.deliver_all()
    asked.take_letters()
    for _ in range(2):
        await bus.call(ForgetAccount(user_id=str(ada.user_id), email="ada@example.org"))
    await outbox.deliver_all()
    letters = sorted(asked.take_letters(), key=lambda letter: letter.subject)
    assert [letter.subject for letter in letters] == [f"Cancelled: {SINGLE['title']}", "Cancelled: 周会"]
    assert all("/m/" not in letter.text for letter in letters)
    for letter in letters:
        entry = event(letter)
        assert (entry["status"], entry["sequence"], entry.get("url")) == ("CANCELLED", 1, None)
