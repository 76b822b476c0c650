"""Breakout rooms of a run: how they are, who belongs to which, and the runs of those that are open."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.meeting.models import (
    breakout_places,
    breakout_rooms,
    breakouts,
    meetings,
    members,
    participants,
    runs,
)
from meeting_system.meeting.repository.messages import moment_of
from meeting_system.meeting.repository.runs import OUT, RUN, ParticipantRow, RunRow, as_participant
from meeting_system.meeting.rules import PRESENT

IN_ROOM = f"""
    (SELECT jsonb_build_object(
            'status', b.status, 'assignment', b.assignment, 'may_return', b.may_return,
            'ends_at', {moment_of("b.ends_at")},
            'here', CASE WHEN b.run_id <> r.run_id THEN r.meeting_id END,
            'rooms', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                             'breakout_id', o.breakout_id, 'title', o.title, 'help_by', o.help_by)
                             ORDER BY o.position), '[]')
                        FROM meetings.breakout_rooms o WHERE o.run_id = b.run_id),
            'places', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                              'participant_id', e.participant_id, 'display_name', w.display_name,
                              'breakout_id', e.breakout_id, 'inside_id', e.inside_id)
                              ORDER BY e.participant_id), '[]')
                         FROM meetings.breakout_places e
                         JOIN meetings.participants w USING (participant_id)
                        WHERE e.run_id = b.run_id
                          AND (b.run_id = r.run_id OR r.meeting_id IN (e.breakout_id, e.inside_id))))
       FROM meetings.breakouts b
      WHERE b.run_id = coalesce(m.parent_run_id, r.run_id))
