"""Letters on their way."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.user.models import letters


@dataclass(frozen=True)
class DueLetter:
    """A letter to be sent now; `content` is a SendLetter as JSON."""

    letter_id: str
    content: dict[str, object]
    attempts: int
    created_at: datetime


async def insert_letter(
    connection: AsyncConnection, letter_id: str, content: dict[str, object], *, now: datetime
) -> bool:
    """Keep a letter to be sent; False when it is known."""
    statement = (
        upsert(letters)
        .values(letter_id=letter_id, content=content, created_at=now, next_at=now)
        .on_conflict_do_nothing(index_elements=[letters.c.letter_id])
        .returning(letters.c.letter_id)
    )
    return (await connection.execute(statement)).first() is not None


async def take_letter(connection: AsyncConnection, *, now: datetime, until: datetime) -> DueLetter | None:
    """Take the letter that waits longest; it is nobody else's before `until`."""
    due = (
        select(letters.c.letter_id)
        .where(letters.c.content.is_not(None), letters.c.next_at <= now)
        .order_by(letters.c.next_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    statement = (
        update(letters)
        .where(letters.c.letter_id == due)
        .values(next_at=until, attempts=letters.c.attempts + 1)
        .returning(letters.c.letter_id, letters.c.content, letters.c.attempts, letters.c.created_at)
    )
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else DueLetter(**row)


async def delay_letter(
    connection: AsyncConnection, letter_id: str, *, problem: str, next_at: datetime
) -> None:
    await connection.execute(
        update(letters).where(letters.c.letter_id == letter_id).values(problem=problem, next_at=next_at)
    )


async def close_letter(
    connection: AsyncConnection, letter_id: str, *, now: datetime, problem: str | None = None
) -> None:
    """Note that a letter was sent, or never will be; what it said is forgotten, that it was there is not."""
    await connection.execute(
        update(letters)
        .where(letters.c.letter_id == letter_id)
        .values(content=None, done_at=now, problem=problem)
    )


async def delete_old_letters(connection: AsyncConnection, *, before: datetime) -> None:
    await connection.execute(delete(letters).where(letters.c.done_at < before))


async def delete_letters_to(connection: AsyncConnection, email: str) -> None:
    """Forget what is on its way to an address."""
    await connection.execute(delete(letters).where(letters.c.content["to"]["address"].astext == email))
