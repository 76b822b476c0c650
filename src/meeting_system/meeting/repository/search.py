"""Finding messages by their words: those to everyone, and the finder's own private ones."""

from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.meeting.repository.messages import PRIVATE, PUBLIC, select_of

# Rows from before the index had the column are compared as they are; nothing deleted has any text.
_MATCHES = """
    m.meeting_id = CAST(:meeting_id AS uuid) AND m.deleted_at IS NULL
    AND (m.search @@ CAST(:query AS tsquery) OR (m.search IS NULL AND m.body ILIKE :pattern))
    AND (SELECT coalesce(bool_and(position(run IN normalize(m.body, NFKC)) > 0), true)
           FROM unnest(CAST(:literals AS text[])) AS run)
"""
_OWN = " AND (m.pair_low = CAST(:person_id AS uuid) OR m.pair_high = CAST(:person_id AS uuid))"
_BEFORE = " AND (m.sent_at, m.message_id) < (CAST(:sent_at AS timestamptz), CAST(:message_id AS uuid))"
_NEWEST_FIRST = " ORDER BY m.sent_at DESC, m.message_id DESC LIMIT :limit"


async def search_messages(
    connection: AsyncConnection,
    meeting_id: str,
    *,
    person_id: str | None,
    query: str,
    literals: list[str],
    pattern: str,
    since: datetime | None,
    before: tuple[datetime, str] | None,
    limit: int,
) -> list[RowMapping]:
    """Return what matches, newest first.

    `person_id`: whose private messages too; `since`: of those to everyone none from before; `before`: after
    which found message to go on.
    """
    values: dict[str, Any] = {
        "meeting_id": meeting_id,
        "query": query,
        "literals": literals,
        "pattern": pattern,
        "limit": limit,
    }
    where = _MATCHES
    if before is not None:
        where += _BEFORE
        values |= {"sent_at": before[0], "message_id": before[1]}
    seen = where
    if since is not None:
        seen += " AND m.sent_at >= CAST(:since AS timestamptz)"
        values["since"] = since
    parts = [f"({select_of(PUBLIC, seen)}{_NEWEST_FIRST})"]
    if person_id is not None:
        parts.append(f"({select_of(PRIVATE, where + _OWN)}{_NEWEST_FIRST})")
        values["person_id"] = person_id
    statement = " UNION ALL ".join(parts) + " ORDER BY sent_at DESC, message_id DESC LIMIT :limit"
    return list((await connection.execute(text(statement), values)).mappings())
