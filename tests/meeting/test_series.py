"""What comes again: meetings of their own that share a number, written ahead, changed alone or together."""

from typing import Any

import pytest
from tests.meeting.conftest import MakePerson, Person

from meeting_system.kernel.clock import ManualClock
from meeting_system.meeting import jobs, occurrences
from meeting_system.meeting.context import Context

HOUR, DAY = 3600, 24 * 3600
WEEKLY: dict[str, Any] = {
    "title": "Weekly",
    "starts_at": "2026-01-05T10:00",
    "time_zone": "Europe/Berlin",
    "duration_min": 30,
    "recurrence": "FREQ=WEEKLY;BYDAY=MO;COUNT=5",
}


async def coming(person: Person) -> list[dict[str, Any]]:
    page = (await person.get("/meetings", params={"when": "upcoming", "limit": 100})).json()
    items: list[dict[str, Any]] = page["items"]
    return items


def days(meetings: list[dict[str, Any]]) -> list[str]:
    return [meeting["starts_at"][5:16] for meeting in meetings]


def path(meeting: dict[str, Any]) -> str:
    return f"/meetings/{meeting['meeting_id']}"


async def test_a_series_has_meetings_of_their_own_and_one_number(account: MakePerson) -> None:
    ada = account("Ada")
    first = await ada.create(**WEEKLY)
    meetings = await coming(ada)
    assert days(meetings) == ["01-05T09:00", "01-12T09:00", "01-19T09:00", "01-26T09:00", "02-02T09:00"]
    assert meetings[0] == first
    assert {meeting["meeting_no"] for meeting in meetings} == {first["meeting_no"]}
    assert first["meeting_no"].startswith("9")
    assert {meeting["series_id"] for meeting in meetings} == {first["series_id"]}
    assert first["recurrence"] == "FREQ=WEEKLY;BYDAY=MO;COUNT=5"


async def test_the_number_leads_to_the_meeting_whose_start_is_nearest(
    account: MakePerson, guest: MakePerson, clock: ManualClock
) -> None:
    ada, gus = account("Ada"), guest("Gus")
    number = (await ada.create(**WEEKLY | {"recurrence": "FREQ=DAILY"}))["meeting_no"]
    clock.advance(5 * DAY + 8 * HOUR + 50 * 60)
    shown = (await gus.get(f"/meetings/preview/{number}")).json()
    assert (shown["starts_at"], shown["entry"], shown["is_series"]) == ("2026-01-06T09:00:00Z", "open", True)
    joined = await gus.join(number)
    assert joined["meeting_id"] == shown["meeting_id"]
    clock.advance(2 * HOUR)
    await ada.post(f"/meetings/{joined['meeting_id']}/end")
    shown = (await gus.get(f"/meetings/preview/{number}")).json()
    assert (shown["starts_at"][:10], shown["entry"]) == ("2026-01-07", "before_time")


async def test_a_series_without_an_end_is_written_some_months_ahead_and_then_on(
    account: MakePerson, clock: ManualClock, context: Context
) -> None:
    ada = account("Ada")
    await ada.create(**WEEKLY | {"recurrence": "FREQ=WEEKLY"})
    assert len(await coming(ada)) == 14
    assert await occurrences.extend_series(context) == 0
    clock.advance(7 * DAY)
    await jobs.look_after(context)
    assert await occurrences.extend_series(context) == 0
    after = days(await coming(ada))
    # The first was missed and is over; the last is at the same hour, in summer time.
    assert (len(after), after[0], after[-1]) == (14, "01-12T09:00", "04-13T08:00")


async def test_what_comes_once_a_year_has_its_next_meeting_however_far_away(
    account: MakePerson, clock: ManualClock, context: Context
) -> None:
    ada = account("Ada")
    await ada.create(**WEEKLY | {"recurrence": "FREQ=YEARLY"})
    assert len(await coming(ada)) == 1
    clock.advance(2 * DAY)
    assert await occurrences.extend_series(context) == 1
    assert await occurrences.extend_series(context) == 0
    assert days(await coming(ada)) == ["01-05T09:00", "01-05T09:00"]


async def test_one_meeting_is_moved_alone(account: MakePerson) -> None:
    ada = account("Ada")
    await ada.create(**WEEKLY)
    second = (await coming(ada))[1]
    moved = (await ada.patch(path(second), {"starts_at": "2026-01-13T15:00", "title": "Moved"})).json()
    assert (moved["changed_alone"], moved["meeting_id"]) == (True, second["meeting_id"])
    assert days(await coming(ada))[:3] == ["01-05T09:00", "01-13T14:00", "01-19T09:00"]
    wrong = await ada.patch(path(second), {"recurrence": "FREQ=DAILY"})
    assert wrong.json()["code"] == "recurrence_invalid"
    named = (await ada.patch(f"{path(second)}?scope=all", {"title": "All"})).json()
    assert [meeting["title"] for meeting in await coming(ada)] == ["All", "Moved", "All", "All", "All"]
    assert named["meeting_id"] == second["meeting_id"]


