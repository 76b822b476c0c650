"""Meetings and their members."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.kernel.principal import MeetingRole
from meeting_system.meeting.models import meetings, members, participants, runs
from meeting_system.meeting.rules import OVER, PRESENT, Reference


@dataclass(frozen=True)
class NewMeetingRow:
    """What is written of a new meeting."""

    meeting_id: str
    room_id: str
    host_id: str
    host_name: str
    meeting_no: str
    title: str
    status: str
    password_hash: str | None
    guests_allowed: bool
    locked: bool
    chat_seq: int
    created_at: datetime


@dataclass(frozen=True)
class MeetingRow:
    """A meeting with what one account sees of it; `role` null: not a member."""

    meeting_id: str
    meeting_no: str
    title: str
    status: str
    host_name: str
    has_password: bool
    guests_allowed: bool
    locked: bool
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    role: str | None
    participant_count: int


@dataclass(frozen=True)
class PreviewRow:
    """What anyone may know of a meeting."""

    meeting_id: str
    meeting_no: str
    title: str
    host_name: str
    has_password: bool
    guests_allowed: bool
    status: str


async def insert_meeting(connection: AsyncConnection, meeting: NewMeetingRow) -> bool:
    """Add a meeting and its host; False when its number belongs to another meeting now."""
    statement = upsert(meetings).values(**vars(meeting)).on_conflict_do_nothing()
    inserted = await connection.execute(statement.returning(meetings.c.meeting_id))
    if inserted.first() is None:
        return False
    await connection.execute(
        upsert(members).values(
            meeting_id=meeting.meeting_id,
            user_id=meeting.host_id,
            role=MeetingRole.HOST,
            created_at=meeting.created_at,
        )
    )
    return True


def _seen_by(user_id: str) -> Select[*tuple[object, ...]]:
    """Select meetings with the role of one account and how many are in each: one statement, no N+1."""
    latest = (
        select(runs.c.run_id, runs.c.ended_at)
        .where(runs.c.meeting_id == meetings.c.meeting_id)
        .order_by(runs.c.run_id.desc())
        .limit(1)
        .lateral("latest")
    )
    took_part = or_(
        and_(latest.c.ended_at.is_(None), participants.c.state.in_(PRESENT)),
        and_(latest.c.ended_at.is_not(None), participants.c.connected_at.is_not(None)),
    )
    count = (
        select(func.count())
        .where(participants.c.run_id == latest.c.run_id, took_part)
        .scalar_subquery()
        .label("participant_count")
    )
    member = and_(members.c.meeting_id == meetings.c.meeting_id, members.c.user_id == user_id)
    return select(
        meetings.c.meeting_id,
        meetings.c.meeting_no,
        meetings.c.title,
        meetings.c.status,
        meetings.c.host_name,
        meetings.c.password_hash.is_not(None).label("has_password"),
        meetings.c.guests_allowed,
        meetings.c.locked,
        meetings.c.created_at,
        meetings.c.started_at,
        meetings.c.ended_at,
        members.c.role,
        count,
    ).select_from(meetings.outerjoin(members, member).outerjoin(latest, true()))


async def find_meeting(connection: AsyncConnection, meeting_id: str, *, user_id: str) -> MeetingRow | None:
    statement = _seen_by(user_id).where(meetings.c.meeting_id == meeting_id)
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else MeetingRow(**row)


async def list_meetings(
    connection: AsyncConnection, user_id: str, *, before: str | None, limit: int
) -> list[MeetingRow]:
    """Return the meetings an account belongs to, newest first."""
    statement = _seen_by(user_id).where(members.c.user_id == user_id)
    statement = statement.order_by(members.c.meeting_id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(members.c.meeting_id < before)
    return [MeetingRow(**row) for row in (await connection.execute(statement)).mappings()]


def named(reference: Reference) -> ColumnElement[bool]:
    """The condition for one meeting; of a number that was given out again the one not over comes first."""
    if reference.meeting_id is not None:
        return meetings.c.meeting_id == reference.meeting_id
    return meetings.c.meeting_no == reference.meeting_no


async def find_preview(connection: AsyncConnection, reference: Reference) -> PreviewRow | None:
    statement = (
        select(
            meetings.c.meeting_id,
            meetings.c.meeting_no,
            meetings.c.title,
            meetings.c.host_name,
            meetings.c.password_hash.is_not(None).label("has_password"),
            meetings.c.guests_allowed,
            meetings.c.status,
        )
        .where(named(reference))
        .order_by(meetings.c.ended_at.desc().nulls_first())
        .limit(1)
    )
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else PreviewRow(**row)


async def update_meeting(connection: AsyncConnection, meeting_id: str, changes: dict[str, object]) -> bool:
    """Change a meeting that is not over; False when it is."""
    statement = (
        update(meetings)
        .where(meetings.c.meeting_id == meeting_id, meetings.c.status.not_in(OVER))
        .values(**changes)
        .returning(literal(1))
    )
    return (await connection.execute(statement)).first() is not None


async def expire_unused(connection: AsyncConnection, *, created_before: datetime, now: datetime) -> int:
    """Let meetings that nobody ever started expire, so that their numbers come back."""
    statement = (
        update(meetings)
        .where(meetings.c.status == "scheduled", meetings.c.created_at < created_before)
        .values(status="expired", ended_at=now)
    )
    return (await connection.execute(statement)).rowcount


async def end_unstarted(connection: AsyncConnection, meeting_id: str, *, now: datetime) -> bool:
    """End a meeting without a run; False when it has one by now, or is over."""
    statement = (
        update(meetings)
        .where(meetings.c.meeting_id == meeting_id, meetings.c.status == "scheduled")
        .values(status="ended", ended_at=now)
        .returning(literal(1))
    )
    return (await connection.execute(statement)).first() is not None
