"""What was done already: the key of each durable command and the answer that was given."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, literal, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.meeting.models import commands


@dataclass(frozen=True)
class CommandRow:
    """A command that took effect."""

    participant_id: str | None
    answer: dict[str, Any]


async def find_command(connection: AsyncConnection, sid: str, cid: int) -> CommandRow | None:
    statement = select(commands.c.participant_id, commands.c.answer).where(
        commands.c.sid == sid, commands.c.cid == cid
    )
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else CommandRow(**row)


async def insert_command(
    connection: AsyncConnection,
    *,
    sid: str,
    cid: int,
    participant_id: str | None,
    answer: dict[str, Any],
    now: datetime,
) -> None:
    await connection.execute(
        insert(commands).values(
            sid=sid, cid=cid, participant_id=participant_id, answer=answer, created_at=now
        )
    )


async def claim_command(
    connection: AsyncConnection, *, sid: str, cid: int, answer: dict[str, Any], now: datetime
) -> bool:
    """Write a command that nothing else serialises; False (after waiting for it) when it was done before."""
    statement = (
        upsert(commands)
        .values(sid=sid, cid=cid, answer=answer, created_at=now)
        .on_conflict_do_nothing()
        .returning(literal(1))
    )
    return (await connection.execute(statement)).first() is not None


async def find_last_cid(connection: AsyncConnection, *, sid: str, participant_id: str) -> int:
    """Return the highest command of a session that took effect, 0: none."""
    statement = select(func.coalesce(func.max(commands.c.cid), 0)).where(
        commands.c.sid == sid, commands.c.participant_id == participant_id
    )
    last: int = (await connection.execute(statement)).scalar_one()
    return last
