"""Live runs: who is in them, their durable events, their end."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, case, delete, func, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.meeting.models import bans, commands, events, meetings, participants, runs
from meeting_system.meeting.rules import OVER

_HERE = ("joining", "connected", "reconnecting", "waiting", "admitted")
OUT = ("removed", "denied", "waiting")
"""Who has no connection to the room, whatever signaling may still report of them."""
LOGGED_OUT = "logged_out"


@dataclass(frozen=True)
class RunRow:
    """A run that this transaction holds: nothing else changes it until the commit."""

    run_id: str
    meeting_id: str
    started_at: datetime
    ended_at: datetime | None
    frozen: bool = False


@dataclass(frozen=True)
class ParticipantRow:
    """Somebody in a run."""

    participant_id: str
    user_id: str | None
    device_id: str
    display_name: str
    role: str
    state: str
    joined_at: datetime
    left_at: datetime | None


PARTICIPANT = (
    participants.c.participant_id,
    participants.c.user_id,
    participants.c.device_id,
    participants.c.display_name,
    participants.c.role,
    participants.c.state,
    participants.c.joined_at,
    participants.c.left_at,
)
"""The columns of a ParticipantRow."""


def as_participant(row: RowMapping) -> ParticipantRow:
    """Take from a row with other columns as well what a ParticipantRow has."""
    return ParticipantRow(**{column.name: row[column.name] for column in PARTICIPANT})


RUN = (runs.c.run_id, runs.c.meeting_id, runs.c.started_at, runs.c.ended_at, runs.c.frozen)
"""The columns of a RunRow."""


async def count_live(connection: AsyncConnection) -> int:
    """Return how many meetings go on."""
    statement = select(func.count()).select_from(runs).where(runs.c.ended_at.is_(None))
    return int((await connection.execute(statement)).scalar_one())


async def lock_run(connection: AsyncConnection, run_id: str, meeting_id: str) -> RunRow | None:
    """Hold a run: the durable commands of one run come one after the other."""
    statement = select(*RUN).where(runs.c.run_id == run_id, runs.c.meeting_id == meeting_id).with_for_update()
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else RunRow(**row)


async def find_latest_run(connection: AsyncConnection, meeting_id: str) -> RunRow | None:
    statement = select(*RUN).where(runs.c.meeting_id == meeting_id).order_by(runs.c.run_id.desc()).limit(1)
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else RunRow(**row)


async def find_participant(
    connection: AsyncConnection, run_id: str, participant_id: str
) -> ParticipantRow | None:
    statement = select(*PARTICIPANT).where(
        participants.c.run_id == run_id, participants.c.participant_id == participant_id
    )
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else ParticipantRow(**row)


async def find_admissible(
    connection: AsyncConnection, run_id: str, participant_id: str
) -> ParticipantRow | None:
    """Return somebody who may enter: not removed, not logged out since they joined, of a run that goes on."""
    statement = (
        select(*PARTICIPANT)
        .join_from(participants, runs)
        .where(
            participants.c.participant_id == participant_id,
            participants.c.state.not_in(("removed", "denied")),
            participants.c.left_why.is_distinct_from(LOGGED_OUT),
            runs.c.run_id == run_id,
            runs.c.ended_at.is_(None),
        )
    )
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else ParticipantRow(**row)


async def find_participants_of(
    connection: AsyncConnection, meeting_id: str, user_id: str
) -> list[ParticipantRow]:
    """Return every device of an account in a meeting, the latest first."""
    statement = (
        select(*PARTICIPANT)
        .where(participants.c.meeting_id == meeting_id, participants.c.user_id == user_id)
        .order_by(participants.c.participant_id.desc())
    )
    return [ParticipantRow(**row) for row in (await connection.execute(statement)).mappings()]


async def find_guest(
    connection: AsyncConnection, meeting_id: str, participant_id: str
) -> ParticipantRow | None:
    statement = select(*PARTICIPANT).where(
        participants.c.meeting_id == meeting_id, participants.c.participant_id == participant_id
    )
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else ParticipantRow(**row)


async def list_participants(
    connection: AsyncConnection, run_id: str, *, after: str | None, limit: int
) -> list[ParticipantRow]:
    statement = select(*PARTICIPANT).where(participants.c.run_id == run_id)
    if after is not None:
        statement = statement.where(participants.c.participant_id > after)
    statement = statement.order_by(participants.c.participant_id).limit(limit)
    return [ParticipantRow(**row) for row in (await connection.execute(statement)).mappings()]


_NUMBER_EVENT = text(
    """
    WITH run AS (
        UPDATE meetings.runs SET log_seq = log_seq + 1 WHERE run_id = CAST(:run_id AS uuid) RETURNING log_seq
    )
    INSERT INTO meetings.events (run_id, log_seq, event_id, t, ts, by_id, d)
    SELECT CAST(:run_id AS uuid), log_seq, CAST(:event_id AS uuid), :t, :ts, CAST(:by_id AS uuid),
           CAST(:d AS jsonb)
      FROM run
    RETURNING log_seq
    """
)


async def insert_event(
    connection: AsyncConnection,
    *,
    run_id: str,
    event_id: str,
    t: str,
    ts: datetime,
    by_id: str | None,
    d: str,
) -> int:
    """Give a durable event the next number of its run and write it; return the number."""
    values = {"run_id": run_id, "event_id": event_id, "t": t, "ts": ts, "by_id": by_id, "d": d}
    number: int = (await connection.execute(_NUMBER_EVENT, values)).scalar_one()
    return number


async def ban(
    connection: AsyncConnection, meeting_id: str, target: ParticipantRow, *, by: str, now: datetime
) -> None:
    """Take a participant out, and keep the device out, and the account. `by`: the name of who does it."""
    await connection.execute(
        update(participants)
        .where(participants.c.participant_id == target.participant_id)
        .values(state="removed", changed_at=now, left_at=now, left_why="removed")
    )
    await connection.execute(
        upsert(bans)
        .values(
            meeting_id=meeting_id,
            device_id=target.device_id,
            participant_id=target.participant_id,
            created_at=now,
            user_id=target.user_id,
            display_name=target.display_name,
            banned_by=by,
        )
        .on_conflict_do_nothing()
    )


async def log_out(connection: AsyncConnection, participant_id: str, *, now: datetime) -> None:
    """Let no ticket lead somebody in any more until they join again; who is about to come has left."""
    is_coming = participants.c.state.in_(("joining", "admitted"))
    await connection.execute(
        update(participants)
        .where(participants.c.participant_id == participant_id)
        .values(
            state=case((is_coming, "left"), else_=participants.c.state),
            left_at=case((is_coming, literal(now)), else_=participants.c.left_at),
            left_why=LOGGED_OUT,
        )
    )


async def set_locked(connection: AsyncConnection, meeting_id: str, *, locked: bool) -> None:
    await connection.execute(
        update(meetings).where(meetings.c.meeting_id == meeting_id).values(locked=locked)
    )


async def end_run(connection: AsyncConnection, run: RunRow, *, why: str, now: datetime) -> None:
    """End a run, its meeting, and everybody's stay.

    The meeting first: who is about to begin a run holds the meeting, and waits for a run that is being
    changed.
    """
    await end_meeting(connection, run.meeting_id, now=now)
    await connection.execute(
        update(runs).where(runs.c.run_id == run.run_id).values(ended_at=now, ended_why=why)
    )
    await connection.execute(
        update(participants)
        .where(participants.c.run_id == run.run_id, participants.c.state.in_(_HERE))
        .values(state="left", changed_at=now, left_at=now, left_why="ended")
    )


async def end_meeting(connection: AsyncConnection, meeting_id: str, *, now: datetime) -> bool:
    """Mark a meeting as ended; False when it was over.

    Who tried it out before its time does not use it up: it is scheduled again.
    """
    early = meetings.c.starts_at > now
    statement = (
        update(meetings)
        .where(meetings.c.meeting_id == meeting_id, meetings.c.status.not_in(OVER))
        .values(
            status=case((early, "scheduled"), else_="ended"),
            ended_at=case((early, None), else_=literal(now)),
        )
        .returning(literal(1))
    )
    return (await connection.execute(statement)).first() is not None


async def hold_participant(connection: AsyncConnection, run_id: str, participant_id: str) -> str | None:
    """Return the state of somebody in a run that goes on, kept from changing until the commit."""
    # The run first, as everywhere: its end waits for us, or we for it.
    live = select(runs.c.run_id).where(runs.c.run_id == run_id, runs.c.ended_at.is_(None))
    statement = (
        select(participants.c.state)
        .where(
            participants.c.participant_id == participant_id,
            participants.c.run_id == live.with_for_update(read=True).scalar_subquery(),
        )
        .with_for_update()
    )
    state: str | None = (await connection.execute(statement)).scalar()
    return state


async def set_presence(
    connection: AsyncConnection,
    *,
    run_id: str,
    participant_id: str,
    state: str,
    why: str | None,
    now: datetime,
) -> bool:
    """Write down what signaling saw; who was removed, is in the lobby, or whose run ended, stays so. Tell
    whether it was."""
    live = select(runs.c.run_id).where(runs.c.run_id == run_id, runs.c.ended_at.is_(None))
    gone = state == "left"
    values: dict[str, object] = {
        "state": state,
        "changed_at": now,
        "left_at": now if gone else None,
        "left_why": why if gone else None,
    }
    if state == "connected":
        values["connected_at"] = func.coalesce(participants.c.connected_at, now)
    found = await connection.execute(
        update(participants)
        .where(
            participants.c.participant_id == participant_id,
            participants.c.run_id == live.with_for_update(read=True).scalar_subquery(),
            participants.c.state.not_in(OUT),
        )
        .values(**values)
    )
    return bool(found.rowcount)


async def leave(
    connection: AsyncConnection, run_id: str, participant_ids: list[str], *, now: datetime
) -> None:
    """Write down that participants left on purpose; of who is connected signaling knows when they are gone.

    A page that is loaded again says that it left, and may be heard after it is back.
    """
    await connection.execute(
        update(participants)
        .where(
            participants.c.run_id == run_id,
            participants.c.participant_id.in_(participant_ids),
            participants.c.state.in_(("joining", "reconnecting")),
        )
        .values(state="left", changed_at=now, left_at=now, left_why="left")
    )


def _nobody_since(moment: datetime, run_id: ColumnElement[str] | str) -> ColumnElement[bool]:
    """The condition that nobody is connected or in the lobby, and nobody came, went or was about to since
    `moment`.

    A player that watches over WHEP is nobody: it would keep a meeting alive that everyone has left. Who is in
    a breakout is somebody.
    """
    rooms = runs.alias("rooms")
    breakouts = select(rooms.c.run_id).join(meetings, meetings.c.meeting_id == rooms.c.meeting_id)
    return ~(
        select(literal(1))
        .where(
            or_(
                participants.c.run_id == run_id,
                participants.c.run_id.in_(breakouts.where(meetings.c.parent_run_id == run_id)),
            ),
            or_(participants.c.stream_id.is_(None), participants.c.role != "observer"),
            or_(participants.c.state.in_(("connected", "waiting")), participants.c.changed_at >= moment),
        )
        .exists()
    )


async def list_runs_to_end(
    connection: AsyncConnection, *, empty_since: datetime, begun_before: datetime, limit: int
) -> list[tuple[str, str]]:
    """Return (run id, meeting id) of runs that look empty, or that go on too long.

    Breakouts end with their main room."""
    statement = (
        select(runs.c.run_id, runs.c.meeting_id)
        .join(meetings, meetings.c.meeting_id == runs.c.meeting_id)
        .where(
            meetings.c.parent_run_id.is_(None),
            runs.c.ended_at.is_(None),
            runs.c.started_at < empty_since,
            or_(runs.c.started_at < begun_before, _nobody_since(empty_since, runs.c.run_id)),
        )
        .order_by(runs.c.started_at)
        .limit(limit)
    )
    return [(row.run_id, row.meeting_id) for row in await connection.execute(statement)]


async def is_empty(connection: AsyncConnection, run_id: str, *, since: datetime) -> bool:
    """Tell, while the run is held, whether nobody has been connected since a moment."""
    statement = select(_nobody_since(since, run_id))
    empty: bool = (await connection.execute(statement)).scalar_one()
    return empty


async def delete_old_commands(connection: AsyncConnection, *, before: datetime) -> int:
    """Delete stored answers that no session can ask for again."""
    return (await connection.execute(delete(commands).where(commands.c.created_at < before))).rowcount


async def delete_old_events(connection: AsyncConnection, *, before: datetime) -> int:
    """Delete the durable events of runs that ended long ago; what they did stays."""
    ended = select(runs.c.run_id).where(runs.c.ended_at < before)
    return (await connection.execute(delete(events).where(events.c.run_id.in_(ended)))).rowcount
