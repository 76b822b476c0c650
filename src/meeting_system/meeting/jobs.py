"""What meeting does by itself."""

from datetime import timedelta

from meeting_system.meeting import breakout_life, files, lifecycle, lobby, occurrences, polls, roles
from meeting_system.meeting import outside as outside_meetings
from meeting_system.meeting.context import Context
from meeting_system.meeting.metrics import LIVE
from meeting_system.meeting.repository import meetings, outside, runs, schedule


async def look_after(context: Context) -> None:
    """End what is empty or has lasted long enough, open what is due, let in who waits for nobody, see that
    somebody moderates.

    Let expire what was never used, write what series bring next, delete what nobody can ask for again.
    """
    await lifecycle.end_empty(context)
    await outside_meetings.end_due(context)
    await open_due(context)
    await lobby.settle_all(context)
    await roles.appoint(context)
    await breakout_life.follow_all(context)
    await expire_unused(context)
    await occurrences.extend_series(context)
    await purge(context)
    await polls.close_left_open(context)
    await files.collect_orphans(context)


async def open_due(context: Context) -> int:
    """Let meetings show that others may come now; return how many."""
    async with context.ports.database.transaction() as connection:
        return await schedule.open_due(connection, now=context.ports.clock.now())


async def expire_unused(context: Context) -> int:
    """Let meetings that nobody started expire, scheduled ones some time after their end; return how many."""
    now = context.ports.clock.now()
    unused, missed = context.settings.unused_after_s, context.settings.missed_after_s
    async with context.ports.database.transaction() as connection:
        expired = await meetings.expire_unused(
            connection, created_before=now - timedelta(seconds=unused), now=now
        )
        return expired + await schedule.expire_missed(
            connection, ended_before=now - timedelta(seconds=missed), now=now
        )


async def purge(context: Context) -> int:
    """Delete old answers of commands and old events of ended runs; return how many."""
    before = context.ports.clock.now() - timedelta(seconds=context.settings.commands_kept_s)
    async with context.ports.database.transaction() as connection:
        answers = await runs.delete_old_commands(connection, before=before)
        answers += await outside.delete_expired_passes(connection, before=before)
        return answers + await runs.delete_old_events(connection, before=before)


async def count_live(context: Context) -> None:
    """Count the meetings that go on, for metrics."""
    async with context.ports.database.reading() as connection:
        LIVE.set(await runs.count_live(connection))
