"""Live runs, and who is in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.meeting.models import meetings, participants, runs

MOST_INSIDE = 2000
"""Participants of one page."""


@dataclass(frozen=True)
class LiveRow:
    """A live run with its meeting."""

    run_id: str
    meeting_id: str
    meeting_no: str
    title: str
    host_name: str
    started_at: datetime


@dataclass(frozen=True)
class InsideRow:
    """A participant of a live run."""

    run_id: str
    participant_id: str
    display_name: str
    role: str
    state: str
    joined_at: datetime


async def list_live(connection: AsyncConnection, *, before: str | None, limit: int) -> list[LiveRow]:
    statement = (
        select(
            runs.c.run_id,
            runs.c.meeting_id,
            meetings.c.meeting_no,
            meetings.c.title,
            meetings.c.host_name,
            runs.c.started_at,
        )
        .join_from(runs, meetings)
        .where(runs.c.ended_at.is_(None))
        .order_by(runs.c.run_id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(runs.c.run_id < before)
    return [LiveRow(*row) for row in await connection.execute(statement)]


async def list_inside(connection: AsyncConnection, run_ids: Sequence[str]) -> list[InsideRow]:
    """Return who is in these runs now, in order of arrival."""
    statement = (
        select(
            participants.c.run_id,
            participants.c.participant_id,
            participants.c.display_name,
            participants.c.role,
            participants.c.state,
            participants.c.joined_at,
        )
        .where(
            participants.c.run_id.in_(run_ids),
            participants.c.state.in_(("joining", "connected", "reconnecting")),
        )
        .order_by(participants.c.run_id, participants.c.participant_id)
        .limit(MOST_INSIDE)
    )
    return [InsideRow(*row) for row in await connection.execute(statement)]
