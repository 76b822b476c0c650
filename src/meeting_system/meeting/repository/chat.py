"""Chat messages, numbered from 1 without gaps in each meeting, and the view of a room."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.meeting.models import messages

_NUMBER_MESSAGE = text(
    """
    WITH meeting AS (
        UPDATE meetings.meetings SET chat_seq = chat_seq + 1
         WHERE meeting_id = CAST(:meeting_id AS uuid) RETURNING chat_seq
    )
    INSERT INTO meetings.messages
           (message_id, meeting_id, run_id, seq, participant_id, display_name, body, sent_at)
    SELECT CAST(:message_id AS uuid), CAST(:meeting_id AS uuid), CAST(:run_id AS uuid), chat_seq,
           CAST(:participant_id AS uuid), :display_name, :body, :sent_at
      FROM meeting
    RETURNING seq
    """
)


@dataclass(frozen=True)
class NewMessageRow:
    """What is written of a new message."""

    message_id: str
    meeting_id: str
    run_id: str
    participant_id: str
    display_name: str
    body: str
    sent_at: datetime


async def insert_message(connection: AsyncConnection, message: NewMessageRow) -> int:
    """Write a message under the next number of its meeting; return the number."""
    number: int = (await connection.execute(_NUMBER_MESSAGE, vars(message))).scalar_one()
    return number


async def list_messages(
    connection: AsyncConnection,
    meeting_id: str,
    *,
    before_seq: int | None,
    after_seq: int | None,
    limit: int,
) -> list[RowMapping]:
    """Return messages oldest first: the first after `after_seq`, else the last before `before_seq`."""
    statement = select(messages).where(messages.c.meeting_id == meeting_id).limit(limit)
    if before_seq is not None:
        statement = statement.where(messages.c.seq < before_seq)
    if after_seq is not None:
        statement = statement.where(messages.c.seq > after_seq).order_by(messages.c.seq)
        return list((await connection.execute(statement)).mappings())
    statement = statement.order_by(messages.c.seq.desc())
    return list(reversed(list((await connection.execute(statement)).mappings())))


# One statement is one snapshot: no message can be in the view and behind `log_seq` at the same time.
_ROOM = text(
    """
    SELECT CAST(m.meeting_id AS text) AS meeting_id, m.meeting_no, m.title, m.host_name, m.locked,
           r.started_at, r.ended_at, r.log_seq,
           (SELECT coalesce(jsonb_agg(jsonb_build_object(
                       'message_id', c.message_id, 'seq', c.seq, 'participant_id', c.participant_id,
                       'display_name', c.display_name, 'body', c.body,
                       'sent_at', to_char(c.sent_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                   ) ORDER BY c.seq), '[]')
              FROM (SELECT * FROM meetings.messages
                     WHERE meeting_id = m.meeting_id ORDER BY seq DESC LIMIT :messages) c) AS messages,
           (SELECT coalesce(jsonb_agg(p.participant_id), '[]') FROM meetings.participants p
             WHERE p.run_id = r.run_id AND p.state = 'removed') AS removed
      FROM meetings.runs r JOIN meetings.meetings m USING (meeting_id)
     WHERE r.run_id = CAST(:run_id AS uuid) AND r.meeting_id = CAST(:meeting_id AS uuid)
    """
)


async def read_room(
    connection: AsyncConnection, *, meeting_id: str, run_id: str, messages_at_most: int
) -> RowMapping | None:
    """Read the durable part of a room as of one moment."""
    values = {"meeting_id": meeting_id, "run_id": run_id, "messages": messages_at_most}
    return (await connection.execute(_ROOM, values)).mappings().first()
