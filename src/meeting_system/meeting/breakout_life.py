"""What breakouts do by themselves: their time runs out, and people are seen to come and go."""

from meeting_system.contracts.meeting import ReportPresence
from meeting_system.kernel.ids import is_id
from meeting_system.kit.log import logger
from meeting_system.meeting import durable, lifecycle
from meeting_system.meeting.breakout_telling import tell_changed, tell_placed
from meeting_system.meeting.breakouts import call_back
from meeting_system.meeting.context import Context
from meeting_system.meeting.durable import Turn
from meeting_system.meeting.repository import breakouts, runs
from meeting_system.meeting.repository.breakouts import PlaceRow

_AT_ONCE = 100

log = logger(__name__)


async def end_due(context: Context) -> int:
    """Call back from breakouts whose time is over, and end those that were called back; return how many.

    Any process may: the run is held, and asked again whether it is time."""
    now = context.ports.clock.now()
    async with context.ports.database.reading() as connection:
        due = await breakouts.list_due(connection, now=now, limit=_AT_ONCE)
    ended = 0
    for run_id, meeting_id in due:
        async with context.ports.database.transaction() as connection:
            run = await runs.lock_run(connection, run_id, meeting_id)
            row = await breakouts.find_breakouts(connection, run_id)
            if run is None or run.ended_at is not None or row is None:
                continue
            if row.ends_at is None or row.ends_at > now:
                continue
            turn = durable.of_nobody(context, connection, run, now)
            await (_end(turn) if row.status == "returning" else call_back(turn))
            log.info("breakouts_due", meeting_id=meeting_id, status=row.status)
            ended += 1
    return ended


async def see(context: Context, report: ReportPresence) -> None:
    """Somebody came to a breakout or left one: the main room is told. Of other meetings nothing is asked."""
    if not is_id(report.meeting_id):
        return
    async with context.ports.database.reading() as connection:
        parent = await breakouts.find_parent(connection, report.meeting_id)
    if parent is not None:
        await follow(context, parent.run_id, parent.meeting_id)


async def follow_all(context: Context) -> None:
    """Look at all open breakouts again: who saw that somebody moved may have died before telling."""
    async with context.ports.database.reading() as connection:
        found = await breakouts.list_occupied(connection, limit=_AT_ONCE)
    for run_id, meeting_id in found:
        await follow(context, run_id, meeting_id)


async def follow(context: Context, run_id: str, meeting_id: str) -> None:
    """Tell of a main room's people in which breakouts they really are, where that changed."""
    async with context.ports.database.transaction() as connection:
        run = await runs.lock_run(connection, run_id, meeting_id)
        if run is None or run.ended_at is not None:
            return
        moved = await breakouts.follow(connection, run_id)
        if not moved:
            return
        after = await breakouts.list_places(connection, run_id, list(moved))
        before = {
            row.participant_id: PlaceRow(
                row.participant_id, row.display_name, row.breakout_id, moved[row.participant_id]
            )
            for row in after
        }
        turn = durable.of_nobody(context, connection, run, context.ports.clock.now())
        await tell_placed(turn, before, after)


async def _end(turn: Turn) -> None:
    await lifecycle.finish_breakouts(turn.context, turn.connection, turn.run, by=None, now=turn.now)
    await tell_changed(turn)
