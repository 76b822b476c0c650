"""The life of a meeting, in virtual time."""

import asyncio
from typing import Any

from sqlalchemy import func, select, text, update
from tests.meeting.conftest import Asked, MakePerson, Person

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.media import CloseMeetingMedia
from meeting_system.contracts.meeting import Admission, ReportPresence, SendChat
from meeting_system.kernel.clock import ManualClock
from meeting_system.kernel.ids import new_id
from meeting_system.kit.outbox import OutboxRelay
from meeting_system.kit.plug import Ports
from meeting_system.meeting import jobs, lifecycle
from meeting_system.meeting.context import Context
from meeting_system.meeting.models import commands, events, meetings, messages, participants
from meeting_system.meeting.repository import joining, runs
from meeting_system.meeting.repository.joining import Arrival


async def report(bus: LocalBus, who: Admission, state: Any, reason: str | None = None) -> None:
    await bus.call(
        ReportPresence(
            meeting_id=who.meeting_id,
            run_id=who.run_id,
            participant_id=who.participant_id,
            state=state,
            reason=reason,
        )
    )


async def status(person: Person, meeting_id: str) -> str:
    found: str = (await person.get(f"/meetings/{meeting_id}")).json()["status"]
    return found


async def test_a_run_ends_ten_minutes_after_the_last_has_left(
    account: MakePerson,
    bus: LocalBus,
    clock: ManualClock,
    context: Context,
    outbox: OutboxRelay,
    asked: Asked,
) -> None:
    ada = account("Ada")
    created = await ada.create()
    who = await ada.enter(created["meeting_no"])
    await report(bus, who, "connected")
    clock.advance(3600)
    await report(bus, who, "left", "left")
    clock.advance(599)
    assert await lifecycle.end_empty(context) == 0
    clock.advance(2)
    assert await lifecycle.end_empty(context) == 1
    assert await lifecycle.end_empty(context) == 0
    assert await status(ada, who.meeting_id) == "ended"
    async with asyncio.timeout(10):
        while len(asked.requests) < 2:
            await outbox.deliver_all()
            await asyncio.sleep(0.01)
    assert [(event.t, event.d, event.by) for event in asked.events()] == [
        ("meeting.ended", {"reason": "empty", "because": None}, None)
    ]
    assert asked.media() == [CloseMeetingMedia(meeting_id=who.meeting_id)]


async def test_nobody_connected_is_dropped_however_quiet_they_are(
    account: MakePerson, bus: LocalBus, clock: ManualClock, context: Context
) -> None:
    ada, bob = account("Ada"), account("Bob")
    created = await ada.create()
    quiet, gone = await ada.enter(created["meeting_no"]), await bob.enter(created["meeting_no"])
    await report(bus, quiet, "connected")
    await report(bus, gone, "left")
    clock.advance(23 * 3600)
    assert await lifecycle.end_empty(context) == 0
    assert await status(ada, quiet.meeting_id) == "live"


async def test_who_loses_the_connection_has_ten_minutes_to_come_back(
    account: MakePerson, bus: LocalBus, clock: ManualClock, context: Context
) -> None:
    ada = account("Ada")
    created = await ada.create()
    who = await ada.enter(created["meeting_no"])
    await report(bus, who, "connected")
    clock.advance(3600)
    await report(bus, who, "reconnecting")
    clock.advance(500)
    assert await lifecycle.end_empty(context) == 0
    await report(bus, who, "connected")
    clock.advance(3600)
    assert await lifecycle.end_empty(context) == 0


async def test_who_holds_a_ticket_keeps_the_meeting(
    account: MakePerson, bus: LocalBus, clock: ManualClock, context: Context
) -> None:
    ada, bob = account("Ada"), account("Bob")
    created = await ada.create()
    who = await ada.enter(created["meeting_no"])
    await report(bus, who, "left")
    clock.advance(595)
    await bob.join(created["meeting_no"])
    clock.advance(10)
    assert await lifecycle.end_empty(context) == 0
    clock.advance(600)
    assert await lifecycle.end_empty(context) == 1


