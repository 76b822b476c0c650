"""Messages to everyone, numbered from 1 without gaps in each meeting, and the view of a room."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.meeting.repository.breakouts import IN_ROOM
from meeting_system.meeting.repository.messages import (
    PUBLIC,
    message_of,
    moment_of,
    quote_of,
    select_of,
)

# What comes late is judged where the message is written: sending asks the database nothing else.
_NUMBER_MESSAGE = text(
    f"""
    WITH meeting AS (
        UPDATE meetings.meetings SET chat_seq = chat_seq + 1
         WHERE meeting_id = CAST(:meeting_id AS uuid) RETURNING chat_seq, options
    ), written AS (
        INSERT INTO meetings.messages
               (message_id, meeting_id, run_id, seq, participant_id, person_id, display_name, body, sent_at,
                reply_to, files, search)
        SELECT CAST(:message_id AS uuid), CAST(:meeting_id AS uuid), CAST(:run_id AS uuid), chat_seq,
               CAST(:participant_id AS uuid), CAST(:person_id AS uuid), :display_name, :body, :sent_at,
               CAST(:reply_to AS uuid), CAST(:files AS jsonb), array_to_tsvector(CAST(:lexemes AS text[]))
          FROM meeting
        RETURNING seq
    )
    SELECT written.seq, meeting.options, CASE WHEN q.message_id IS NOT NULL THEN {quote_of("q")} END AS quote
      FROM written CROSS JOIN meeting LEFT JOIN meetings.messages q
        ON q.message_id = CAST(:reply_to AS uuid) AND q.meeting_id = CAST(:meeting_id AS uuid)
       AND (:sees_all OR coalesce(CAST(meeting.options ->> 'history_for_late' AS boolean), true)
            OR q.sent_at >= (SELECT min(joined_at) FROM meetings.participants
                              WHERE meeting_id = CAST(:meeting_id AS uuid)
                                AND coalesce(user_id, participant_id) = CAST(:person_id AS uuid)))
    """  # noqa: S608  # constants of ours
)


@dataclass(frozen=True)
class NewMessageRow:
    """What is written of a new message. `person_id`: the account, or a guest's participant."""

    message_id: str
    meeting_id: str
    run_id: str
    participant_id: str
    person_id: str
    display_name: str
    body: str
    sent_at: datetime
    reply_to: str | None
    files: list[dict[str, Any]]
    lexemes: list[str]

    def values(self) -> dict[str, Any]:
        return vars(self) | {"files": orjson.dumps(self.files).decode()}


async def insert_message(
    connection: AsyncConnection, message: NewMessageRow, *, sees_all: bool
) -> RowMapping:
    """Write a message under the next number of its meeting; return number (`seq`), the meeting's `options`,
    and the `quote` of what it answers, null where the author may not see that."""
    values = message.values() | {"sees_all": sees_all}
    return (await connection.execute(_NUMBER_MESSAGE, values)).mappings().one()


async def list_messages(
    connection: AsyncConnection,
    meeting_id: str,
    *,
    before_seq: int | None,
    after_seq: int | None,
    since: datetime | None,
    limit: int,
) -> list[RowMapping]:
    """Return messages oldest first: the first after `after_seq`, else the last before `before_seq`. Of those
    from before `since` none."""
    conditions = ["m.meeting_id = CAST(:meeting_id AS uuid)"]
    values: dict[str, Any] = {"meeting_id": meeting_id, "limit": limit}
    for name, value, condition in (
        ("before", before_seq, "m.seq < :before"),
        ("after", after_seq, "m.seq > :after"),
        ("since", since, "m.sent_at >= :since"),
    ):
        if value is not None:
            conditions.append(condition)
            values[name] = value
    order = "DESC" if after_seq is None else "ASC"
    statement = text(f"{select_of(PUBLIC, ' AND '.join(conditions))} ORDER BY m.seq {order} LIMIT :limit")
    rows = list((await connection.execute(statement, values)).mappings())
    return rows[::-1] if after_seq is None else rows


_PARTICIPANTS_WHO_SAW = text(
    """
    SELECT CAST(p.participant_id AS text) FROM meetings.participants p
     WHERE p.run_id = CAST(:run_id AS uuid) AND p.state IN ('joining', 'connected', 'reconnecting')
       AND (p.role IN ('host', 'co_host') OR (
            SELECT min(e.joined_at) FROM meetings.participants e
             WHERE e.meeting_id = p.meeting_id
               AND coalesce(e.user_id, e.participant_id) = coalesce(p.user_id, p.participant_id)
           ) <= CAST(:sent_at AS timestamptz))
    """
)
_RUN_SIGHT = text(
    """
    SELECT coalesce(CAST(m.options ->> 'history_for_late' AS boolean), true) AS history,
           (SELECT min(joined_at) FROM meetings.participants
             WHERE meeting_id = m.meeting_id
               AND coalesce(user_id, participant_id) = CAST(:person_id AS uuid)) AS joined_at,
           EXISTS (SELECT FROM meetings.participants
                    WHERE run_id = CAST(:run_id AS uuid)
                      AND joined_at > CAST(:sent_at AS timestamptz)) AS late
      FROM meetings.meetings m WHERE m.meeting_id = CAST(:meeting_id AS uuid)
    """
)


