"""Scheduled meetings and the series they belong to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, exists, func, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.meeting.models import meetings, rooms, runs, series
from meeting_system.meeting.rules import OVER

NOT_BEGUN = ("scheduled", "lobby_open")
FOR_EVER = datetime.fromisoformat("9999-01-01T00:00:00+00:00")
"""`made_until` of a series whose every meeting is written."""


@dataclass(frozen=True)
class PlannedRow:
    """What a series has in common with its meetings."""

    room_id: str
    host_id: str
    host_name: str
    host_email: str | None
    host_locale: str | None
    meeting_no: str
    title: str
    description: str | None
    password_hash: str | None
    guests_allowed: bool
    options: dict[str, Any]

    def planned(self) -> dict[str, Any]:
        """Return only that, as columns."""
        return {name: getattr(self, name) for name in PlannedRow.__dataclass_fields__}


@dataclass(frozen=True)
class SeriesRow(PlannedRow):
    """A row of `series`."""

    series_id: str
    continues_id: str | None
    time_zone: str
    starts_local: datetime
    duration_min: int
    rrule: str
    sequence: int
    made_until: datetime
    created_at: datetime
    updated_at: datetime
    over_at: datetime | None


@dataclass(frozen=True)
class EditableRow(PlannedRow):
    """A meeting with all that can be changed of it."""

    meeting_id: str
    status: str
    series_id: str | None
    recurrence_id: datetime | None
    starts_at: datetime | None
    ends_at: datetime | None
    opens_at: datetime | None
    ended_at: datetime | None
    time_zone: str | None
    sequence: int
    version: int
    changed_alone: bool
    created_at: datetime


EDITABLE = tuple(meetings.c[name] for name in EditableRow.__dataclass_fields__)
"""The columns of an EditableRow."""


async def insert_series(connection: AsyncConnection, row: SeriesRow) -> bool:
    """Add a series; False when its number belongs to another series or meeting."""
    taken = select(literal(1)).where(
        meetings.c.meeting_no == row.meeting_no,
        meetings.c.status.not_in(OVER),
        meetings.c.series_id.is_(None),
    )
    if row.continues_id is None and (await connection.execute(taken)).first() is not None:
        return False
    statement = upsert(series).values(**vars(row)).on_conflict_do_nothing().returning(series.c.series_id)
    return (await connection.execute(statement)).first() is not None


async def lock_series(connection: AsyncConnection, series_id: str) -> SeriesRow:
    """Hold a series until the commit: it is changed by one at a time."""
    statement = select(series).where(series.c.series_id == series_id).with_for_update()
    return SeriesRow(**(await connection.execute(statement)).mappings().one())


async def find_series(connection: AsyncConnection, series_id: str) -> SeriesRow:
    statement = select(series).where(series.c.series_id == series_id)
    return SeriesRow(**(await connection.execute(statement)).mappings().one())


async def update_series(
    connection: AsyncConnection, row: SeriesRow, changes: dict[str, Any], *, now: datetime
) -> SeriesRow:
    """Change a series that this transaction holds."""
    changes = changes | {"updated_at": now}
    await connection.execute(update(series).where(series.c.series_id == row.series_id).values(**changes))
    return replace(row, **changes)


async def list_series_to_extend(
    connection: AsyncConnection, *, made_before: datetime, limit: int
) -> list[SeriesRow]:
    """Return series whose next meetings are to be written, held; not those that another process has."""
    statement = (
        select(series)
        .where(series.c.over_at.is_(None), series.c.made_until < made_before)
        .order_by(series.c.made_until)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [SeriesRow(**row) for row in (await connection.execute(statement)).mappings()]


async def insert_occurrences(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> list[str]:
    """Add the meetings of a series that are not there yet; return the ids of those added."""
    if not rows:
        return []
    statement = upsert(meetings).values(list(rows)).on_conflict_do_nothing().returning(meetings.c.meeting_id)
    return [row.meeting_id for row in await connection.execute(statement)]


_ADD_MEMBERS = text(
    """
    INSERT INTO meetings.members (meeting_id, user_id, role, created_at)
    SELECT m, u, r, :now
      FROM unnest(CAST(:meeting_ids AS uuid[])) AS m,
           unnest(CAST(:user_ids AS uuid[]), CAST(:roles AS text[])) AS people (u, r)
    ON CONFLICT DO NOTHING
    """
)


async def insert_members(
    connection: AsyncConnection, meeting_ids: Sequence[str], people: dict[str, str], *, now: datetime
) -> None:
    """Make accounts (user id to role) members of meetings; who is one stays what they are."""
    if meeting_ids and people:
        values = {
            "meeting_ids": list(meeting_ids),
            "user_ids": list(people),
            "roles": list(people.values()),
            "now": now,
        }
        await connection.execute(_ADD_MEMBERS, values)


async def find_meeting(connection: AsyncConnection, meeting_id: str) -> EditableRow:
    """Return a meeting that is known to exist."""
    statement = select(*EDITABLE).where(meetings.c.meeting_id == meeting_id)
    return EditableRow(**(await connection.execute(statement)).mappings().one())


async def lock_meeting(connection: AsyncConnection, meeting_id: str) -> EditableRow:
    """Hold a meeting that is known to exist."""
    statement = select(*EDITABLE).where(meetings.c.meeting_id == meeting_id).with_for_update()
    return EditableRow(**(await connection.execute(statement)).mappings().one())


async def update_meeting(
    connection: AsyncConnection, row: EditableRow, changes: dict[str, Any]
) -> EditableRow:
    """Change a meeting that this transaction holds; its version grows."""
    changes = changes | {"version": row.version + 1}
    await connection.execute(
        update(meetings).where(meetings.c.meeting_id == row.meeting_id).values(**changes)
    )
    return replace(row, **changes)


async def update_coming(connection: AsyncConnection, series_id: str, changes: dict[str, Any]) -> None:
    """Change what is not over of a series, except for what was changed alone."""
    await connection.execute(
        update(meetings)
        .where(
            meetings.c.series_id == series_id,
            meetings.c.status.not_in(OVER),
            meetings.c.changed_alone.is_(False),
        )
        .values(**changes, version=meetings.c.version + 1)
    )


@dataclass(frozen=True)
class PlannedId:
    """What is to come: a meeting, or a series with the first of its meetings that are."""

    series_id: str | None
    meeting_id: str


async def list_planned(connection: AsyncConnection, owner_id: str) -> list[PlannedId]:
    """Return what has not begun of the meetings that an account hosts, or that are in its rooms."""
    own_rooms = select(rooms.c.room_id).where(rooms.c.owner_id == owner_id)
    planned = func.coalesce(meetings.c.series_id, meetings.c.meeting_id)
    statement = (
        select(meetings.c.series_id, meetings.c.meeting_id)
        .ext(distinct_on(planned))
        .where(
            or_(meetings.c.host_id == owner_id, meetings.c.room_id.in_(own_rooms)),
            meetings.c.status.in_(NOT_BEGUN),
            meetings.c.starts_at.is_not(None),
        )
        .order_by(planned, meetings.c.starts_at)
    )
    return [PlannedId(*row) for row in await connection.execute(statement)]


def _coming(series_id: str, since: datetime | None) -> Any:
    condition = and_(meetings.c.series_id == series_id, meetings.c.status.in_(NOT_BEGUN))
    return condition if since is None else and_(condition, meetings.c.recurrence_id >= since)


async def cancel_coming(
    connection: AsyncConnection, series_id: str, *, since: datetime | None, now: datetime
) -> None:
    """Cancel what has not begun of a series, from an occurrence on."""
    await connection.execute(
        update(meetings)
        .where(_coming(series_id, since))
        .values(status="cancelled", ended_at=now, version=meetings.c.version + 1)
    )


async def replace_coming(
    connection: AsyncConnection, series_id: str, *, since: datetime | None, now: datetime
) -> None:
    """Make room for the meetings of a changed rule: delete what has not begun, and end what somebody was in
    before its time, since their stay belongs to it."""
    tried = exists().where(runs.c.meeting_id == meetings.c.meeting_id)
    await connection.execute(
        update(meetings)
        .where(_coming(series_id, since), tried)
        .values(status="ended", ended_at=now, recurrence_id=None)
    )
    await connection.execute(delete(meetings).where(_coming(series_id, since)))
    # What was cancelled or is over stays, out of the way of the new rule's days.
    gone = and_(meetings.c.series_id == series_id, meetings.c.status == "cancelled")
    if since is not None:
        gone = and_(gone, meetings.c.recurrence_id >= since)
    await connection.execute(update(meetings).where(gone).values(recurrence_id=None))


async def find_first_coming(connection: AsyncConnection, series_id: str) -> datetime | None:
    """Return the day in the rule of the earliest meeting of a series that has not begun."""
    statement = select(func.min(meetings.c.recurrence_id)).where(_coming(series_id, None))
    first: datetime | None = (await connection.execute(statement)).scalar()
    return first


async def has_begun(connection: AsyncConnection, series_id: str, *, before: datetime) -> bool:
    """Tell whether the series had or has meetings before an occurrence."""
    statement = (
        select(literal(1))
        .where(meetings.c.series_id == series_id, meetings.c.recurrence_id < before)
        .limit(1)
    )
    return (await connection.execute(statement)).first() is not None


@dataclass(frozen=True)
class ExceptionRow:
    """An occurrence that is not as the rule says: cancelled, or changed alone."""

    recurrence_id: datetime
    status: str
    starts_at: datetime
    ends_at: datetime
    title: str
    description: str | None
    sequence: int


async def list_exceptions(
    connection: AsyncConnection, series_ids: Sequence[str]
) -> dict[str, list[ExceptionRow]]:
    """Return the exceptions of several series by series, in order of time."""
    names = tuple(ExceptionRow.__dataclass_fields__)
    statement = (
        select(meetings.c.series_id, *(meetings.c[name] for name in names))
        .where(
            meetings.c.series_id.in_(series_ids),
            meetings.c.recurrence_id.is_not(None),
            (meetings.c.status == "cancelled") | meetings.c.changed_alone,
        )
        .order_by(meetings.c.recurrence_id)
    )
    found: dict[str, list[ExceptionRow]] = {series_id: [] for series_id in series_ids}
    for row in (await connection.execute(statement)).mappings():
        found[row["series_id"]].append(ExceptionRow(**{name: row[name] for name in names}))
    return found


async def open_due(connection: AsyncConnection, *, now: datetime) -> int:
    """Let others in from the moment that was set for it; return how many meetings opened."""
    statement = (
        update(meetings)
        .where(meetings.c.status == "scheduled", meetings.c.opens_at <= now)
        .values(status="lobby_open")
    )
    return (await connection.execute(statement)).rowcount


async def expire_missed(connection: AsyncConnection, *, ended_before: datetime, now: datetime) -> int:
    """Let scheduled meetings expire that nobody came to; return how many."""
    statement = (
        update(meetings)
        .where(meetings.c.status.in_(NOT_BEGUN), meetings.c.ends_at < ended_before)
        .values(status="expired", ended_at=now)
    )
    return (await connection.execute(statement)).rowcount


async def insert_one(connection: AsyncConnection, values: dict[str, Any]) -> bool:
    """Add a meeting; False when its number belongs to another meeting now."""
    statement = upsert(meetings).values(**values).on_conflict_do_nothing().returning(meetings.c.meeting_id)
    return (await connection.execute(statement)).first() is not None


async def list_open_ids(connection: AsyncConnection, series_id: str) -> list[str]:
    """Return the meetings of a series that are not over."""
    statement = select(meetings.c.meeting_id).where(
        meetings.c.series_id == series_id, meetings.c.status.not_in(OVER)
    )
    return [row.meeting_id for row in await connection.execute(statement)]


@dataclass(frozen=True)
class InvitedRow:
    """What somebody invited sees of a meeting."""

    title: str
    description: str | None
    host_name: str
    status: str
    starts_at: datetime | None
    ends_at: datetime | None
    time_zone: str | None
    recurrence: str | None
    meeting_no: str


async def find_invited(
    connection: AsyncConnection, series_id: str | None, meeting_id: str | None, *, now: datetime
) -> InvitedRow | None:
    """Return the meeting of an invitation; of a series the one not over that is next, else the last."""
    of = meetings.c.series_id == series_id if series_id is not None else meetings.c.meeting_id == meeting_id
    statement = (
        select(
            meetings.c.title,
            meetings.c.description,
            meetings.c.host_name,
            meetings.c.status,
            meetings.c.starts_at,
            meetings.c.ends_at,
            meetings.c.time_zone,
            series.c.rrule.label("recurrence"),
            meetings.c.meeting_no,
        )
        .select_from(meetings.outerjoin(series, series.c.series_id == meetings.c.series_id))
        .where(of)
        .order_by(
            meetings.c.status.in_(OVER),
            func.abs(func.extract("epoch", meetings.c.starts_at - literal(now))),
        )
        .limit(1)
    )
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else InvitedRow(**row)


async def set_opening(connection: AsyncConnection, series_id: str, opens_min: int) -> None:
    """Set from when on others than hosts may come, for what has not begun and was not changed alone."""
    await connection.execute(
        update(meetings)
        .where(_coming(series_id, None), meetings.c.changed_alone.is_(False))
        .values(opens_at=meetings.c.starts_at - func.make_interval(0, 0, 0, 0, 0, opens_min))
    )


async def find_host_id(connection: AsyncConnection, meeting_id: str) -> str:
    """Return the host of a meeting that is known to exist."""
    statement = select(meetings.c.host_id).where(meetings.c.meeting_id == meeting_id)
    host_id: str = (await connection.execute(statement)).scalar_one()
    return host_id
