"""The life of a meeting: live with its first participant, over when a host says so or nobody is left."""

from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.media import CloseMeetingMedia
from meeting_system.contracts.permissions import check_participant
from meeting_system.contracts.signal import MeetingEnded as MeetingEndedEvent
from meeting_system.kernel.ids import new_id
from meeting_system.kernel.principal import Guest, Principal
from meeting_system.kit import outbox
from meeting_system.meeting import audit, durable, hooks
from meeting_system.meeting.access import find_standing
from meeting_system.meeting.context import Context
from meeting_system.meeting.durable import Turn
from meeting_system.meeting.errors import BreakoutsOpen, MeetingEnded
from meeting_system.meeting.repository import breakouts, joining, meetings, runs
from meeting_system.meeting.repository.runs import RunRow

_AT_ONCE = 100

EndedWhy = Literal["host", "empty", "limit", "breakouts_closed"]


async def start(context: Context, principal: Principal, meeting_id: str) -> None:
    """Make a meeting live before anybody joins. Errors: forbidden, meeting_ended."""
    now = context.ports.clock.now()
    async with context.ports.database.transaction() as connection:
        standing = await find_standing(connection, meeting_id, principal)
        check_participant(standing.role, "meeting:start")
        if await joining.start_run(connection, meeting_id, new_run_id=new_id(now.timestamp()), now=now):
            await hooks.tell_meeting(context, connection, "meeting.started", meeting_id, now=now)
            return
        run = await runs.find_latest_run(connection, meeting_id)
    if run is None or run.ended_at is not None:
        raise MeetingEnded("this meeting is over")


async def end(turn: Turn) -> dict[str, Any]:
    """The effect of meeting.end: over for everyone, media included."""
    check_participant(turn.actor.role, "meeting:end")
    if await breakouts.find_parent(turn.connection, turn.run.meeting_id) is not None:
        raise BreakoutsOpen("this is a breakout room: close the breakout rooms, or end the main room")
    await finish(turn.context, turn.connection, turn.run, "host", by=turn.actor.participant_id, now=turn.now)
    await turn.note("meeting_ended")
    return {}


async def end_unstarted(context: Context, principal: Principal, meeting_id: str) -> bool:
    """End a meeting that nobody joined yet; False when somebody just did."""
    async with context.ports.database.transaction() as connection:
        standing = await find_standing(connection, meeting_id, principal)
        check_participant(standing.role, "meeting:end")
        now = context.ports.clock.now()
        ended = await meetings.end_unstarted(connection, meeting_id, now=now)
        if ended:
            await hooks.tell_meeting(context, connection, "meeting.ended", meeting_id, now=now, reason="host")
            await audit.note(connection, "meeting_ended", meeting_id, standing, now=now)
        return ended


async def leave(context: Context, principal: Principal, meeting_id: str, device_id: str | None) -> None:
    """Write down that somebody left on purpose: this device, or all of an account's. Who is connected leaves
    by closing the connection."""
    async with context.ports.database.transaction() as connection:
        standing = await find_standing(connection, meeting_id, principal)
        run = await runs.find_latest_run(connection, meeting_id)
        if run is None or standing.participant_id is None:
            return
        leaving = await _devices(connection, meeting_id, principal, standing.participant_id, device_id)
        await runs.leave(connection, run.run_id, leaving, now=context.ports.clock.now())


async def end_empty(context: Context) -> int:
    """End the runs that nobody has been connected to for long, or that go on too long; return how many."""
    now = context.ports.clock.now()
    empty_since = now - timedelta(seconds=context.settings.empty_after_s)
    begun_before = now - timedelta(seconds=context.settings.longest_run_s)
    async with context.ports.database.reading() as connection:
        suspects = await runs.list_runs_to_end(
            connection, empty_since=empty_since, begun_before=begun_before, limit=_AT_ONCE
        )
    ended = 0
    for run_id, meeting_id in suspects:
        async with context.ports.database.transaction() as connection:
            # Asked again while the run is held: a join that came meanwhile keeps it.
            run = await runs.lock_run(connection, run_id, meeting_id)
            if run is None or run.ended_at is not None:
                continue
            too_long = run.started_at < begun_before
            if too_long or await runs.is_empty(connection, run_id, since=empty_since):
                await finish(context, connection, run, "limit" if too_long else "empty", by=None, now=now)
                ended += 1
    return ended


async def finish(
    context: Context,
    connection: AsyncConnection,
    run: RunRow,
    why: EndedWhy,
    *,
    by: str | None,
    now: datetime,
) -> None:
    """End a run that is held, and everything that hangs on it: its breakouts too."""
    await finish_breakouts(context, connection, run, by=by, now=now)
    await runs.end_run(connection, run, why=why, now=now)
    await durable.tell(connection, run, "meeting.ended", _ended_event(why), by=by, now=now)
    await outbox.collect(
        connection, CloseMeetingMedia(meeting_id=run.meeting_id), key=f"media:{run.meeting_id}"
    )
    await hooks.tell_meeting(context, connection, "meeting.ended", run.meeting_id, now=now, reason=why)


def _ended_event(why: EndedWhy) -> MeetingEndedEvent:
    if why == "breakouts_closed":
        return MeetingEndedEvent(reason="host", because=why)
    return MeetingEndedEvent(reason=why)


async def finish_breakouts(
    context: Context, connection: AsyncConnection, run: RunRow, *, by: str | None, now: datetime
) -> None:
    """End the breakouts of a run that is held, and forget who belonged where."""
    for room in (await breakouts.lock_rooms(connection, run.run_id)).values():
        await finish(context, connection, room, "breakouts_closed", by=by, now=now)
    await breakouts.delete_breakouts(connection, run.run_id)


async def _devices(
    connection: AsyncConnection,
    meeting_id: str,
    principal: Principal,
    participant_id: str,
    device_id: str | None,
) -> list[str]:
    if isinstance(principal, Guest):
        return [participant_id]
    rows = await runs.find_participants_of(connection, meeting_id, principal.user_id)
    return [row.participant_id for row in rows if device_id in (None, row.device_id)]
