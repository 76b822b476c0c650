"""Who waits to be let in, and what hosts said to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, literal, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.signal_floor import MODERATORS
from meeting_system.meeting.models import lobby_messages, participants, runs
from meeting_system.meeting.rules import PRESENT


@dataclass(frozen=True)
class WaitingRow:
    """Somebody in the lobby, first come first."""

    participant_id: str
    user_id: str | None
    display_name: str
    role: str
    asked_at: datetime


async def list_waiting(connection: AsyncConnection, run_id: str) -> list[WaitingRow]:
    """Return everybody who waits, in order; who never opened the connection did not ask."""
    statement = (
        select(
            participants.c.participant_id,
            participants.c.user_id,
            participants.c.display_name,
            participants.c.role,
            participants.c.asked_at,
        )
        .where(
            participants.c.run_id == run_id,
            participants.c.state == "waiting",
            participants.c.asked_at.is_not(None),
        )
        .order_by(participants.c.asked_at, participants.c.participant_id)
    )
    return [WaitingRow(**row) for row in (await connection.execute(statement)).mappings()]


async def ask(connection: AsyncConnection, participant_id: str, *, now: datetime) -> datetime | None:
    """Write down since when somebody waits, if they do; a place that was kept is kept."""
    statement = (
        update(participants)
        .where(participants.c.participant_id == participant_id, participants.c.state == "waiting")
        .values(asked_at=func.coalesce(participants.c.asked_at, now))
        .returning(participants.c.asked_at)
    )
    asked_at: datetime | None = (await connection.execute(statement)).scalar()
    return asked_at


# Whoever is let in belongs to the meeting from then on, as who never had to wait.
_ADMIT = text(
    """
    WITH admitted AS (
        UPDATE meetings.participants SET state = 'admitted', admitted_at = :now, changed_at = :now
         WHERE participant_id = ANY(CAST(:ids AS uuid[])) AND state = 'waiting'
        RETURNING meeting_id, user_id
    )
    INSERT INTO meetings.members (meeting_id, user_id, role, created_at)
    SELECT DISTINCT meeting_id, user_id, 'attendee', CAST(:now AS timestamptz)
      FROM admitted WHERE user_id IS NOT NULL
    ON CONFLICT DO NOTHING
    """
)


async def admit(connection: AsyncConnection, participant_ids: Sequence[str], *, now: datetime) -> None:
    """Let people in who wait."""
    await connection.execute(_ADMIT, {"ids": list(participant_ids), "now": now})


async def turn_away(connection: AsyncConnection, participant_id: str, *, state: str, now: datetime) -> bool:
    """End somebody's waiting as `denied` or `left`; False when they did not wait."""
    statement = (
        update(participants)
        .where(participants.c.participant_id == participant_id, participants.c.state == "waiting")
        .values(state=state, changed_at=now, left_at=now, left_why=state)
        .returning(literal(1))
    )
    return (await connection.execute(statement)).first() is not None


async def insert_message(
    connection: AsyncConnection, run_id: str, *, display_name: str, body: str, now: datetime
) -> int:
    """Write what a host said, under the run's next number, which its holder alone gives."""
    next_seq = (
        select(func.coalesce(func.max(lobby_messages.c.seq), 0) + 1)
        .where(lobby_messages.c.run_id == run_id)
        .scalar_subquery()
    )
    statement = (
        insert(lobby_messages)
        .values(run_id=run_id, seq=next_seq, display_name=display_name, body=body, sent_at=now)
        .returning(lobby_messages.c.seq)
    )
    seq: int = (await connection.execute(statement)).scalar_one()
    return seq


async def is_host_present(connection: AsyncConnection, run_id: str) -> bool:
    """Tell whether anybody is connected who can let people in."""
    statement = select(
        select(literal(1))
        .where(
            participants.c.run_id == run_id,
            participants.c.role.in_(MODERATORS),
            participants.c.state.in_(PRESENT),
        )
        .exists()
    )
    present: bool = (await connection.execute(statement)).scalar_one()
    return present


async def list_runs_with_waiting(connection: AsyncConnection, *, limit: int) -> list[tuple[str, str]]:
    """Return (run id, meeting id) of live runs in whose lobby somebody is."""
    statement = (
        select(runs.c.run_id, runs.c.meeting_id)
        .where(
            runs.c.ended_at.is_(None),
            select(literal(1))
            .where(participants.c.run_id == runs.c.run_id, participants.c.state == "waiting")
            .exists(),
        )
        .limit(limit)
    )
    return [(row.run_id, row.meeting_id) for row in await connection.execute(statement)]
