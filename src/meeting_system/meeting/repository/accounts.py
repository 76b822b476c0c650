"""What the tables of meetings hold of one account."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Text, cast, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.meeting.models import (
    commands,
    feeds,
    files,
    invitees,
    meetings,
    members,
    messages,
    participants,
    private_messages,
    room_members,
    rooms,
    runs,
    series,
    votes,
)


@dataclass(frozen=True)
class Presence:
    """A live run that an account is in."""

    run_id: str
    meeting_id: str


async def list_presences(connection: AsyncConnection, user_id: str) -> list[Presence]:
    """Return the live runs that an account is in or about to enter."""
    statement = (
        select(runs.c.run_id, runs.c.meeting_id)
        .join_from(participants, runs)
        .where(
            participants.c.user_id == user_id,
            participants.c.state.not_in(("left", "removed")),
            runs.c.ended_at.is_(None),
        )
        .distinct()
        .order_by(runs.c.run_id)
    )
    return [Presence(*row) for row in await connection.execute(statement)]


async def list_live_runs_of_host(connection: AsyncConnection, user_id: str) -> list[Presence]:
    """Return the live runs of the meetings that go with the account."""
    statement = (
        select(runs.c.run_id, runs.c.meeting_id)
        .join_from(runs, meetings)
        .join(rooms, rooms.c.room_id == meetings.c.room_id)
        .where(runs.c.ended_at.is_(None), or_(meetings.c.host_id == user_id, rooms.c.owner_id == user_id))
        .order_by(runs.c.run_id)
    )
    return [Presence(*row) for row in await connection.execute(statement)]


async def delete_own(connection: AsyncConnection, user_id: str, email: str) -> None:
    """Delete the rooms of an account and the meetings that it hosts, with all that hangs on them."""
    own_rooms = select(rooms.c.room_id).where(rooms.c.owner_id == user_id)
    own = select(meetings.c.meeting_id).where(
        or_(meetings.c.host_id == user_id, meetings.c.room_id.in_(own_rooms))
    )
    inside = select(participants.c.participant_id).where(participants.c.meeting_id.in_(own))
    # Answers hang on nothing: what anybody there was answered says who they were, and what was said.
    await connection.execute(delete(commands).where(commands.c.participant_id.in_(inside)))
    await _delete_answers_over_http(connection, user_id, own)
    for table in (meetings, series):
        await connection.execute(
            delete(table).where(or_(table.c.host_id == user_id, table.c.room_id.in_(own_rooms)))
        )
    await connection.execute(delete(rooms).where(rooms.c.owner_id == user_id))
    await connection.execute(delete(feeds).where(feeds.c.user_id == user_id))
    await connection.execute(delete(members).where(members.c.user_id == user_id))
    await connection.execute(delete(room_members).where(room_members.c.user_id == user_id))
    await connection.execute(
        delete(invitees).where(or_(invitees.c.user_id == user_id, invitees.c.email == email))
    )


async def _delete_answers_over_http(connection: AsyncConnection, user_id: str, own: Select[Any]) -> None:
    """Delete what was answered to an account, or to anybody in these meetings: both are in what an answer is
    known by, `http:poll:<meeting>:<caller>:<key>`."""
    in_own = select(cast(own.subquery().c.meeting_id, Text))
    await connection.execute(
        delete(commands).where(
            commands.c.sid.startswith("http:"),
            or_(
                commands.c.sid.contains(f":{user_id}:"),
                func.split_part(commands.c.sid, ":", 2).in_(in_own),
                func.split_part(commands.c.sid, ":", 3).in_(in_own),
            ),
        )
    )


async def collect(
    connection: AsyncConnection, user_id: str, *, limit: int
) -> dict[str, list[dict[str, Any]]]:
    """Return what is kept of an account, by kind; at most `limit` of each, the newest."""
    found = {}
    for kind, question in _questions_about(user_id).items():
        rows = (await connection.execute(question.limit(limit))).mappings()
        found[kind] = [{str(name): _plain(value) for name, value in row.items()} for row in rows]
    return found


_OF_MEETING = (
    meetings.c.meeting_id,
    meetings.c.meeting_no,
    meetings.c.title,
    meetings.c.status,
    meetings.c.created_at,
    meetings.c.started_at,
    meetings.c.ended_at,
)
_OF_PARTICIPATION = (
    participants.c.meeting_id,
    participants.c.participant_id,
    participants.c.display_name,
    participants.c.role,
    participants.c.joined_at,
    participants.c.left_at,
)


def _questions_about(user_id: str) -> dict[str, Select[Any]]:
    """Return a question a kind, the newest first."""
    theirs = select(participants.c.participant_id).where(participants.c.user_id == user_id)
    return {
        "rooms": select(rooms).where(rooms.c.owner_id == user_id).order_by(rooms.c.room_id.desc()),
        "meetings": select(*_OF_MEETING)
        .where(meetings.c.host_id == user_id)
        .order_by(meetings.c.meeting_id.desc()),
        "participations": select(*_OF_PARTICIPATION)
        .where(participants.c.user_id == user_id)
        .order_by(participants.c.participant_id.desc()),
        "messages": select(messages.c.meeting_id, messages.c.message_id, messages.c.body, messages.c.sent_at)
        .where(messages.c.participant_id.in_(theirs))
        .order_by(messages.c.message_id.desc()),
        "private_messages": select(
            private_messages.c.meeting_id,
            private_messages.c.message_id,
            private_messages.c.recipient_name,
            private_messages.c.body,
            private_messages.c.sent_at,
        )
        .where(private_messages.c.person_id == user_id)
        .order_by(private_messages.c.message_id.desc()),
        "files": select(files.c.meeting_id, files.c.file_id, files.c.name, files.c.size, files.c.created_at)
        .where(files.c.person_id == user_id)
        .order_by(files.c.file_id.desc()),
        "invitations": select(
            invitees.c.meeting_id, invitees.c.series_id, invitees.c.answer, invitees.c.created_at
        )
        .where(invitees.c.user_id == user_id)
        .order_by(invitees.c.invitee_id.desc()),
        "votes": select(votes.c.poll_id, votes.c.choice, votes.c.voted_at)
        .where(votes.c.voter == user_id)
        .order_by(votes.c.poll_id.desc()),
    }


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