"""  # noqa: S608  # constants of ours
"""A column for the view of a room: BreakoutsState, as of the same moment as all the rest of it."""


@dataclass(frozen=True)
class BreakoutsRow:
    """The breakouts of one run."""

    run_id: str
    status: str
    assignment: str
    may_return: bool
    ends_at: datetime | None


@dataclass(frozen=True)
class RoomRow:
    """One of its rooms."""

    breakout_id: str
    title: str
    help_by: str | None


@dataclass(frozen=True)
class PlaceRow:
    """Where somebody of the run belongs, and is."""

    participant_id: str
    display_name: str
    breakout_id: str | None
    inside_id: str | None


@dataclass(frozen=True)
class ParentRow:
    """The run that a breakout belongs to."""

    meeting_id: str
    run_id: str


async def find_breakouts(connection: AsyncConnection, run_id: str) -> BreakoutsRow | None:
    row = (await connection.execute(select(breakouts).where(breakouts.c.run_id == run_id))).mappings().first()
    return None if row is None else BreakoutsRow(**row)


async def insert_breakouts(connection: AsyncConnection, row: BreakoutsRow, rooms: list[RoomRow]) -> None:
    """Write breakouts of a run that has none, and their rooms in this order."""
    await connection.execute(insert(breakouts).values(**vars(row)))
    values = [{**vars(room), "run_id": row.run_id, "position": at} for at, room in enumerate(rooms)]
    await connection.execute(insert(breakout_rooms).values(values))


async def delete_breakouts(connection: AsyncConnection, run_id: str) -> bool:
    """Forget breakouts with their rooms and places; False where there were none."""
    return bool((await connection.execute(delete(breakouts).where(breakouts.c.run_id == run_id))).rowcount)


async def update_breakouts(
    connection: AsyncConnection, run_id: str, *, status: str, ends_at: datetime | None
) -> None:
    statement = update(breakouts).where(breakouts.c.run_id == run_id)
    await connection.execute(statement.values(status=status, ends_at=ends_at))


async def list_rooms(connection: AsyncConnection, run_id: str) -> list[RoomRow]:
    columns = (breakout_rooms.c.breakout_id, breakout_rooms.c.title, breakout_rooms.c.help_by)
    statement = select(*columns).where(breakout_rooms.c.run_id == run_id).order_by(breakout_rooms.c.position)
    return [RoomRow(**row) for row in (await connection.execute(statement)).mappings()]


async def set_help(connection: AsyncConnection, breakout_id: str, name: str | None) -> bool:
    """Write down who asks for help in a room; False where nothing changed."""
    statement = update(breakout_rooms).where(
        breakout_rooms.c.breakout_id == breakout_id, breakout_rooms.c.help_by.is_distinct_from(name)
    )
    return bool((await connection.execute(statement.values(help_by=name))).rowcount)


async def list_places(
    connection: AsyncConnection, run_id: str, participant_ids: list[str] | None = None
) -> list[PlaceRow]:
    """Return the places of some, or of all, in order of their ids."""
    statement = (
        select(
            breakout_places.c.participant_id,
            participants.c.display_name,
            breakout_places.c.breakout_id,
            breakout_places.c.inside_id,
        )
        .join(participants, participants.c.participant_id == breakout_places.c.participant_id)
        .where(breakout_places.c.run_id == run_id)
        .order_by(breakout_places.c.participant_id)
    )
    if participant_ids is not None:
        statement = statement.where(breakout_places.c.participant_id.in_(participant_ids))
    return [PlaceRow(**row) for row in (await connection.execute(statement)).mappings()]


async def list_placeable(
    connection: AsyncConnection, run_id: str, participant_ids: list[str] | None = None
) -> list[tuple[str, str]]:
    """Return (participant id, role) of the people of a run, in order of arrival: those named, or all that are
    connected. Encoders and players are no people."""
    statement = select(participants.c.participant_id, participants.c.role).where(
        participants.c.run_id == run_id, participants.c.stream_id.is_(None)
    )
    if participant_ids is None:
        statement = statement.where(participants.c.state.in_(PRESENT))
    else:
        statement = statement.where(
            participants.c.participant_id.in_(participant_ids),
            participants.c.state.not_in(OUT),
        )
    rows = await connection.execute(statement.order_by(participants.c.participant_id))
    return [(row.participant_id, row.role) for row in rows]


async def place(connection: AsyncConnection, run_id: str, wanted: dict[str, str | None]) -> None:
    """Give people of a run their places."""
    values = [
        {"run_id": run_id, "participant_id": participant_id, "breakout_id": breakout_id}
        for participant_id, breakout_id in sorted(wanted.items())
    ]
    statement = upsert(breakout_places).values(values)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["run_id", "participant_id"],
            set_={"breakout_id": statement.excluded.breakout_id},
        )
    )


_FOLLOW = text(
    """
    WITH seen AS (
        SELECT e.participant_id, e.inside_id AS before,
               (SELECT c.meeting_id FROM meetings.participants c
                 WHERE c.origin_id = e.participant_id AND c.state IN ('connected', 'reconnecting')
                 ORDER BY c.changed_at DESC LIMIT 1) AS inside
          FROM meetings.breakout_places e WHERE e.run_id = CAST(:run_id AS uuid)
    )
    UPDATE meetings.breakout_places e SET inside_id = seen.inside
      FROM seen
     WHERE e.run_id = CAST(:run_id AS uuid) AND e.participant_id = seen.participant_id
       AND seen.inside IS DISTINCT FROM seen.before
    RETURNING CAST(e.participant_id AS text), CAST(seen.before AS text)
    """
)


async def follow(connection: AsyncConnection, run_id: str) -> dict[str, str | None]:
    """Write down in which rooms people really are; return where those were before who moved."""
    rows = (await connection.execute(_FOLLOW, {"run_id": run_id})).all()
    return {row[0]: row[1] for row in rows}


async def find_parent(connection: AsyncConnection, meeting_id: str) -> ParentRow | None:
    """Return what a breakout belongs to; None where a meeting is none."""
    statement = select(meetings.c.parent_id, meetings.c.parent_run_id).where(
        meetings.c.meeting_id == meeting_id, meetings.c.parent_run_id.is_not(None)
    )
    row = (await connection.execute(statement)).first()
    return None if row is None else ParentRow(row.parent_id, row.parent_run_id)


async def find_origin(connection: AsyncConnection, run_id: str, participant_id: str) -> str | None:
    """Return who somebody in a breakout is in the main room."""
    statement = select(participants.c.origin_id).where(
        participants.c.run_id == run_id, participants.c.participant_id == participant_id
    )
    origin_id: str | None = (await connection.execute(statement)).scalar()
    return origin_id


async def mark_origin(connection: AsyncConnection, participant_id: str, origin_id: str) -> None:
    statement = update(participants).where(participants.c.participant_id == participant_id)
    await connection.execute(statement.values(origin_id=origin_id))


async def insert_meeting(
    connection: AsyncConnection, parent: RunRow, room: RoomRow, *, number: str, run_id: str, now: datetime
) -> bool:
    """Make a room a live meeting with most options of its main room; False when the number is taken."""
    values = {
        "parent_id": parent.meeting_id,
        "parent_run_id": parent.run_id,
        "breakout_id": room.breakout_id,
        "title": room.title,
        "number": number,
        "run_id": run_id,
        "now": now,
    }
    return (await connection.execute(_INSERT_MEETING, values)).first() is not None


# Whoever is placed may come in: neither the lobby nor the lock of the main room is asked again. And they are
# there to talk: who keeps many silent in the main room is not in every breakout to ask them to unmute.
_INSERT_MEETING = text(
    """
    WITH breakout AS (
        INSERT INTO meetings.meetings
               (meeting_id, room_id, host_id, host_name, meeting_no, title, status, guests_allowed, locked,
                chat_seq, created_at, started_at, options, parent_id, parent_run_id)
        SELECT CAST(:breakout_id AS uuid), room_id, host_id, host_name, :number, :title, 'live', true, false,
               0, :now, :now,
               options || '{"lobby": "off", "attendees_may_unmute": true, "mute_on_entry": false}',
               meeting_id, CAST(:parent_run_id AS uuid)
          FROM meetings.meetings WHERE meeting_id = CAST(:parent_id AS uuid)
        ON CONFLICT DO NOTHING
        RETURNING meeting_id
    )
    INSERT INTO meetings.runs (run_id, meeting_id, started_at, log_seq)
    SELECT CAST(:run_id AS uuid), meeting_id, :now, 0 FROM breakout
    RETURNING run_id
    """
)


async def lock_rooms(connection: AsyncConnection, run_id: str) -> dict[str, RunRow]:
    """Hold the live runs of a run's breakouts, by the breakout. The run itself is held before."""
    statement = (
        select(*RUN)
        .join(meetings, meetings.c.meeting_id == runs.c.meeting_id)
        .where(meetings.c.parent_run_id == run_id, runs.c.ended_at.is_(None))
        .order_by(runs.c.run_id)
        .with_for_update(of=runs)
    )
    found = [RunRow(**row) for row in (await connection.execute(statement)).mappings()]
    return {row.meeting_id: row for row in found}


