"""Files in the chat: announced, stored, sent with a message, deleted with it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.meeting.models import files, meetings, messages, private_messages


@dataclass(frozen=True)
class FileRow:
    """A file as it may be given out. `pair`: between whom its message is; null: for everyone who reads."""

    file_id: str
    person_id: str
    message_id: str | None
    name: str
    media_type: str
    size: int
    width: int | None
    height: int | None
    message_at: datetime | None
    pair: tuple[str, str] | None


async def count_bytes(connection: AsyncConnection, meeting_id: str) -> int:
    """Return how many bytes the files of a meeting have."""
    statement = select(func.coalesce(func.sum(files.c.size), 0)).where(files.c.meeting_id == meeting_id)
    return int((await connection.execute(statement)).scalar_one())


async def announce(
    connection: AsyncConnection,
    *,
    file_id: str,
    meeting_id: str,
    person_id: str,
    name: str,
    size: int,
    now: datetime,
) -> None:
    """Write a file down before its first byte."""
    await connection.execute(
        insert(files).values(
            file_id=file_id,
            meeting_id=meeting_id,
            person_id=person_id,
            name=name,
            media_type="application/octet-stream",
            size=size,
            created_at=now,
        )
    )


async def finish(
    connection: AsyncConnection,
    file_id: str,
    *,
    media_type: str,
    size: int,
    width: int | None,
    height: int | None,
) -> bool:
    """Write down that a file is stored; False where it was collected meanwhile."""
    statement = (
        update(files)
        .where(files.c.file_id == file_id)
        .values(media_type=media_type, size=size, width=width, height=height, ready=True)
        .returning(literal(1))
    )
    return (await connection.execute(statement)).first() is not None


async def empty(connection: AsyncConnection, file_id: str) -> None:
    """Write down that a file that was never stored takes no room."""
    await connection.execute(update(files).where(files.c.file_id == file_id).values(size=0))


async def attach(
    connection: AsyncConnection,
    meeting_id: str,
    *,
    file_ids: list[str],
    person_id: str,
    message_id: str,
) -> dict[str, dict[str, Any]]:
    """Make stored files of a person part of a message; return them as a ChatFile each, by id."""
    statement = (
        update(files)
        .where(
            files.c.file_id.in_(file_ids),
            files.c.meeting_id == meeting_id,
            files.c.person_id == person_id,
            files.c.message_id.is_(None),
            files.c.ready,
        )
        .values(message_id=message_id)
        .returning(
            files.c.file_id, files.c.name, files.c.media_type, files.c.size, files.c.width, files.c.height
        )
    )
    rows = (await connection.execute(statement)).mappings()
    # SQLAlchemy's names are texts of its own kind, which the JSON of messages does not take.
    return {row["file_id"]: {str(name): value for name, value in row.items()} for row in rows}


async def find_file(connection: AsyncConnection, meeting_id: str, file_id: str) -> FileRow | None:
    """Return a stored file with what decides who may have it."""
    statement = (
        select(
            files.c.file_id,
            files.c.person_id,
            files.c.message_id,
            files.c.name,
            files.c.media_type,
            files.c.size,
            files.c.width,
            files.c.height,
            messages.c.sent_at,
            private_messages.c.pair_low,
            private_messages.c.pair_high,
        )
        .select_from(
            files.outerjoin(messages, messages.c.message_id == files.c.message_id).outerjoin(
                private_messages, private_messages.c.message_id == files.c.message_id
            )
        )
        .where(files.c.file_id == file_id, files.c.meeting_id == meeting_id, files.c.ready)
    )
    row = (await connection.execute(statement)).mappings().first()
    if row is None:
        return None
    values = {name: row[name] for name in FileRow.__dataclass_fields__ if name in row}
    pair = (row["pair_low"], row["pair_high"]) if row["pair_low"] else None
    return FileRow(**values, message_at=row["sent_at"], pair=pair)


async def take_unsent(connection: AsyncConnection, person_id: str, meeting_id: str, file_id: str) -> bool:
    """Delete the row of a file that its owner did not send; False: there is none."""
    statement = (
        delete(files)
        .where(
            files.c.file_id == file_id,
            files.c.meeting_id == meeting_id,
            files.c.person_id == person_id,
            files.c.message_id.is_(None),
        )
        .returning(literal(1))
    )
    return (await connection.execute(statement)).first() is not None


async def delete_row(connection: AsyncConnection, file_id: str) -> None:
    """Delete the row of a file that could not be stored."""
    await connection.execute(delete(files).where(files.c.file_id == file_id))


async def take_orphans(
    connection: AsyncConnection, *, unsent_since: datetime, limit: int
) -> list[tuple[str, str]]:
    """Delete rows of files that were never sent, or whose meeting is gone; return (meeting id, file id)."""
    gone = ~select(literal(1)).where(meetings.c.meeting_id == files.c.meeting_id).exists()
    unsent = files.c.message_id.is_(None) & (files.c.created_at < unsent_since)
    chosen = (
        select(files.c.file_id)
        .where(or_(unsent, gone))
        .limit(limit)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    statement = (
        delete(files).where(files.c.file_id.in_(chosen)).returning(files.c.meeting_id, files.c.file_id)
    )
    return [(row.meeting_id, row.file_id) for row in await connection.execute(statement)]
