"""Looking at meetings: mine, one, who is in it, and what a stranger with the number may know."""

from meeting_system.contracts.permissions import check_account, may
from meeting_system.kernel.ids import is_id
from meeting_system.kernel.principal import Account, MeetingRole, Principal
from meeting_system.kit.paging import CursorInvalid, decode_cursor, encode_cursor
from meeting_system.kit.row_version import note_row
from meeting_system.meeting import guesses
from meeting_system.meeting import models as tables
from meeting_system.meeting.access import check_meeting_id, find_standing
from meeting_system.meeting.context import Context
from meeting_system.meeting.errors import MeetingNotFound
from meeting_system.meeting.repository import meetings, runs
from meeting_system.meeting.repository.meetings import MeetingRow
from meeting_system.meeting.repository.runs import ParticipantRow
from meeting_system.meeting.rules import Reference
from meeting_system.meeting.schemas import Meeting, MeetingPage, Participant, ParticipantPage, Preview


async def list_meetings(
    context: Context, account: Account, *, cursor: str | None, limit: int, base_url: str
) -> MeetingPage:
    """Return the meetings the caller hosts or joined, newest first, in one statement."""
    check_account(account, "meeting:read")
    before = _decode_id(cursor)
    async with context.ports.database.reading() as connection:
        rows = await meetings.list_meetings(connection, account.user_id, before=before, limit=limit + 1)
    items = [_show(row, base_url) for row in rows[:limit]]
    return MeetingPage(
        items=items, next_cursor=encode_cursor(items[-1].meeting_id) if len(rows) > limit else None
    )


async def get_meeting(context: Context, account: Account, meeting_id: str, *, base_url: str) -> Meeting:
    """Return a meeting to who belongs to it. Error: meeting_not_found."""
    check_account(account, "meeting:read")
    check_meeting_id(meeting_id)
    async with context.ports.database.reading() as connection:
        row = await meetings.find_meeting(connection, meeting_id, user_id=account.user_id)
        await note_row(connection, tables.meetings, meeting_id, without=tables.COUNTERS)
    if row is None or not (row.role or may(account, "meeting:moderate")):
        raise MeetingNotFound("there is no such meeting, or you are not part of it")
    return _show(row, base_url)


async def preview_meeting(context: Context, reference: Reference, *, address: str) -> Preview:
    """Return what anyone with the number or link may know. Errors: meeting_not_found, too_many."""
    await guesses.check_number(context, address)
    async with context.ports.database.reading() as connection:
        row = await meetings.find_preview(connection, reference)
    if row is None:
        await guesses.count_number(context, address)
        raise MeetingNotFound("there is no meeting with this number or link")
    return Preview(**vars(row))


async def list_participants(
    context: Context, principal: Principal, meeting_id: str, *, cursor: str | None, limit: int
) -> ParticipantPage:
    """Return who is or was in the latest run of a meeting, in order of arrival."""
    after = _decode_id(cursor)
    rows: list[ParticipantRow] = []
    async with context.ports.database.reading() as connection:
        await find_standing(connection, meeting_id, principal)
        run = await runs.find_latest_run(connection, meeting_id)
        if run is not None:
            rows = await runs.list_participants(connection, run.run_id, after=after, limit=limit + 1)
    items = [_show_participant(row) for row in rows[:limit]]
    next_cursor = encode_cursor(items[-1].participant_id) if len(rows) > limit else None
    return ParticipantPage(items=items, next_cursor=next_cursor)


def _show(row: MeetingRow, base_url: str) -> Meeting:
    return Meeting(
        meeting_id=row.meeting_id,
        meeting_no=row.meeting_no,
        title=row.title,
        status=row.status,
        host_name=row.host_name,
        has_password=row.has_password,
        guests_allowed=row.guests_allowed,
        locked=row.locked,
        is_host=row.role == MeetingRole.HOST,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        participant_count=row.participant_count,
        join_url=f"{base_url}/m/{row.meeting_no}",
    )


def _show_participant(row: ParticipantRow) -> Participant:
    return Participant(
        participant_id=row.participant_id,
        display_name=row.display_name,
        role=MeetingRole(row.role),
        is_guest=row.user_id is None,
        state=row.state,
        joined_at=row.joined_at,
        left_at=row.left_at,
    )


def _decode_id(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    position = decode_cursor(cursor)
    if not is_id(position):
        raise CursorInvalid("this cursor is not from this list: start with the first page")
    return position
