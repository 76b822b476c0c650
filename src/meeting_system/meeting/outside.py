"""Meetings that other software runs: made, looked at and ended by its word."""

from datetime import datetime

from sqlalchemy import RowMapping

from meeting_system.contracts.outside import (
    EndOutsideMeeting,
    FindOutsideMeetings,
    OpenOutsideMeeting,
    OutsideMeeting,
    OutsideMeetings,
    OutsideParticipant,
)
from meeting_system.kernel.ids import UserId, is_id, new_id
from meeting_system.kernel.principal import Account, AccountRole
from meeting_system.meeting import creation, hooks, lifecycle
from meeting_system.meeting.context import Context
from meeting_system.meeting.errors import MeetingNotFound
from meeting_system.meeting.repository import meetings, outside, runs
from meeting_system.meeting.rooms import open_room
from meeting_system.meeting.schemas import NewMeeting


async def open_meeting(context: Context, asked: OpenOutsideMeeting) -> OutsideMeeting:
    """Make a meeting; nobody comes in without a pass of the software that runs it."""
    now = context.ports.clock.now()
    meeting_id = new_id(now.timestamp())
    host = Account(UserId(asked.host_id), AccountRole.USER, asked.host_name, "")
    sent = NewMeeting.model_construct(title=asked.title, password=None, guests_allowed=False)
    async with context.ports.database.transaction() as connection:
        room = await open_room(connection, asked.host_id, asked.host_name, now=now)
        await creation.insert_meeting(connection, host, sent, room, meeting_id, None, now)
        await outside.insert_outside(
            connection,
            meeting_id,
            external_id=asked.external_id,
            metadata=asked.metadata,
            logout_url=asked.logout_url,
        )
        await hooks.tell_meeting(context, connection, "meeting.created", meeting_id, now=now)
        (row,) = await outside.list_meetings(connection, [meeting_id])
    return _show(row)


async def find_meetings(context: Context, asked: FindOutsideMeetings) -> OutsideMeetings:
    """Return meetings with who is in them."""
    wanted = [meeting_id for meeting_id in asked.meeting_ids if is_id(meeting_id)]
    async with context.ports.database.reading() as connection:
        rows = await outside.list_meetings(connection, wanted)
    return OutsideMeetings(items=[_show(row) for row in rows])


async def end_meeting(context: Context, asked: EndOutsideMeeting) -> None:
    """End a meeting, begun or not."""
    now = context.ports.clock.now()
    async with context.ports.database.transaction() as connection:
        found = await outside.list_meetings(connection, [asked.meeting_id]) if is_id(asked.meeting_id) else []
        if not found:
            raise MeetingNotFound("there is no such meeting")
        run = await runs.find_latest_run(connection, asked.meeting_id)
        held = None if run is None else await runs.lock_run(connection, run.run_id, run.meeting_id)
        if held is None:
            if await meetings.end_unstarted(connection, asked.meeting_id, now=now):
                await hooks.tell_meeting(
                    context, connection, "meeting.ended", asked.meeting_id, now=now, reason="host"
                )
        elif held.ended_at is None:
            await lifecycle.finish(context, connection, held, "host", by=None, now=now)


def _show(row: RowMapping) -> OutsideMeeting:
    return OutsideMeeting(
        meeting_id=row["meeting_id"],
        meeting_no=row["meeting_no"],
        title=row["title"],
        status=row["status"],
        created_ms=_milliseconds(row["created_at"]),
        started_ms=_milliseconds(row["started_at"]),
        ended_ms=_milliseconds(row["ended_at"]),
        has_been_joined=row["has_been_joined"],
        participants=[OutsideParticipant.model_validate(each) for each in row["participants"]],
    )


def _milliseconds(time: datetime | None) -> int:
    return 0 if time is None else int(time.timestamp() * 1000)