async def test_this_and_those_after_get_a_time_of_their_own_and_keep_the_number(account: MakePerson) -> None:
    ada = account("Ada")
    first = await ada.create(**WEEKLY)
    third = (await coming(ada))[2]
    changed = (
        await ada.patch(f"{path(third)}?scope=following", {"starts_at": "2026-01-19T14:00", "title": "Later"})
    ).json()
    meetings = await coming(ada)
    assert days(meetings) == ["01-05T09:00", "01-12T09:00", "01-19T13:00", "01-26T13:00", "02-02T13:00"]
    assert [meeting["title"] for meeting in meetings] == ["Weekly"] * 2 + ["Later"] * 3
    assert {meeting["meeting_no"] for meeting in meetings} == {first["meeting_no"]}
    assert changed["series_id"] != first["series_id"]
    assert changed["recurrence"] == "FREQ=WEEKLY;BYDAY=MO;COUNT=3"
    assert (await ada.get(path(first))).json()["recurrence"] == "FREQ=WEEKLY;BYDAY=MO;UNTIL=20260119T085959Z"


async def test_a_new_time_for_all_leaves_what_is_over_as_it_was(
    account: MakePerson, clock: ManualClock
) -> None:
    ada = account("Ada")
    first = await ada.create(**WEEKLY)
    clock.advance(4 * DAY + 9 * HOUR)
    await ada.join(first["meeting_no"])
    await ada.post(f"{path(first)}/end")
    fourth = (await coming(ada))[2]
    await ada.patch(f"{path(fourth)}?scope=all", {"starts_at": "2026-01-26T11:30"})
    assert days(await coming(ada)) == ["01-12T10:30", "01-19T10:30", "01-26T10:30", "02-02T10:30"]
    assert (await ada.get(path(first))).json()["starts_at"] == "2026-01-05T09:00:00Z"


async def test_a_new_rule_for_all_before_the_first_meeting_keeps_the_series(account: MakePerson) -> None:
    ada = account("Ada")
    first = await ada.create(**WEEKLY)
    third = (await coming(ada))[2]
    await ada.post(f"{path(third)}/cancel")
    changed = (
        await ada.patch(
            f"{path(first)}?scope=all",
            {"starts_at": "2026-01-06T10:00", "recurrence": "FREQ=WEEKLY;BYDAY=TU,TH;COUNT=3"},
        )
    ).json()
    assert changed["series_id"] == first["series_id"]
    assert days(await coming(ada)) == ["01-06T09:00", "01-08T09:00", "01-13T09:00"]


async def test_a_day_that_is_none_of_the_rule_needs_a_new_rule(account: MakePerson) -> None:
    ada = account("Ada")
    first = await ada.create(**WEEKLY)
    answer = await ada.patch(f"{path(first)}?scope=all", {"starts_at": "2026-01-06T10:00"})
    assert (answer.status_code, answer.json()["code"]) == (422, "recurrence_invalid")
    assert len(await coming(ada)) == 5


@pytest.mark.parametrize(("scope", "left"), [("this", 4), ("following", 2), ("all", 0)])
async def test_one_those_after_or_all_are_cancelled(account: MakePerson, scope: str, left: int) -> None:
    ada = account("Ada")
    await ada.create(**WEEKLY)
    third = (await coming(ada))[2]
    assert (await ada.post(f"{path(third)}/cancel", {"scope": scope})).status_code == 204
    meetings = await coming(ada)
    assert len(meetings) == left
    assert third["meeting_id"] not in [meeting["meeting_id"] for meeting in meetings]
    assert (await ada.get(path(third))).json()["status"] == "cancelled"


async def test_a_cancelled_series_writes_no_more_meetings(
    account: MakePerson, clock: ManualClock, context: Context
) -> None:
    ada = account("Ada")
    first = await ada.create(**WEEKLY | {"recurrence": "FREQ=DAILY"})
    await ada.post(f"{path(first)}/cancel", {"scope": "all"})
    clock.advance(30 * DAY)
    assert await occurrences.extend_series(context) == 0
    assert await coming(ada) == []
    preview = (await ada.get(f"/meetings/preview/{first['meeting_no']}")).json()
    assert (preview["entry"], preview["status"]) == ("over", "cancelled")


async def test_options_of_all_change_when_they_open(account: MakePerson) -> None:
    ada = account("Ada")
    first = await ada.create(**WEEKLY)
    await ada.patch(
        f"{path(first)}?scope=all", {"options": {"lobby": "everyone", "lobby_opens_min": 60}, "password": "x"}
    )
    meetings = await coming(ada)
    assert {meeting["opens_at"][11:16] for meeting in meetings} == {"08:00"}
    assert {(meeting["options"]["lobby"], meeting["has_password"]) for meeting in meetings} == {
        ("everyone", True)
    }