async def test_joins_and_the_end_at_the_same_moment_never_leave_anybody_in_a_dead_meeting(
    account: MakePerson, clock: ManualClock, context: Context, ports: Ports
) -> None:
    for _ in range(10):
        ada, bob = account("Ada"), account("Bob")
        created = await ada.create()
        await ada.join(created["meeting_no"])
        clock.advance(601)
        answer, ended = await asyncio.gather(
            bob.try_join(created["meeting_no"]), lifecycle.end_empty(context)
        )
        now = await status(ada, created["meeting_id"])
        if answer.status_code == 200:
            assert (ended, now) == (0, "live")
            await ada.post(f"/meetings/{created['meeting_id']}/end")
        else:
            assert answer.json()["code"] == "meeting_ended"
            assert (ended, now) == (1, "ended")


async def test_a_host_ends_while_twenty_join_and_nobody_is_left_inside(
    account: MakePerson, guest: MakePerson, ports: Ports
) -> None:
    ada = account("Ada")
    created = await ada.create()
    people = [guest(f"G{n}") for n in range(20)]
    *answers, ended = await asyncio.gather(
        *(person.try_join(created["meeting_no"]) for person in people),
        ada.post(f"/meetings/{created['meeting_id']}/end"),
    )
    assert ended.status_code == 204, ended.text
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert await status(ada, created["meeting_id"]) == "ended"
    async with ports.database.reading() as connection:
        states = (await connection.execute(select(participants.c.state))).scalars().all()
    assert set(states) <= {"left"}


async def test_a_first_join_and_the_end_never_wait_for_each_other(
    account: MakePerson, bus: LocalBus, clock: ManualClock, context: Context, ports: Ports
) -> None:
    ada = account("Ada")
    who = await ada.enter((await ada.create())["meeting_no"])
    # Somebody who read the meeting before Ada began its run writes while it ends.
    late = Arrival(
        meeting_id=who.meeting_id,
        run_id=None,
        new_run_id=new_id(clock.now().timestamp()),
        new_participant_id=new_id(clock.now().timestamp()),
        user_id=None,
        device_id="late",
        display_name="Late",
        role="attendee",
        now=clock.now(),
    )

    async def arrive() -> tuple[str, str] | None:
        async with ports.database.transaction() as connection:
            return await joining.arrive(connection, late)

    async with ports.database.transaction() as connection:
        run = await runs.lock_run(connection, who.run_id, who.meeting_id)
        assert run is not None
        arriving = asyncio.create_task(arrive())
        await done_or_waiting(arriving, ports)
        await runs.end_run(connection, run, why="host", now=clock.now())
    assert await arriving is None
    assert await status(ada, who.meeting_id) == "ended"


