"""Meetings and their members."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Label,
    Select,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.meeting.models import invitees, meetings, members, participants, runs, series
from meeting_system.meeting.rules import OVER, PRESENT, Reference


@dataclass(frozen=True)
class MeetingRow:
    """A meeting with what one account sees of it; `role` null: not a member."""

    meeting_id: str
    meeting_no: str
    room_id: str
    title: str
    description: str | None
    status: str
    host_name: str
    has_password: bool
    guests_allowed: bool
    locked: bool
    options: dict[str, Any]
    starts_at: datetime | None
    ends_at: datetime | None
    opens_at: datetime | None
    time_zone: str | None
    series_id: str | None
    recurrence: str | None
    changed_alone: bool
    version: int
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    role: str | None
    answer: str | None
    participant_count: int


@dataclass(frozen=True)
class PreviewRow:
    """What anyone may know of a meeting."""

    meeting_id: str
    meeting_no: str
    title: str
    host_name: str
    has_password: bool
    guests_allowed: bool
    status: str
    options: dict[str, Any]
    series_id: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    opens_at: datetime | None
    time_zone: str | None


_SHOWN = (
    meetings.c.meeting_id,
    meetings.c.meeting_no,
    meetings.c.room_id,
    meetings.c.title,
    meetings.c.description,
    meetings.c.status,
    meetings.c.host_name,
    meetings.c.password_hash.is_not(None).label("has_password"),
    meetings.c.guests_allowed,
    meetings.c.locked,
    meetings.c.options,
    meetings.c.starts_at,
    meetings.c.ends_at,
    meetings.c.opens_at,
    meetings.c.time_zone,
    meetings.c.series_id,
    series.c.rrule.label("recurrence"),
    meetings.c.changed_alone,
    meetings.c.version,
    meetings.c.created_at,
    meetings.c.started_at,
    meetings.c.ended_at,
)


_LISTED = meetings.c.parent_id.is_(None)
"""Breakouts are rooms of a meeting: no list shows them."""


USER = bindparam("user_id", type_=members.c.user_id.type)


@cache
def _seen() -> Select[*tuple[object, ...]]:
    """Select meetings with the role of one account and how many are in each: one statement, no N+1.

    Written once, for `USER`: to write it took longer than to read twenty meetings by it.
    """
    latest = (
        select(runs.c.run_id, runs.c.ended_at)
        .where(runs.c.meeting_id == meetings.c.meeting_id)
        .order_by(runs.c.run_id.desc())
        .limit(1)
        .lateral("latest")
    )
    took_part = or_(
        and_(latest.c.ended_at.is_(None), participants.c.state.in_(PRESENT)),
        and_(latest.c.ended_at.is_not(None), participants.c.connected_at.is_not(None)),
    )
    count = (
        select(func.count())
        .where(participants.c.run_id == latest.c.run_id, took_part)
        .scalar_subquery()
        .label("participant_count")
    )
    member = and_(members.c.meeting_id == meetings.c.meeting_id, members.c.user_id == USER)
    return select(*_SHOWN, members.c.role, _answer(), count).select_from(
        meetings.outerjoin(members, member)
        .outerjoin(series, series.c.series_id == meetings.c.series_id)
        .outerjoin(latest, true())
    )


def _answer() -> Label[str]:
    """The answer of an account to its invitation: to one meeting or to its series, never to both."""
    of = or_(invitees.c.meeting_id == meetings.c.meeting_id, invitees.c.series_id == meetings.c.series_id)
    return (
        select(invitees.c.answer)
        .where(invitees.c.user_id == USER, of)
        .limit(1)
        .scalar_subquery()
        .label("answer")
    )


async def find_meeting(connection: AsyncConnection, meeting_id: str, *, user_id: str) -> MeetingRow | None:
    statement = _seen().where(meetings.c.meeting_id == meeting_id)
    row = (await connection.execute(statement, {"user_id": user_id})).mappings().first()
    return None if row is None else MeetingRow(**row)


async def list_meetings(
    connection: AsyncConnection, user_id: str, *, before: str | None, limit: int
) -> list[MeetingRow]:
    """Return the meetings an account belongs to, newest first."""
    values = {"user_id": user_id, "most": limit} | ({} if before is None else {"before": before})
    found = await connection.execute(_newest(goes_on=before is not None), values)
    return [MeetingRow(**row) for row in found.mappings()]


@cache
def _newest(*, goes_on: bool) -> Select[*tuple[object, ...]]:
    """Select `most` meetings of `USER`, newest first, from `before` on where the list goes on."""
    statement = _seen().where(members.c.user_id == USER, _LISTED)
    statement = statement.order_by(members.c.meeting_id.desc()).limit(bindparam("most", type_=Integer()))
    before = bindparam("before", type_=members.c.meeting_id.type)
    return statement.where(members.c.meeting_id < before) if goes_on else statement


Place = tuple[datetime, str]
"""Where a page of a list in order of time goes on: the time and the id of the last meeting shown."""


async def list_upcoming(
    connection: AsyncConnection, user_id: str, *, after: Place | None, limit: int
) -> list[MeetingRow]:
    """Return the meetings of an account that are not over, the next first; an instant one is at its birth."""
    begins = func.coalesce(meetings.c.starts_at, meetings.c.created_at)
    statement = _seen().where(members.c.user_id == USER, meetings.c.status.not_in(OVER), _LISTED)
    if after is not None:
        statement = statement.where(tuple_(begins, meetings.c.meeting_id) > after)
    statement = statement.order_by(begins, meetings.c.meeting_id).limit(limit)
    found = await connection.execute(statement, {"user_id": user_id})
    return [MeetingRow(**row) for row in found.mappings()]


async def list_past(
    connection: AsyncConnection, user_id: str, *, after: Place | None, limit: int
) -> list[MeetingRow]:
    """Return the meetings of an account that took place, the latest first."""
    began = func.coalesce(meetings.c.started_at, meetings.c.created_at)
    statement = _seen().where(members.c.user_id == USER, meetings.c.status == "ended", _LISTED)
    if after is not None:
        statement = statement.where(tuple_(began, meetings.c.meeting_id) < after)
    statement = statement.order_by(began.desc(), meetings.c.meeting_id.desc()).limit(limit)
    found = await connection.execute(statement, {"user_id": user_id})
    return [MeetingRow(**row) for row in found.mappings()]


def named(reference: Reference) -> ColumnElement[bool]:
    """The condition for one meeting, or for all that ever had a number."""
    if reference.meeting_id is not None:
        return and_(meetings.c.meeting_id == reference.meeting_id, _LISTED)
    return and_(meetings.c.meeting_no == reference.meeting_no, _LISTED)


async def find_preview(
    connection: AsyncConnection, reference: Reference, *, now: datetime
) -> PreviewRow | None:
    """Return the meeting that a number or link stands for now.

    Of a number that was given out again, or that a series shares, it is the one that goes on, else the one
    not over whose start is nearest.
    """
    distance = func.abs(func.extract("epoch", meetings.c.starts_at - literal(now)))
    statement = (
        select(
            meetings.c.meeting_id,
            meetings.c.meeting_no,
            meetings.c.title,
            meetings.c.host_name,
            meetings.c.password_hash.is_not(None).label("has_password"),
            meetings.c.guests_allowed,
            meetings.c.status,
            meetings.c.options,
            meetings.c.series_id,
            meetings.c.starts_at,
            meetings.c.ends_at,
            meetings.c.opens_at,
            meetings.c.time_zone,
        )
        .where(named(reference))
        .order_by(meetings.c.ended_at.desc().nulls_first(), (meetings.c.status == "live").desc(), distance)
        .limit(1)
    )
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else PreviewRow(**row)


async def is_open(connection: AsyncConnection, meeting_id: str) -> bool:
    """Hold a meeting that is not over; False when it is."""
    statement = (
        select(literal(1))
        .where(meetings.c.meeting_id == meeting_id, meetings.c.status.not_in(OVER))
        .with_for_update()
    )
    return (await connection.execute(statement)).first() is not None


async def expire_unused(connection: AsyncConnection, *, created_before: datetime, now: datetime) -> int:
    """Let instant meetings that nobody ever started expire, so that their numbers come back."""
    statement = (
        update(meetings)
        .where(
            meetings.c.status == "scheduled",
            meetings.c.starts_at.is_(None),
            meetings.c.created_at < created_before,
        )
        .values(status="expired", ended_at=now)
    )
    return (await connection.execute(statement)).rowcount


async def end_unstarted(connection: AsyncConnection, meeting_id: str, *, now: datetime) -> bool:
    """End a meeting without a run; False when it has one by now, or is over."""
    statement = (
        update(meetings)
        .where(meetings.c.meeting_id == meeting_id, meetings.c.status.in_(("scheduled", "lobby_open")))
        .values(status="ended", ended_at=now)
        .returning(literal(1))
    )
    return (await connection.execute(statement)).first() is not None
