"""SQL that messages to everyone and private ones share: each is read as the JSON of a ChatMessage."""

from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.signal_chat import QUOTE_CHARS

Table = str
"""`messages` or `private_messages`: names of ours, never from outside."""

PUBLIC: Table = "messages"
PRIVATE: Table = "private_messages"


def moment_of(column: str) -> str:
    """Return SQL for a time as it goes over the wire."""
    return f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"


def quote_of(alias: str) -> str:
    """Return SQL for the JSON of a quoted message."""
    return f"""jsonb_build_object(
        'message_id', {alias}.message_id, 'participant_id', {alias}.participant_id,
        'display_name', {alias}.display_name, 'body', left({alias}.body, {QUOTE_CHARS}),
        'deleted', {alias}.deleted_at IS NOT NULL)"""


def message_of(table: Table, alias: str, quoted: str) -> str:
    """Return SQL for the JSON of a message; `quoted` is the alias of the message that it answers, if any."""
    recipient = (
        f"'recipient_id', {alias}.recipient_id, 'recipient_name', {alias}.recipient_name,"
        if table == PRIVATE
        else ""
    )
    return f"""jsonb_build_object(
        'message_id', {alias}.message_id, 'seq', {alias}.seq, 'participant_id', {alias}.participant_id,
        'display_name', {alias}.display_name, 'body', {alias}.body,
        'sent_at', {moment_of(f"{alias}.sent_at")},
        'version', {alias}.version, {recipient}
        'reply_to', CASE WHEN {quoted}.message_id IS NULL THEN NULL ELSE {quote_of(quoted)} END,
        'edited_at', {moment_of(f"{alias}.edited_at")}, 'deleted_at', {moment_of(f"{alias}.deleted_at")},
        'deleted_by', {alias}.deleted_by, 'reactions', {alias}.reactions, 'files', {alias}.files)"""


def select_of(table: Table, where: str) -> str:
    """Return SQL that selects messages `m` as JSON, with who wrote them and when."""
    return f"""
        SELECT {message_of(table, "m", "q")} AS message, m.person_id, m.sent_at, m.message_id
          FROM meetings.{table} m LEFT JOIN meetings.{table} q ON q.message_id = m.reply_to
         WHERE {where}
    """  # noqa: S608  # constants of ours


async def find_message(
    connection: AsyncConnection, table: Table, meeting_id: str, message_id: str
) -> RowMapping | None:
    """Return a message to be changed; the run is held, so nobody else changes it meanwhile."""
    statement = text(
        select_of(
            table, "m.meeting_id = CAST(:meeting_id AS uuid) AND m.message_id = CAST(:message_id AS uuid)"
        )
    )
    values = {"meeting_id": meeting_id, "message_id": message_id}
    return (await connection.execute(statement, values)).mappings().first()


async def replace_body(
    connection: AsyncConnection,
    table: Table,
    message: dict[str, Any],
    *,
    meeting_id: str,
    body: str,
    lexemes: list[str],
    now: datetime,
) -> None:
    """Give a message another text, keeping the one before."""
    values = {
        "message_id": message["message_id"],
        "meeting_id": meeting_id,
        "version": message["version"],
        "old": message["body"],
        "body": body,
        "lexemes": lexemes,
        "now": now,
    }
    statement = text(
        f"""
        WITH kept AS (
            INSERT INTO meetings.message_edits (message_id, version, meeting_id, body, replaced_at)
            VALUES (CAST(:message_id AS uuid), :version, CAST(:meeting_id AS uuid), :old, :now)
        )
        UPDATE meetings.{table} SET body = :body, search = array_to_tsvector(CAST(:lexemes AS text[])),
               edited_at = :now, version = version + 1
         WHERE message_id = CAST(:message_id AS uuid)
        """  # noqa: S608  # constants of ours
    )
    await connection.execute(statement, values)


async def blank(
    connection: AsyncConnection, table: Table, message_id: str, *, deleted_by: str, now: datetime
) -> None:
    """Leave of a message only who wrote it and when: text, earlier texts, reactions and files go."""
    statement = text(
        f"""
        WITH forgotten AS (
            DELETE FROM meetings.message_edits WHERE message_id = CAST(:message_id AS uuid)
        ), unfiled AS (
            DELETE FROM meetings.files WHERE message_id = CAST(:message_id AS uuid)
        )
        UPDATE meetings.{table} SET body = '', search = NULL, reactions = '[]', files = '[]',
               deleted_at = :now, deleted_by = :deleted_by, version = version + 1
         WHERE message_id = CAST(:message_id AS uuid)
        """  # noqa: S608  # constants of ours
    )
    await connection.execute(statement, {"message_id": message_id, "deleted_by": deleted_by, "now": now})


async def set_reactions(
    connection: AsyncConnection, table: Table, message_id: str, reactions: list[dict[str, Any]]
) -> None:
    """Write the reactions to a message."""
    statement = text(
        f"""
        UPDATE meetings.{table} SET reactions = CAST(:reactions AS jsonb), version = version + 1
         WHERE message_id = CAST(:message_id AS uuid)
        """  # noqa: S608  # constants of ours
    )
    values = {"message_id": message_id, "reactions": orjson.dumps(reactions).decode()}
    await connection.execute(statement, values)


async def list_edits(connection: AsyncConnection, message_id: str) -> list[RowMapping]:
    """Return what a message said before, oldest first."""
    statement = text(
        """
        SELECT version, body, replaced_at FROM meetings.message_edits
         WHERE message_id = CAST(:message_id AS uuid) ORDER BY version
        """
    )
    return list((await connection.execute(statement, {"message_id": message_id})).mappings())