async def done_or_waiting(task: asyncio.Task[Any], ports: Ports) -> None:
    """Return when `task` is over, or its statement waits for a lock."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with asyncio.timeout(10):
        while not task.done():
            async with ports.database.reading() as connection:
                if (await connection.execute(waiting)).scalar():
                    return
            await asyncio.sleep(0.01)


async def test_a_meeting_without_end_ends_after_a_day(
    account: MakePerson, bus: LocalBus, clock: ManualClock, context: Context
) -> None:
    ada = account("Ada")
    created = await ada.create()
    await report(bus, await ada.enter(created["meeting_no"]), "connected")
    clock.advance(24 * 3600 + 1)
    assert await lifecycle.end_empty(context) == 1


async def test_a_host_may_start_before_anybody_joins(account: MakePerson) -> None:
    ada = account("Ada")
    created = await ada.create()
    url = f"/meetings/{created['meeting_id']}"
    answers = await asyncio.gather(*(ada.post(f"{url}/start") for _ in range(5)))
    assert [answer.json()["status"] for answer in answers] == ["live"] * 5
    await ada.post(f"{url}/end")
    answer = await ada.post(f"{url}/start")
    assert (answer.status_code, answer.json()["code"]) == (409, "meeting_ended")


async def test_a_meeting_nobody_joined_can_be_ended(account: MakePerson) -> None:
    ada = account("Ada")
    created = await ada.create()
    url = f"/meetings/{created['meeting_id']}"
    assert (await ada.post(f"{url}/actions/lock", {"locked": True})).json()["code"] == "meeting_not_live"
    assert (await ada.post(f"{url}/end")).status_code == 204
    assert (await ada.post(f"{url}/end")).json()["code"] == "meeting_ended"
    assert (await ada.try_join(created["meeting_no"])).json()["code"] == "meeting_ended"


async def test_leaving_is_for_one_device_or_all(account: MakePerson, guest: MakePerson) -> None:
    ada, gus = account("Ada"), guest("Gus")
    created = await ada.create()
    url = f"/meetings/{created['meeting_id']}"
    await ada.join(created["meeting_no"])
    first_device, ada.device_id = ada.device_id, "second"
    await ada.join(created["meeting_no"])
    await gus.join(created["meeting_no"])

    async def states() -> list[str]:
        return [person["state"] for person in (await ada.get(f"{url}/participants")).json()["items"]]

    assert (await ada.post(f"{url}/leave", {"device_id": first_device})).status_code == 204
    assert sorted(await states()) == ["joining", "joining", "left"]
    assert (await gus.post(f"{url}/leave")).status_code == 204
    assert sorted(await states()) == ["joining", "left", "left"]
    assert (await ada.post(f"{url}/leave")).status_code == 204
    assert await states() == ["left", "left", "left"]
    assert (await ada.post(f"{url}/leave", {"device": "x"})).status_code == 422


async def test_a_page_that_says_goodbye_after_it_is_back_is_not_gone(
    account: MakePerson, bus: LocalBus, clock: ManualClock, context: Context
) -> None:
    ada = account("Ada")
    who = await ada.enter((await ada.create())["meeting_no"])
    await report(bus, who, "connected")
    assert (await ada.post(f"/meetings/{who.meeting_id}/leave")).status_code == 204
    clock.advance(3600)
    assert await lifecycle.end_empty(context) == 0


async def test_late_news_changes_nothing_for_who_was_removed(
    account: MakePerson, guest: MakePerson, bus: LocalBus, ports: Ports
) -> None:
    ada, gus = account("Ada"), guest("Gus")
    created = await ada.create()
    await ada.join(created["meeting_no"])
    who = await gus.enter(created["meeting_no"])
    await ada.post(f"/meetings/{who.meeting_id}/participants/{who.participant_id}/remove")
    await report(bus, who, "connected")
    await report(bus, who, "left", "removed")
    async with ports.database.reading() as connection:
        mine = participants.c.participant_id == who.participant_id
        row = (await connection.execute(select(participants).where(mine))).one()
    assert (row.state, row.left_why) == ("removed", "removed")
    unknown = who.model_copy(update={"participant_id": "nonsense"})
    await report(bus, unknown, "connected")


async def test_a_number_that_was_never_used_comes_back_after_a_week(
    account: MakePerson, clock: ManualClock, context: Context, ports: Ports
) -> None:
    ada = account("Ada")
    old, used = await ada.create(), await ada.create()
    await ada.join(used["meeting_no"])
    clock.advance(7 * 24 * 3600 + 1)
    young = await ada.create()
    assert await jobs.expire_unused(context) == 1
    assert [await status(ada, m["meeting_id"]) for m in (old, used, young)] == [
        "expired",
        "live",
        "scheduled",
    ]
    assert (await ada.try_join(old["meeting_no"])).json()["code"] == "meeting_ended"
    # The same number may be another meeting's now, and is found before the old one.
    async with ports.database.transaction() as connection:
        mine = meetings.c.meeting_id == young["meeting_id"]
        await connection.execute(update(meetings).where(mine).values(meeting_no=old["meeting_no"]))
    assert (await ada.join(old["meeting_no"]))["meeting_id"] == young["meeting_id"]


async def test_old_answers_and_events_go_and_messages_stay(
    account: MakePerson, bus: LocalBus, clock: ManualClock, context: Context, ports: Ports
) -> None:
    ada = account("Ada")
    who = await ada.enter((await ada.create())["meeting_no"])
    fields: dict[str, Any] = {
        "meeting_id": who.meeting_id,
        "run_id": who.run_id,
        "participant_id": who.participant_id,
        "sid": "s",
        "cid": 1,
    }
    await bus.call(SendChat(**fields, body="kept"))
    assert await jobs.purge(context) == 0
    await ada.post(f"/meetings/{who.meeting_id}/end")
    clock.advance(24 * 3600 + 1)
    assert await jobs.purge(context) == 4
    async with ports.database.reading() as connection:
        left = [
            (await connection.execute(select(func.count()).select_from(table))).scalar()
            for table in (commands, events, messages)
        ]
    assert left == [0, 0, 1]
