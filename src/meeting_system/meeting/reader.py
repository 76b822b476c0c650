"""A caller over HTTP who reads or writes in the chat: their standing, and from when on they may read."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.meeting_options import MeetingOptions
from meeting_system.contracts.signal_floor import MODERATORS
from meeting_system.kernel.principal import Guest, Principal
from meeting_system.meeting.access import Standing, check_meeting_id, standing_of, standing_of_account
from meeting_system.meeting.errors import MeetingNotFound
from meeting_system.meeting.repository import readers
from meeting_system.meeting.repository.readers import ReaderRow


@dataclass(frozen=True)
class Reader:
    """`since`: of the messages to everyone they see those from then on; null: all."""

    standing: Standing
    options: MeetingOptions
    since: datetime | None


async def find_reader(connection: AsyncConnection, meeting_id: str, principal: Principal) -> Reader:
    """Return who reads, in one statement. Errors: as those of find_standing."""
    check_meeting_id(meeting_id)
    if isinstance(principal, Guest):
        row = None
        if principal.meeting_id == meeting_id:
            row = await readers.find_guest(connection, meeting_id, principal.participant_id)
        if row is None or not row.devices:
            raise MeetingNotFound("there is no such meeting, or you are not part of it")
        return _reader(row, standing_of(row.devices[0]))
    row = await readers.find_account(connection, meeting_id, principal.user_id)
    if row is None:
        raise MeetingNotFound("there is no such meeting, or you are not part of it")
    return _reader(row, standing_of_account(principal, row.member_role, row.devices))


def _reader(row: ReaderRow, standing: Standing) -> Reader:
    since = None
    if not row.options.history_for_late and standing.role not in MODERATORS:
        since = min((device.joined_at for device in row.devices), default=datetime.max.replace(tzinfo=UTC))
    return Reader(standing, row.options, since)
