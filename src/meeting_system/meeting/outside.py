"""Meetings that other software runs: made, looked at and ended by its word."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.outside import (
    EndOutsideMeeting,
    FindOutsideMeetings,
    OpenOutsideMeeting,
    OutsideMeeting,
    OutsideMeetings,
    OutsideParticipant,
)
from meeting_system.contracts.stream import LookAtStages
from meeting_system.kernel.errors import Unavailable
from meeting_system.kernel.ids import UserId, is_id, new_id
from meeting_system.kernel.principal import Account, AccountRole
from meeting_system.kit.log import logger
from meeting_system.meeting import creation, hooks, lifecycle
from meeting_system.meeting.context import Context
from meeting_system.meeting.errors import MeetingNotFound
from meeting_system.meeting.lifecycle import EndedWhy
from meeting_system.meeting.repository import meetings, outside, runs
from meeting_system.meeting.rooms import open_room
from meeting_system.meeting.schemas import NewMeeting, OptionsChange

_AT_ONCE = 100
_LOOK_S = 1.0

log = logger(__name__)


async def open_meeting(context: Context, asked: OpenOutsideMeeting) -> OutsideMeeting:
    """Make a meeting; nobody comes in without a pass of the software that runs it."""
    now = context.ports.clock.now()
    meeting_id = new_id(now.timestamp())
    host = Account(UserId(asked.host_id), AccountRole.USER, asked.host_name, "")
    options = OptionsChange(**asked.options.model_dump(exclude_none=True))
    sent = NewMeeting.model_construct(title=asked.title, password=None, guests_allowed=False, options=options)
    lasts = None if asked.lasts_min is None else timedelta(minutes=asked.lasts_min)
    async with context.ports.database.transaction() as connection:
        room = await open_room(connection, asked.host_id, asked.host_name, now=now)
        await creation.insert_meeting(connection, host, sent, room, meeting_id, None, now)
        await outside.insert_outside(
            connection,
            meeting_id,
            external_id=asked.external_id,
            metadata=asked.metadata,
            logout_url=asked.logout_url,
            ends_at=None if lasts is None else now + lasts,
        )
        await hooks.tell_meeting(context, connection, "meeting.created", meeting_id, now=now)
        (row,) = await outside.list_meetings(connection, [meeting_id])
    return _show(row, frozenset())


async def find_meetings(context: Context, asked: FindOutsideMeetings) -> OutsideMeetings:
    """Return meetings with who is in them."""
    wanted = [meeting_id for meeting_id in asked.meeting_ids if is_id(meeting_id)]
    async with context.ports.database.reading() as connection:
        rows = await outside.list_meetings(connection, wanted)
    cameras = await _find_cameras(context, rows)
    return OutsideMeetings(items=[_show(row, cameras) for row in rows])


async def end_meeting(context: Context, asked: EndOutsideMeeting) -> None:
    """End a meeting, begun or not."""
    async with context.ports.database.transaction() as connection:
        found = await outside.list_meetings(connection, [asked.meeting_id]) if is_id(asked.meeting_id) else []
        if not found:
            raise MeetingNotFound("there is no such meeting")
        await _end(context, connection, asked.meeting_id, "host")


async def end_due(context: Context) -> int:
    """End the meetings whose time is over; return how many."""
    async with context.ports.database.reading() as connection:
        due = await outside.list_due(connection, now=context.ports.clock.now(), limit=_AT_ONCE)
    for meeting_id in due:
        async with context.ports.database.transaction() as connection:
            await _end(context, connection, meeting_id, "limit")
            await outside.forget_end(connection, meeting_id)
    return len(due)


async def _end(context: Context, connection: AsyncConnection, meeting_id: str, why: EndedWhy) -> None:
    now = context.ports.clock.now()
    run = await runs.find_latest_run(connection, meeting_id)
    held = None if run is None else await runs.lock_run(connection, run.run_id, run.meeting_id)
    if held is None:
        if await meetings.end_unstarted(connection, meeting_id, now=now):
            await hooks.tell_meeting(context, connection, "meeting.ended", meeting_id, now=now, reason=why)
    elif held.ended_at is None:
        await lifecycle.finish(context, connection, held, why, by=None, now=now)


async def _find_cameras(context: Context, rows: Sequence[RowMapping]) -> frozenset[str]:
    """Return whose camera is on; nobody's where signaling does not answer."""
    run_ids = [row["run_id"] for row in rows if row["participants"]]
    if not run_ids:
        return frozenset()
    try:
        stages = await context.ports.bus.call(LookAtStages(run_ids=run_ids), timeout_s=_LOOK_S)
    except Unavailable:
        log.warning("cameras_unknown", meetings=len(run_ids))
        return frozenset()
    return frozenset(each.participant_id for stage in stages.items for each in stage.people if each.camera)


def _show(row: RowMapping, cameras: frozenset[str]) -> OutsideMeeting:
    return OutsideMeeting(
        meeting_id=row["meeting_id"],
        meeting_no=row["meeting_no"],
        title=row["title"],
        status=row["status"],
        created_ms=_milliseconds(row["created_at"]),
        started_ms=_milliseconds(row["started_at"]),
        ended_ms=_milliseconds(row["ended_at"]),
        has_been_joined=row["has_been_joined"],
        participants=[
            OutsideParticipant.model_validate(each | {"camera": each["participant_id"] in cameras})
            for each in row["participants"]
        ],
    )


def _milliseconds(time: datetime | None) -> int:
    return 0 if time is None else int(time.timestamp() * 1000)
