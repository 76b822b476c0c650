"""A meeting on a day to come: made, changed, opened, cancelled, missed."""

from typing import Any

import pytest
from tests.meeting.conftest import Asked, MakePerson, Person

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.meeting import ReportPresence
from meeting_system.kernel.clock import ManualClock
from meeting_system.meeting import jobs, lifecycle
from meeting_system.meeting.context import Context

BERLIN: dict[str, Any] = {"starts_at": "2026-01-05T10:00", "time_zone": "Europe/Berlin", "duration_min": 45}
MINUTE, HOUR, DAY = 60, 3600, 24 * 3600
TO_NINE = 4 * DAY + 9 * HOUR
"""From the clock's beginning to the start of the meeting, 5 January, nine o'clock UTC."""


async def test_a_meeting_is_scheduled_at_an_hour_somewhere(account: MakePerson) -> None:
    ada = account("Ada")
    made = await ada.create(title="Plan", description="What\nnext", **BERLIN)
    assert (made["starts_at"], made["ends_at"]) == ("2026-01-05T09:00:00Z", "2026-01-05T09:45:00Z")
    assert (made["opens_at"], made["time_zone"]) == ("2026-01-05T08:45:00Z", "Europe/Berlin")
    assert (made["status"], made["description"], made["series_id"]) == ("scheduled", "What\nnext", None)
    assert (await ada.get(f"/meetings/{made['meeting_id']}")).json() == made


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"starts_at": "2025-12-31T10:00Z"}, "start_invalid"),
        ({"starts_at": "2026-01-05T10:00"}, "start_invalid"),
        ({"starts_at": "2026-01-05T10:00", "time_zone": "Mars/Base"}, "time_zone_unknown"),
        (BERLIN | {"duration_min": 1}, "invalid"),
        (BERLIN | {"recurrence": "FREQ=SECONDLY"}, "recurrence_invalid"),
        ({"recurrence": "FREQ=DAILY"}, "invalid"),
        ({"starts_at": "2026-01-05T10:00Z", "recurrence": "FREQ=DAILY"}, "invalid"),
        (BERLIN | {"room_id": "00000000-0000-7000-8000-000000000000"}, "room_not_found"),
        (BERLIN | {"invitees": [{"email": "nobody"}]}, "invalid"),
        (BERLIN | {"options": {"lobby": "sometimes"}}, "invalid"),
        (BERLIN | {"options": {"lobby": None}}, "invalid"),
    ],
)
async def test_what_cannot_be_scheduled_is_refused(
    account: MakePerson, body: dict[str, Any], code: str
) -> None:
    ada = account("Ada")
    answer = await ada.post("/meetings", body)
    assert (answer.status_code in (404, 422), answer.json()["code"]) == (True, code)
    assert (await ada.get("/meetings")).json()["items"] == []


async def test_others_come_when_it_opens_and_hosts_at_any_time(
    account: MakePerson, guest: MakePerson, clock: ManualClock, context: Context
) -> None:
    ada, gus = account("Ada"), guest("Gus")
    made = await ada.create(**BERLIN)
    clock.advance(TO_NINE - 16 * MINUTE)
    early = await gus.try_join(made["meeting_no"])
    assert (early.status_code, early.json()["code"]) == (409, "meeting_not_open")
    assert early.headers["retry-after"] == "60"
    preview = (await gus.get(f"/meetings/preview/{made['meeting_no']}")).json()
    assert (preview["entry"], preview["opens_at"]) == ("before_time", made["opens_at"])
    await jobs.open_due(context)
    assert (await ada.get(f"/meetings/{made['meeting_id']}")).json()["status"] == "scheduled"
    clock.advance(MINUTE)
    await jobs.open_due(context)
    assert (await ada.get(f"/meetings/{made['meeting_id']}")).json()["status"] == "lobby_open"
    assert (await gus.get(f"/meetings/preview/{made['meeting_no']}")).json()["entry"] == "open"
    await gus.join(made["meeting_no"])
    assert (await ada.get(f"/meetings/{made['meeting_id']}")).json()["status"] == "live"


