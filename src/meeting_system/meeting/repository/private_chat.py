"""Private messages: the only place that reads and writes their table. Every reading names whose they are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.meeting.repository.messages import PRIVATE, quote_of, select_of

# The commands of a run come one after the other: the next number of a pair is nobody else's.
_INSERT = text(
    f"""
    WITH written AS (
        INSERT INTO meetings.private_messages
               (message_id, meeting_id, run_id, pair_low, pair_high, seq, participant_id, person_id,
                display_name, recipient_id, recipient_name, body, sent_at, reply_to, files, search)
        SELECT CAST(:message_id AS uuid), CAST(:meeting_id AS uuid), CAST(:run_id AS uuid),
               CAST(:pair_low AS uuid), CAST(:pair_high AS uuid),
               1 + coalesce((SELECT max(seq) FROM meetings.private_messages
                              WHERE meeting_id = CAST(:meeting_id AS uuid)
                                AND pair_low = CAST(:pair_low AS uuid)
                                AND pair_high = CAST(:pair_high AS uuid)), 0),
               CAST(:participant_id AS uuid), CAST(:person_id AS uuid), :display_name,
               CAST(:recipient_id AS uuid), :recipient_name, :body, :sent_at, CAST(:reply_to AS uuid),
               CAST(:files AS jsonb), array_to_tsvector(CAST(:lexemes AS text[]))
        RETURNING seq
    )
    SELECT written.seq, CASE WHEN q.message_id IS NOT NULL THEN {quote_of("q")} END AS quote
      FROM written LEFT JOIN meetings.private_messages q
        ON q.message_id = CAST(:reply_to AS uuid) AND q.meeting_id = CAST(:meeting_id AS uuid)
       AND q.pair_low = CAST(:pair_low AS uuid) AND q.pair_high = CAST(:pair_high AS uuid)
    """  # noqa: S608  # constants of ours
)
_OWN = """
    m.meeting_id = CAST(:meeting_id AS uuid)
    AND (m.pair_low = CAST(:person_id AS uuid) OR m.pair_high = CAST(:person_id AS uuid))
"""
_OF_VIEWER = """
    m.meeting_id = CAST(:meeting_id AS uuid) AND (m.pair_low = v.person_id OR m.pair_high = v.person_id)