async def find_sight(
    connection: AsyncConnection, *, meeting_id: str, run_id: str, person_id: str, sent_at: datetime
) -> RowMapping:
    """Return whether who comes late sees the `history`, when a person first `joined_at`, and whether anybody
    came `late`: after a message."""
    values = {"meeting_id": meeting_id, "run_id": run_id, "person_id": person_id, "sent_at": sent_at}
    return (await connection.execute(_RUN_SIGHT, values)).mappings().one()


async def list_who_saw(connection: AsyncConnection, run_id: str, sent_at: datetime) -> list[str]:
    """Return the participants present who may see a message in a meeting that hides what was before."""
    rows = await connection.execute(_PARTICIPANTS_WHO_SAW, {"run_id": run_id, "sent_at": sent_at})
    return list(rows.scalars())


# One statement is one snapshot: no message can be in the view and behind `log_seq` at the same time.
# A breakout shows the number of its main room: its own lets nobody in.
_ROOM = text(
    f"""
    SELECT CAST(m.meeting_id AS text) AS meeting_id, coalesce(
               (SELECT p.meeting_no FROM meetings.meetings p WHERE p.meeting_id = m.parent_id), m.meeting_no
           ) AS meeting_no, m.title, m.host_name, m.locked,
           r.started_at, r.ended_at, r.log_seq, m.chat_seq, m.options, r.frozen,
           CAST(r.spotlight_id AS text) AS spotlight, {IN_ROOM} AS breakouts,
           EXISTS (SELECT FROM meetings.private_messages WHERE meeting_id = m.meeting_id) AS has_private,
           coalesce(CAST(m.options ->> 'history_for_late' AS boolean), true) AS history,
           (SELECT coalesce(jsonb_agg({message_of(PUBLIC, "c", "q")} ORDER BY c.seq), '[]')
              FROM (SELECT * FROM meetings.messages
                     WHERE meeting_id = m.meeting_id ORDER BY seq DESC LIMIT :messages) c
              LEFT JOIN meetings.messages q ON q.message_id = c.reply_to) AS messages,
           (SELECT coalesce(jsonb_agg(p.participant_id), '[]') FROM meetings.participants p
             WHERE p.run_id = r.run_id AND p.state = 'removed') AS removed,
           (SELECT coalesce(jsonb_agg(jsonb_build_object(
                       'poll_id', p.poll_id, 'question', p.question, 'kind', p.kind, 'options', p.options,
                       'anonymous', p.anonymous, 'changeable', p.changeable, 'live_results', p.live_results,
                       'correct', p.correct, 'phase', p.phase, 'creator_name', p.creator_name,
                       'started_at', {moment_of("p.started_at")}, 'closed_at', {moment_of("p.closed_at")},
                       'voters', p.voters, 'counts', p.counts, 'version', p.version
                   ) ORDER BY p.started_at, p.poll_id), '[]')
              FROM (SELECT * FROM meetings.polls WHERE run_id = r.run_id
                     ORDER BY started_at DESC LIMIT :polls) p) AS polls,
           (SELECT coalesce(jsonb_agg(p.participant_id), '[]') FROM meetings.participants p
             WHERE p.run_id = r.run_id AND p.may_unmute) AS may_unmute,
           (SELECT coalesce(jsonb_agg(jsonb_build_object(
                       'participant_id', p.participant_id,
                       'role', CASE WHEN p.role_given THEN p.role END,
                       'display_name', CASE WHEN p.renamed THEN p.display_name END)), '[]')
              FROM meetings.participants p
             WHERE p.run_id = r.run_id AND (p.role_given OR p.renamed)) AS given,
           (SELECT coalesce(jsonb_agg(jsonb_build_object(
                       'participant_id', p.participant_id, 'display_name', p.display_name,
                       'is_guest', p.user_id IS NULL,
                       'asked_at', {moment_of("p.asked_at")}
                   ) ORDER BY p.asked_at, p.participant_id), '[]')
              FROM meetings.participants p
             WHERE p.run_id = r.run_id AND p.state = 'waiting' AND p.asked_at IS NOT NULL) AS waiting,
           (SELECT coalesce(jsonb_agg(jsonb_build_object(
                       'seq', l.seq, 'display_name', l.display_name, 'body', l.body,
                       'sent_at', {moment_of("l.sent_at")}
                   ) ORDER BY l.seq), '[]')
              FROM (SELECT * FROM meetings.lobby_messages
                     WHERE run_id = r.run_id ORDER BY seq DESC LIMIT 20) l) AS lobby_messages,
           EXISTS (SELECT FROM meetings.participants h
                    WHERE h.run_id = r.run_id AND h.role IN ('host', 'co_host')
                      AND h.state IN ('connected', 'reconnecting')) AS host_present
      FROM meetings.runs r JOIN meetings.meetings m USING (meeting_id)
     WHERE r.run_id = CAST(:run_id AS uuid) AND r.meeting_id = CAST(:meeting_id AS uuid)
    """  # noqa: S608  # constants of ours
)
_POLLS_SHOWN = 50


async def read_room(
    connection: AsyncConnection, *, meeting_id: str, run_id: str, messages_at_most: int
) -> RowMapping | None:
    """Read the durable part of a room as of one moment."""
    values = {
        "meeting_id": meeting_id,
        "run_id": run_id,
        "messages": messages_at_most,
        "polls": _POLLS_SHOWN,
    }
    return (await connection.execute(_ROOM, values)).mappings().first()