async def test_without_joining_before_the_host_the_host_comes_first(
    account: MakePerson, guest: MakePerson, clock: ManualClock
) -> None:
    ada, gus = account("Ada"), guest("Gus")
    made = await ada.create(**BERLIN, options={"join_before_host": False, "lobby_opens_min": 30})
    clock.advance(TO_NINE - 30 * MINUTE)
    assert (await gus.get(f"/meetings/preview/{made['meeting_no']}")).json()["entry"] == "host_absent"
    waiting = await gus.try_join(made["meeting_no"])
    assert (waiting.status_code, waiting.json()["waiting"]) == (200, True)
    await ada.join(made["meeting_no"])


async def test_trying_a_meeting_out_before_its_time_does_not_use_it_up(
    account: MakePerson, guest: MakePerson, clock: ManualClock, bus: LocalBus
) -> None:
    ada, gus = account("Ada"), guest("Gus")
    made = await ada.create(**BERLIN)
    url = f"/meetings/{made['meeting_id']}"
    for _ in range(2):
        # The clock moves: ids sort by their time of birth.
        await ada.join(made["meeting_no"])
        assert (await ada.post(f"{url}/end")).status_code == 204
        after = (await ada.get(url)).json()
        assert (after["status"], after["ended_at"]) == ("scheduled", None)
        clock.advance(1)
    clock.advance(TO_NINE)
    await gus.join(made["meeting_no"])
    assert (await ada.post(f"{url}/end")).status_code == 204
    assert (await ada.get(url)).json()["status"] == "ended"
    assert len((await ada.get(f"{url}/sessions")).json()["items"]) == 3


async def test_a_scheduled_meeting_waits_for_its_time_and_expires_a_day_after(
    account: MakePerson, clock: ManualClock, context: Context
) -> None:
    ada = account("Ada")
    later = BERLIN | {"starts_at": "2026-03-05T10:00"}
    made = await ada.create(**later)
    url = f"/meetings/{made['meeting_id']}"
    clock.advance(60 * DAY)
    assert await jobs.expire_unused(context) == 0
    clock.advance(3 * DAY + 9 * HOUR + 45 * MINUTE)
    await jobs.open_due(context)
    assert await jobs.expire_unused(context) == 0
    clock.advance(DAY + 1)
    assert await jobs.expire_unused(context) == 1
    assert (await ada.get(url)).json()["status"] == "expired"
    answer = await ada.try_join(made["meeting_no"])
    assert (answer.status_code, answer.json()["code"]) == (409, "meeting_ended")


async def test_a_change_of_zone_alone_keeps_the_hour_on_the_wall(account: MakePerson) -> None:
    ada = account("Ada")
    made = await ada.create(**BERLIN)
    url = f"/meetings/{made['meeting_id']}"
    moved = (await ada.patch(url, {"time_zone": "Asia/Shanghai"})).json()
    assert (moved["starts_at"], moved["ends_at"]) == ("2026-01-05T02:00:00Z", "2026-01-05T02:45:00Z")
    longer = (await ada.patch(url, {"duration_min": 60, "options": {"lobby_opens_min": 0}})).json()
    assert (longer["ends_at"], longer["opens_at"]) == ("2026-01-05T03:00:00Z", "2026-01-05T02:00:00Z")
    assert longer["options"]["lobby_opens_min"] == 0
    past = await ada.patch(url, {"starts_at": "2025-01-05T10:00"})
    assert (past.status_code, past.json()["code"]) == (422, "start_invalid")


async def test_an_instant_meeting_can_be_put_off(account: MakePerson) -> None:
    ada = account("Ada")
    made = await ada.create()
    url = f"/meetings/{made['meeting_id']}"
    assert (await ada.patch(url, {"duration_min": 30})).json()["code"] == "start_invalid"
    assert (await ada.patch(url, {"recurrence": "FREQ=DAILY"})).json()["code"] == "recurrence_invalid"
    moved = (await ada.patch(url, {"starts_at": "2026-01-05T10:00Z"})).json()
    assert (moved["starts_at"], moved["status"]) == ("2026-01-05T10:00:00Z", "scheduled")