"""
_PAIR = text(
    """
    SELECT CAST(pair_low AS text) AS pair_low, CAST(pair_high AS text) AS pair_high
      FROM meetings.private_messages
     WHERE meeting_id = CAST(:meeting_id AS uuid) AND message_id = CAST(:message_id AS uuid)
    """
)
# Everything personal of several participants at once: a room of thousands comes back after one question.
_PERSONAL = text(
    f"""
    WITH viewers AS (
        SELECT p.participant_id, p.role, coalesce(p.user_id, p.participant_id) AS person_id
          FROM meetings.participants p
         WHERE p.run_id = CAST(:run_id AS uuid) AND p.participant_id = ANY(CAST(:participant_ids AS uuid[]))
    )
    SELECT CAST(v.participant_id AS text) AS participant_id, v.role, CAST(v.person_id AS text) AS person_id,
           CASE WHEN :history OR v.role IN ('host', 'co_host') THEN 1 ELSE coalesce((
                SELECT min(c.seq) FROM meetings.messages c
                 WHERE c.meeting_id = CAST(:meeting_id AS uuid) AND c.sent_at >= (
                       SELECT min(e.joined_at) FROM meetings.participants e
                        WHERE e.meeting_id = CAST(:meeting_id AS uuid)
                          AND coalesce(e.user_id, e.participant_id) = v.person_id)
           ), :chat_seq + 1) END AS first_seq,
           (SELECT coalesce(jsonb_agg(own.message
                       ORDER BY own.sent_at, CAST(own.message ->> 'seq' AS bigint), own.message_id), '[]')
              FROM ({select_of(PRIVATE, _OF_VIEWER)}
                    ORDER BY m.sent_at DESC, m.message_id DESC LIMIT :messages) own) AS private_messages,
           (SELECT coalesce(jsonb_object_agg(w.poll_id, w.choice), '{{}}') FROM meetings.votes w
              JOIN meetings.polls o USING (poll_id)
             WHERE o.run_id = CAST(:run_id AS uuid)
               AND w.voter = CASE WHEN o.anonymous THEN encode(sha256(convert_to(
                             o.secret || CAST(v.person_id AS text), 'UTF8')), 'hex')
                        ELSE CAST(v.person_id AS text) END) AS choices
      FROM viewers v
    """  # noqa: S608  # constants of ours
)


@dataclass(frozen=True)
class NewPrivateRow:
    """What is written of a new private message."""

    message_id: str
    meeting_id: str
    run_id: str
    pair_low: str
    pair_high: str
    participant_id: str
    person_id: str
    display_name: str
    recipient_id: str
    recipient_name: str
    body: str
    sent_at: datetime
    reply_to: str | None
    files: list[dict[str, Any]]
    lexemes: list[str]


async def insert_private(connection: AsyncConnection, message: NewPrivateRow) -> RowMapping:
    """Write a message under the next number of its pair; return number and quote."""
    values = vars(message) | {"files": orjson.dumps(message.files).decode()}
    return (await connection.execute(_INSERT, values)).mappings().one()


async def find_pair(connection: AsyncConnection, meeting_id: str, message_id: str) -> tuple[str, str] | None:
    """Return between whom a message is; None: it is no private one."""
    values = {"meeting_id": meeting_id, "message_id": message_id}
    row = (await connection.execute(_PAIR, values)).first()
    return None if row is None else (row.pair_low, row.pair_high)


async def list_private(
    connection: AsyncConnection,
    meeting_id: str,
    *,
    person_id: str,
    before: tuple[datetime, str] | None,
    limit: int,
) -> list[RowMapping]:
    """Return a person's private messages, newest first."""
    values: dict[str, Any] = {"meeting_id": meeting_id, "person_id": person_id, "limit": limit}
    where = _OWN
    if before is not None:
        where += " AND (m.sent_at, m.message_id) < (CAST(:sent_at AS timestamptz), CAST(:message_id AS uuid))"
        values |= {"sent_at": before[0], "message_id": before[1]}
    statement = f"{select_of(PRIVATE, where)} ORDER BY m.sent_at DESC, m.message_id DESC LIMIT :limit"
    return list((await connection.execute(text(statement), values)).mappings())


async def read_personal(
    connection: AsyncConnection,
    *,
    meeting_id: str,
    run_id: str,
    participant_ids: list[str],
    history: bool,
    chat_seq: int,
    messages_at_most: int,
) -> list[RowMapping]:
    """Read what of a snapshot is personal, of each of these participants."""
    values = {
        "meeting_id": meeting_id,
        "run_id": run_id,
        "participant_ids": participant_ids,
        "history": history,
        "chat_seq": chat_seq,
        "messages": messages_at_most,
    }
    return list((await connection.execute(_PERSONAL, values)).mappings())


_DEVICES = text(
    """
    SELECT CAST(participant_id AS text) FROM meetings.participants
     WHERE run_id = CAST(:run_id AS uuid) AND state IN ('joining', 'connected', 'reconnecting')
       AND coalesce(user_id, participant_id) = ANY(CAST(:person_ids AS uuid[]))
    """
)
_NUMBER = text(
    """
    UPDATE meetings.runs SET personal_seq = personal_seq + 1 WHERE run_id = CAST(:run_id AS uuid)
    RETURNING personal_seq
    """
)


async def list_devices(connection: AsyncConnection, run_id: str, person_ids: list[str]) -> list[str]:
    """Return as which participants these persons are in a run."""
    rows = await connection.execute(_DEVICES, {"run_id": run_id, "person_ids": person_ids})
    return list(rows.scalars())


async def number_personal(connection: AsyncConnection, run_id: str) -> int:
    """Return the next number of what is told personally in a run, which is held."""
    number: int = (await connection.execute(_NUMBER, {"run_id": run_id})).scalar_one()
    return number