async def find_inside(
    connection: AsyncConnection, run_id: str, participant_id: str
) -> list[tuple[RunRow, ParticipantRow]]:
    """Return as whom somebody of a run is, or was, in its open breakouts, with the breakouts' runs, held."""
    rooms = await lock_rooms(connection, run_id)
    if not rooms:
        return []
    statement = select(participants).where(
        participants.c.origin_id == participant_id, participants.c.meeting_id.in_(list(rooms))
    )
    found = (await connection.execute(statement)).mappings().all()
    return [(rooms[row["meeting_id"]], as_participant(row)) for row in found]


async def set_member(
    connection: AsyncConnection, breakout_id: str, user_id: str, role: str, *, now: datetime
) -> None:
    """Give an account in a breakout the role that it has in the main room."""
    statement = upsert(members).values(meeting_id=breakout_id, user_id=user_id, role=role, created_at=now)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["meeting_id", "user_id"], set_={"role": statement.excluded.role}
        )
    )


async def list_due(connection: AsyncConnection, *, now: datetime, limit: int) -> list[tuple[str, str]]:
    """Return (run id, meeting id) of runs whose breakouts have come to their end."""
    return await _list(connection, breakouts.c.ends_at <= now, limit)


async def list_occupied(connection: AsyncConnection, *, limit: int) -> list[tuple[str, str]]:
    """Return (run id, meeting id) of runs with open breakouts."""
    return await _list(connection, breakouts.c.status != "planned", limit)


async def _list(connection: AsyncConnection, condition: Any, limit: int) -> list[tuple[str, str]]:
    statement = (
        select(runs.c.run_id, runs.c.meeting_id)
        .join(breakouts, breakouts.c.run_id == runs.c.run_id)
        .where(condition, breakouts.c.status != "planned", runs.c.ended_at.is_(None))
        .order_by(breakouts.c.ends_at)
        .limit(limit)
    )
    return [(row.run_id, row.meeting_id) for row in await connection.execute(statement)]
