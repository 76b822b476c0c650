"""Who was in a session, from when to when: for hosts, as a list and as a table for a spreadsheet."""

import csv
from datetime import datetime, timedelta
from io import StringIO

from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.permissions import check_participant
from meeting_system.kernel.ids import is_id
from meeting_system.kernel.principal import MeetingRole, Principal
from meeting_system.kit.paging import encode_cursor
from meeting_system.meeting import rules
from meeting_system.meeting.access import find_standing
from meeting_system.meeting.context import Context
from meeting_system.meeting.errors import SessionNotFound
from meeting_system.meeting.positions import decode_id
from meeting_system.meeting.repository import attendance
from meeting_system.meeting.repository.attendance import AttendeeRow, SessionRow
from meeting_system.meeting.schedule_schemas import (
    AttendancePage,
    Attendee,
    Session,
    SessionPage,
    Stay,
)
from meeting_system.meeting.spreadsheet import harmless

_PAGE = 500
_HEAD = ("name", "role", "guest", "entered_at", "left_at", "present_s")


async def list_sessions(
    context: Context, principal: Principal, meeting_id: str, *, cursor: str | None, limit: int
) -> SessionPage:
    """Return the live runs of a meeting, the latest first, to whoever belongs to it."""
    before = decode_id(cursor)
    async with context.ports.database.reading() as connection:
        await find_standing(connection, meeting_id, principal)
        rows = await attendance.list_sessions(connection, meeting_id, before=before, limit=limit + 1)
    items = [Session(**vars(row)) for row in rows[:limit]]
    return SessionPage(
        items=items, next_cursor=encode_cursor(items[-1].session_id) if len(rows) > limit else None
    )


async def list_attendance(
    context: Context,
    principal: Principal,
    meeting_id: str,
    session_id: str | None,
    *,
    cursor: str | None,
    limit: int,
) -> AttendancePage:
    """Return who was in a session (None: the latest) and when. Errors: forbidden, session_not_found."""
    after = decode_id(cursor)
    async with context.ports.database.reading() as connection:
        session = await _find_session(connection, principal, meeting_id, session_id)
        rows = await attendance.list_attendees(connection, session.session_id, after=after, limit=limit + 1)
    now = context.ports.clock.now()
    items = [_show(row, now) for row in rows[:limit]]
    next_cursor = encode_cursor(items[-1].participant_id) if len(rows) > limit else None
    return AttendancePage(session_id=session.session_id, items=items, next_cursor=next_cursor)


async def write_table(context: Context, principal: Principal, meeting_id: str, session_id: str | None) -> str:
    """Return a session as CSV (RFC 4180): a line a stay. Errors: forbidden, session_not_found."""
    now = context.ports.clock.now()
    sheet = StringIO()
    # A byte order mark, without which Excel takes UTF-8 for something else.
    sheet.write("\ufeff")
    writer = csv.writer(sheet)
    writer.writerow(_HEAD)
    async with context.ports.database.reading() as connection:
        session = await _find_session(connection, principal, meeting_id, session_id)
        after: str | None = None
        while True:
            rows = await attendance.list_attendees(connection, session.session_id, after=after, limit=_PAGE)
            for row in rows:
                writer.writerows(_lines(_show(row, now)))
            if len(rows) < _PAGE:
                return sheet.getvalue()
            after = rows[-1].participant_id


async def _find_session(
    connection: AsyncConnection, principal: Principal, meeting_id: str, session_id: str | None
) -> SessionRow:
    standing = await find_standing(connection, meeting_id, principal)
    check_participant(standing.role, "meeting:attendance")
    found = None
    if session_id is None or is_id(session_id):
        found = await attendance.find_session(connection, meeting_id, session_id)
    if found is None:
        raise SessionNotFound("this meeting has no such session, or had none yet")
    return found


def _show(row: AttendeeRow, now: datetime) -> Attendee:
    stays = [
        Stay(entered_at=entered, left_at=left) for entered, left in zip(row.entered, row.left, strict=True)
    ]
    present = sum(((stay.left_at or now) - stay.entered_at for stay in stays), timedelta())
    return Attendee(
        participant_id=row.participant_id,
        display_name=row.display_name,
        role=MeetingRole(row.role),
        is_guest=row.is_guest,
        stays=stays,
        present_s=max(0, int(present.total_seconds())),
    )


def _lines(attendee: Attendee) -> list[list[str]]:
    return [
        [
            harmless(attendee.display_name),
            attendee.role,
            "yes" if attendee.is_guest else "no",
            rules.moment(stay.entered_at),
            rules.moment(stay.left_at) if stay.left_at else "",
            str(attendee.present_s),
        ]
        for stay in attendee.stays
    ]
