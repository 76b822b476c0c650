"""What somebody who was deleted leaves in meetings of others: what they wrote goes, what others wrote stays
without their name. Who voted what is counted on, as nobody's."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

NOBODY = "—"
"""The name of who was deleted, in meetings of others."""

_THEIRS = "(SELECT participant_id FROM meetings.participants WHERE user_id = CAST(:user_id AS uuid))"
_MEETINGS = "(SELECT meeting_id FROM meetings.participants WHERE user_id = CAST(:user_id AS uuid))"
_NAMES = """
    (SELECT meeting_id, display_name FROM meetings.participants WHERE user_id = CAST(:user_id AS uuid))
"""
_OVER = """
    (SELECT run_id FROM meetings.participants JOIN meetings.runs USING (run_id)
      WHERE user_id = CAST(:user_id AS uuid) AND ended_at IS NOT NULL)
"""

_FILES = text(
    "DELETE FROM meetings.files WHERE person_id = CAST(:user_id AS uuid)"
    " RETURNING CAST(meeting_id AS text) AS meeting_id, CAST(file_id AS text) AS file_id"
)
_WRITTEN = (
    f"""
    DELETE FROM meetings.message_edits WHERE message_id IN (
        SELECT message_id FROM meetings.messages WHERE participant_id IN {_THEIRS}
         UNION ALL
        SELECT message_id FROM meetings.private_messages WHERE person_id = CAST(:user_id AS uuid))
    """,  # noqa: S608  # constants of ours
    f"DELETE FROM meetings.messages WHERE participant_id IN {_THEIRS}",  # noqa: S608  # constants of ours
    "DELETE FROM meetings.private_messages WHERE person_id = CAST(:user_id AS uuid)",
)
# The pair is of persons, in order; of somebody without an account the participant is the person.
_RECEIVED = """
    UPDATE meetings.private_messages
       SET recipient_name = :nobody, pair_low = least(person_id, recipient_id),
           pair_high = greatest(person_id, recipient_id)
     WHERE CAST(:user_id AS uuid) IN (pair_low, pair_high)
"""


def _unreact(table: str) -> str:
    """Return SQL that takes the person's reactions away from messages of others."""
    return f"""
        UPDATE meetings.{table} AS m SET version = version + 1, reactions = (
            SELECT coalesce(jsonb_agg(r.value ORDER BY r.ordinality), '[]')
              FROM jsonb_array_elements(m.reactions) WITH ORDINALITY r
             WHERE CAST(r.value ->> 'participant_id' AS uuid) NOT IN {_THEIRS})
         WHERE m.meeting_id IN {_MEETINGS} AND EXISTS (
               SELECT FROM jsonb_array_elements(m.reactions) r
                WHERE CAST(r.value ->> 'participant_id' AS uuid) IN {_THEIRS})
    """  # noqa: S608  # constants of ours


_ASKED_AND_VOTED = (
    # A poll that nobody made: its own id is no person's.
    """
    UPDATE meetings.polls SET creator_id = poll_id, creator_name = :nobody
     WHERE creator_id = CAST(:user_id AS uuid)
    """,
    """
    UPDATE meetings.votes SET voter = CAST(gen_random_uuid() AS text), display_name = NULL
     WHERE voter = CAST(CAST(:user_id AS uuid) AS text)
    """,
)
# Of these only a name says whose they are.
_SAID_AS_HOST = (
    f"""
    DELETE FROM meetings.lobby_messages AS l USING meetings.runs AS r
     WHERE r.run_id = l.run_id AND (r.meeting_id, l.display_name) IN {_NAMES}
    """,  # noqa: S608  # constants of ours
    f"UPDATE meetings.bans SET banned_by = '' WHERE (meeting_id, banned_by) IN {_NAMES}",  # noqa: S608  # constants of ours
)
_BEEN_THERE = (
    f"DELETE FROM meetings.events WHERE run_id IN {_OVER}",  # noqa: S608  # constants of ours
    # Answers are kept for repeats: none comes when the meeting is over.
    f"""
    DELETE FROM meetings.commands WHERE participant_id IN {_THEIRS} OR participant_id IN (
        SELECT participant_id FROM meetings.participants WHERE run_id IN {_OVER})
    """,  # noqa: S608  # constants of ours
    f"""
    DELETE FROM meetings.bans WHERE user_id = CAST(:user_id AS uuid) OR participant_id IN {_THEIRS}
    """,  # noqa: S608  # constants of ours
    """
    UPDATE meetings.participants
       SET user_id = NULL, display_name = :nobody, device_id = CAST(participant_id AS text)
     WHERE user_id = CAST(:user_id AS uuid)
    """,
)
_STATEMENTS = tuple(
    text(statement)
    for statement in (
        *_WRITTEN,
        _RECEIVED,
        _unreact("messages"),
        _unreact("private_messages"),
        *_ASKED_AND_VOTED,
        *_SAID_AS_HOST,
        *_BEEN_THERE,
    )
)


async def take_files(connection: AsyncConnection, user_id: str) -> dict[str, list[str]]:
    """Delete the rows of every file that an account uploaded; return their ids, by meeting."""
    taken: dict[str, list[str]] = {}
    for row in await connection.execute(_FILES, {"user_id": user_id}):
        taken.setdefault(row.meeting_id, []).append(row.file_id)
    return taken


async def erase(connection: AsyncConnection, user_id: str) -> None:
    """Take an account out of all meetings; who it was there is known until the last statement."""
    for statement in _STATEMENTS:
        await connection.execute(statement, {"user_id": user_id, "nobody": NOBODY})