async def test_who_saw_an_older_version_changes_nothing(account: MakePerson) -> None:
    ada = account("Ada")
    made = await ada.create(**BERLIN)
    url = f"/meetings/{made['meeting_id']}"
    seen = (await ada.get(url)).headers["etag"]
    changed = await ada.patch(url, {"title": "First"}, if_match=seen)
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert changed.headers["etag"].startswith('"2.')
    for stale in (seen, '"nonsense"', '"99"'):
        answer = await ada.patch(url, {"title": "Second"}, if_match=stale)
        assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
    assert (await ada.get(url)).json()["title"] == "First"
    assert (await ada.patch(url, {"title": "Third"}, if_match="*")).status_code == 200
    assert (await ada.patch(url, {"title": "Fourth"}, if_match='"3.abc"')).status_code == 200


async def test_what_goes_on_keeps_its_time_and_is_ended_rather_than_cancelled(account: MakePerson) -> None:
    ada = account("Ada")
    made = await ada.create(**BERLIN)
    url = f"/meetings/{made['meeting_id']}"
    await ada.join(made["meeting_no"])
    for answer in (await ada.patch(url, {"duration_min": 60}), await ada.post(f"{url}/cancel")):
        assert (answer.status_code, answer.json()["code"]) == (409, "meeting_is_live")
    assert (await ada.patch(url, {"title": "Still"})).json()["title"] == "Still"


async def test_a_cancelled_meeting_lets_nobody_in(account: MakePerson, asked: Asked) -> None:
    ada, bob = account("Ada"), account("Bob")
    made = await ada.create(**BERLIN)
    url = f"/meetings/{made['meeting_id']}"
    assert (await bob.post(f"{url}/cancel")).status_code == 404
    assert (await ada.post(f"{url}/cancel")).status_code == 204
    assert (await ada.get(url)).json()["status"] == "cancelled"
    assert (await bob.try_join(made["meeting_no"])).json()["code"] == "meeting_ended"
    assert (await ada.post(f"{url}/cancel")).json()["code"] == "meeting_ended"
    assert asked.take_letters() == []


async def test_upcoming_and_past_come_in_order_of_time_in_pages_of_one_statement(
    account: MakePerson, clock: ManualClock, statements: list[str]
) -> None:
    ada = account("Ada")
    for day in (9, 7, 8):
        await ada.create(title=f"D{day}", starts_at=f"2026-01-0{day}T10:00Z")
    await ada.create(title="Weekly", starts_at="2026-01-06T10:00", time_zone="Asia/Shanghai",
                     recurrence="FREQ=WEEKLY")  # fmt: skip
    cancelled = await ada.create(title="No", starts_at="2026-01-06T10:00Z")
    await ada.post(f"/meetings/{cancelled['meeting_id']}/cancel")
    done = []
    for title in ("Old", "Older"):
        made = await ada.create(title=title)
        await ada.join(made["meeting_no"])
        await ada.post(f"/meetings/{made['meeting_id']}/end")
        clock.advance(10)
        done.insert(0, title)
    statements.clear()
    first = (await ada.get("/meetings", params={"when": "upcoming", "limit": 3})).json()
    assert len(statements) == 1
    rest = (
        await ada.get("/meetings", params={"when": "upcoming", "limit": 3, "cursor": first["next_cursor"]})
    ).json()
    titles = [meeting["title"] for page in (first, rest) for meeting in page["items"]]
    assert titles == ["Weekly", "D7", "D8", "D9", "Weekly", "Weekly"]
    past = (await ada.get("/meetings", params={"when": "past", "limit": 1})).json()
    more = (
        await ada.get("/meetings", params={"when": "past", "limit": 1, "cursor": past["next_cursor"]})
    ).json()
    assert [past["items"][0]["title"], more["items"][0]["title"]] == done
    assert more["next_cursor"] is None
    wrong = await ada.get("/meetings", params={"when": "past", "cursor": "eHg"})
    assert wrong.json()["code"] == "cursor_invalid"


