"""Looking at meetings: mine, one, who is in it, and what a stranger with the number may know."""

from meeting_system.contracts.meeting_options import MeetingOptions
from meeting_system.contracts.permissions import check_account, may
from meeting_system.kernel.principal import Account, MeetingRole, Principal
from meeting_system.kit.exchange import note_version
from meeting_system.kit.paging import encode_cursor
from meeting_system.meeting import guesses, timing
from meeting_system.meeting.access import check_meeting_id, find_standing
from meeting_system.meeting.context import Context
from meeting_system.meeting.errors import MeetingNotFound
from meeting_system.meeting.positions import decode_id, decode_place, encode_place
from meeting_system.meeting.repository import meetings, runs
from meeting_system.meeting.repository.meetings import MeetingRow
from meeting_system.meeting.repository.runs import ParticipantRow
from meeting_system.meeting.rules import Reference
from meeting_system.meeting.schemas import Meeting, MeetingPage, Participant, ParticipantPage, Preview, When


async def list_meetings(
    context: Context, account: Account, when: When, *, cursor: str | None, limit: int, base_url: str
) -> MeetingPage:
    """Return the meetings the caller hosts, is invited to or joined, in one statement.

    `all`: newest first; `upcoming`: what is not over, the next first; `past`: what took place, the latest
    first.
    """
    check_account(account, "meeting:read")
    async with context.ports.database.reading() as connection:
        if when == "all":
            before = decode_id(cursor)
            rows = await meetings.list_meetings(connection, account.user_id, before=before, limit=limit + 1)
        else:
            listing = meetings.list_upcoming if when == "upcoming" else meetings.list_past
            after = decode_place(cursor)
            rows = await listing(connection, account.user_id, after=after, limit=limit + 1)
    items = [_show(row, base_url) for row in rows[:limit]]
    next_cursor = _next_cursor(rows[limit - 1], when) if len(rows) > limit else None
    return MeetingPage(items=items, next_cursor=next_cursor)


def _next_cursor(last: MeetingRow, when: When) -> str:
    if when == "all":
        return encode_cursor(last.meeting_id)
    at = last.starts_at if when == "upcoming" else last.started_at
    return encode_place(at or last.created_at, last.meeting_id)


async def get_meeting(context: Context, account: Account, meeting_id: str, *, base_url: str) -> Meeting:
    """Return a meeting to who belongs to it. Error: meeting_not_found."""
    check_account(account, "meeting:read")
    check_meeting_id(meeting_id)
    async with context.ports.database.reading() as connection:
        row = await meetings.find_meeting(connection, meeting_id, user_id=account.user_id)
    moderates = may(account, "meeting:moderate")
    if row is None or not (row.role or moderates):
        raise MeetingNotFound("there is no such meeting, or you are not part of it")
    note_version(str(row.version))
    return _show(row, base_url)


async def preview_meeting(context: Context, reference: Reference, *, address: str) -> Preview:
    """Return what anyone with the number or link may know. Errors: meeting_not_found, too_many."""
    await guesses.check_number(context, address)
    async with context.ports.database.reading() as connection:
        row = await meetings.find_preview(connection, reference, now=context.ports.clock.now())
    if row is None:
        await guesses.count_number(context, address)
        raise MeetingNotFound("there is no meeting with this number or link")
    options = MeetingOptions.model_validate(row.options)
    entry = timing.find_entry(
        status=row.status,
        live=row.status == "live",
        opens_at=row.opens_at,
        join_before_host=options.join_before_host,
        now=context.ports.clock.now(),
    )
    shown = {name: value for name, value in vars(row).items() if name not in ("options", "series_id")}
    return Preview(**shown, entry=entry, lobby=options.lobby, is_series=row.series_id is not None)


async def list_participants(
    context: Context, principal: Principal, meeting_id: str, *, cursor: str | None, limit: int
) -> ParticipantPage:
    """Return who is or was in the latest run of a meeting, in order of arrival."""
    after = decode_id(cursor)
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
        room_id=row.room_id,
        title=row.title,
        description=row.description,
        status=row.status,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        opens_at=row.opens_at,
        time_zone=row.time_zone,
        series_id=row.series_id,
        recurrence=row.recurrence,
        changed_alone=row.changed_alone,
        answer=row.answer,
        options=MeetingOptions.model_validate(row.options),
        version=row.version,
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
