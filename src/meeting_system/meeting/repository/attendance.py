"""Sessions of a meeting, and who was in them when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.meeting.models import participants, runs, stays


async def enter(connection: AsyncConnection, run_id: str, participant_id: str, *, now: datetime) -> None:
    """Note that somebody is in since now, unless they are already, or the run is over."""
    inside = select(literal(1)).where(stays.c.participant_id == participant_id, stays.c.left_at.is_(None))
    here = (
        select(participants.c.participant_id, literal(now))
        .join_from(participants, runs, runs.c.run_id == participants.c.run_id)
        .where(
            participants.c.participant_id == participant_id,
            participants.c.state == "connected",
            runs.c.run_id == run_id,
            runs.c.ended_at.is_(None),
            ~inside.exists(),
        )
    )
    statement = upsert(stays).from_select(["participant_id", "entered_at"], here)
    await connection.execute(statement.on_conflict_do_nothing())


async def leave(connection: AsyncConnection, participant_id: str, *, now: datetime) -> None:
    """Note that somebody is gone since now."""
    await connection.execute(
        update(stays)
        .where(stays.c.participant_id == participant_id, stays.c.left_at.is_(None))
        .values(left_at=now)
    )


@dataclass(frozen=True)
class SessionRow:
    """A run of a meeting, with how many were connected to it."""

    session_id: str
    started_at: datetime
    ended_at: datetime | None
    attendee_count: int


async def list_sessions(
    connection: AsyncConnection, meeting_id: str, *, before: str | None, limit: int
) -> list[SessionRow]:
    """Return the runs of a meeting, the latest first."""
    count = (
        select(func.count())
        .where(participants.c.run_id == runs.c.run_id, participants.c.connected_at.is_not(None))
        .scalar_subquery()
        .label("attendee_count")
    )
    statement = select(runs.c.run_id.label("session_id"), runs.c.started_at, runs.c.ended_at, count).where(
        runs.c.meeting_id == meeting_id
    )
    if before is not None:
        statement = statement.where(runs.c.run_id < before)
    statement = statement.order_by(runs.c.run_id.desc()).limit(limit)
    return [SessionRow(**row) for row in (await connection.execute(statement)).mappings()]


async def find_session(
    connection: AsyncConnection, meeting_id: str, session_id: str | None
) -> SessionRow | None:
    """Return a run of a meeting by id, or its latest."""
    statement = select(
        runs.c.run_id.label("session_id"),
        runs.c.started_at,
        runs.c.ended_at,
        literal(0).label("attendee_count"),
    ).where(runs.c.meeting_id == meeting_id)
    if session_id is not None:
        statement = statement.where(runs.c.run_id == session_id)
    row = (await connection.execute(statement.order_by(runs.c.run_id.desc()).limit(1))).mappings().first()
    return None if row is None else SessionRow(**row)


@dataclass(frozen=True)
class AttendeeRow:
    """Somebody who was connected. A stay whose end was not noted ended with the participant, or the run."""

    participant_id: str
    display_name: str
    role: str
    is_guest: bool
    entered: list[datetime]
    left: list[datetime | None]


async def list_attendees(
    connection: AsyncConnection, session_id: str, *, after: str | None, limit: int
) -> list[AttendeeRow]:
    """Return who was in a run and when, in order of arrival, in one statement."""
    ended = func.coalesce(stays.c.left_at, participants.c.left_at, runs.c.ended_at)
    statement: Any = (
        select(
            participants.c.participant_id,
            participants.c.display_name,
            participants.c.role,
            participants.c.user_id.is_(None).label("is_guest"),
            func.array_agg(aggregate_order_by(stays.c.entered_at, stays.c.entered_at)).label("entered"),
            func.array_agg(aggregate_order_by(ended, stays.c.entered_at)).label("left"),
        )
        .select_from(
            participants.join(stays, stays.c.participant_id == participants.c.participant_id).join(
                runs, runs.c.run_id == participants.c.run_id
            )
        )
        .where(participants.c.run_id == session_id)
        .group_by(participants.c.participant_id)
        .order_by(participants.c.participant_id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(participants.c.participant_id > after)
    return [AttendeeRow(**row) for row in (await connection.execute(statement)).mappings()]