async def test_a_repeated_request_makes_one_series_and_one_letter(
    account: MakePerson, asked: Asked, outbox: Any
) -> None:
    ada = account("Ada")
    body = BERLIN | {"recurrence": "FREQ=WEEKLY;COUNT=3", "invitees": [{"email": "bob@example.net"}]}
    first = (await ada.post("/meetings", body, key="k1")).json()
    assert (await ada.post("/meetings", body, key="k1")).json() == first
    await outbox.deliver_all()
    assert len(asked.take_letters()) == 1
    assert len((await ada.get("/meetings")).json()["items"]) == 3


async def stay(bus: LocalBus, person: Person, number: str, states: list[str], clock: ManualClock) -> None:
    """Enter, and report what signaling sees, a minute apart."""
    admission = await person.enter(number)
    for state in states:
        await bus.call(
            ReportPresence(
                meeting_id=admission.meeting_id,
                run_id=admission.run_id,
                participant_id=admission.participant_id,
                state=state,  # type: ignore[arg-type]
            )
        )
        clock.advance(MINUTE)


async def test_who_was_there_and_when(
    account: MakePerson, guest: MakePerson, bus: LocalBus, clock: ManualClock, context: Context
) -> None:
    ada, gus, eve = account("Ada"), guest("=HYPERLINK(1)"), guest("Eve")
    made = await ada.create()
    url = f"/meetings/{made['meeting_id']}"
    assert (await ada.get(f"{url}/attendance")).json()["code"] == "session_not_found"
    await stay(bus, ada, made["meeting_no"], ["connected"], clock)
    await stay(bus, gus, made["meeting_no"], ["connected", "reconnecting", "connected", "left"], clock)
    await stay(bus, gus, made["meeting_no"], ["connected"], clock)
    await eve.join(made["meeting_no"])
    (session,) = (await ada.get(f"{url}/sessions")).json()["items"]
    assert (session["attendee_count"], session["ended_at"]) == (2, None)
    page = (await ada.get(f"{url}/attendance?limit=1")).json()
    rest = (await ada.get(f"{url}/attendance", params={"cursor": page["next_cursor"]})).json()
    mine, theirs = page["items"][0], rest["items"][0]
    assert (mine["display_name"], mine["present_s"], len(mine["stays"])) == ("Ada", 6 * MINUTE, 1)
    assert mine["stays"][0]["left_at"] is None
    assert (theirs["is_guest"], theirs["present_s"], len(theirs["stays"])) == (True, 4 * MINUTE, 2)
    assert rest["next_cursor"] is None
    await ada.post(f"{url}/end")
    clock.advance(HOUR)
    done = (await ada.get(f"{url}/attendance?session_id={session['session_id']}")).json()["items"]
    assert [each["present_s"] for each in done] == [6 * MINUTE, 4 * MINUTE]
    table = await ada.get(f"{url}/attendance.csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    lines = table.content.decode("utf-8-sig").split("\r\n")
    assert lines[0] == "name,role,guest,entered_at,left_at,present_s"
    assert lines[1].startswith("Ada,host,no,2026-01-01T00:00:00.000000Z,")
    assert lines[2].startswith("'=HYPERLINK(1),attendee,yes,")
    assert (await gus.get(f"{url}/attendance")).status_code == 403
    assert (await ada.get(f"{url}/attendance?session_id=x")).json()["code"] == "session_not_found"


async def test_a_run_that_ends_empty_before_its_time_leaves_the_meeting_scheduled(
    account: MakePerson, clock: ManualClock, context: Context
) -> None:
    ada = account("Ada")
    made = await ada.create(**BERLIN)
    await ada.join(made["meeting_no"])
    clock.advance(HOUR)
    assert await lifecycle.end_empty(context) == 1
    assert (await ada.get(f"/meetings/{made['meeting_id']}")).json()["status"] == "scheduled"
