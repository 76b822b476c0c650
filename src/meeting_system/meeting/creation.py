"""A new meeting, with its host in the same transaction: there is never one without."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.permissions import check_account, check_participant
from meeting_system.kernel.errors import Unavailable
from meeting_system.kernel.ids import new_id
from meeting_system.kernel.principal import Account, Principal
from meeting_system.kit.row_version import check_row
from meeting_system.meeting import hooks, rules
from meeting_system.meeting import models as tables
from meeting_system.meeting.access import find_standing
from meeting_system.meeting.context import Context
from meeting_system.meeting.errors import MeetingEnded
from meeting_system.meeting.repository import commands, meetings
from meeting_system.meeting.repository.meetings import NewMeetingRow
from meeting_system.meeting.repository.rooms import RoomRow
from meeting_system.meeting.rooms import open_room
from meeting_system.meeting.schemas import MeetingChange, NewMeeting

_TRIES = 10


async def create_meeting(context: Context, account: Account, sent: NewMeeting, *, key: str | None) -> str:
    """Make an instant meeting of the caller's personal room; return its id. `key`: the Idempotency-Key, with
    which a repeat returns the first meeting."""
    check_account(account, "meeting:create")
    password_hash = await context.passwords.hash(sent.password) if sent.password else None
    now = context.ports.clock.now()
    meeting_id = new_id(now.timestamp())
    async with context.ports.database.transaction() as connection:
        if key is not None:
            done = await _claim(connection, account, key, meeting_id, now)
            if done is not None:
                return done
        room = await open_room(connection, account.user_id, account.display_name, now=now)
        await insert_meeting(connection, account, sent, room, meeting_id, password_hash, now)
        await hooks.tell_meeting(connection, "meeting.created", meeting_id, now=now)
    return meeting_id


async def update_meeting(
    context: Context, principal: Principal, meeting_id: str, change: MeetingChange
) -> None:
    """Change what was sent of a meeting that is not over. Errors: forbidden, meeting_ended."""
    changes: dict[str, object] = change.model_dump(include=change.model_fields_set - {"password"})
    if "password" in change.model_fields_set:
        changes["password_hash"] = await context.passwords.hash(change.password) if change.password else None
    async with context.ports.database.transaction() as connection:
        standing = await find_standing(connection, meeting_id, principal)
        check_participant(standing.role, "meeting:update")
        await check_row(connection, tables.meetings, meeting_id, without=tables.COUNTERS)
        if changes and not await meetings.update_meeting(connection, meeting_id, changes):
            raise MeetingEnded("this meeting is over")
        if changes:
            await hooks.tell_meeting(connection, "meeting.updated", meeting_id, now=context.ports.clock.now())


async def _claim(
    connection: AsyncConnection, account: Account, key: str, meeting_id: str, now: datetime
) -> str | None:
    sid = f"http:create:{account.user_id}:{key}"
    if await commands.claim_command(connection, sid=sid, cid=1, answer={"meeting_id": meeting_id}, now=now):
        return None
    done = await commands.find_command(connection, sid, 1)
    return None if done is None else str(done.answer["meeting_id"])


async def insert_meeting(
    connection: AsyncConnection,
    account: Account,
    sent: NewMeeting,
    room: RoomRow,
    meeting_id: str,
    password_hash: str | None,
    now: datetime,
) -> None:
    """Write a meeting of `room` with its host, under a number that nobody has."""
    guests_allowed = room.guests_allowed if sent.guests_allowed is None else sent.guests_allowed
    for _ in range(_TRIES):
        meeting = NewMeetingRow(
            meeting_id=meeting_id,
            room_id=room.room_id,
            host_id=account.user_id,
            host_name=account.display_name,
            meeting_no=rules.new_meeting_no(),
            title=sent.title or room.display_name,
            status="scheduled",
            password_hash=password_hash,
            guests_allowed=guests_allowed,
            locked=False,
            chat_seq=0,
            created_at=now,
        )
        if await meetings.insert_meeting(connection, meeting):
            return
    raise Unavailable("no free meeting number was found: try again")
