"""Calendars that people subscribe to, and what stands in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.meeting.models import feeds, invitees, meetings, members, series
from meeting_system.meeting.repository.schedule import EDITABLE, EditableRow, SeriesRow


async def set_feed(connection: AsyncConnection, user_id: str, token_hash: str, *, now: datetime) -> None:
    """Give the calendar of an account a new address; the old one holds no more."""
    values = {"token_hash": token_hash, "created_at": now}
    statement = upsert(feeds).values(user_id=user_id, **values)
    await connection.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_=values))


async def delete_feed(connection: AsyncConnection, user_id: str) -> None:
    await connection.execute(feeds.delete().where(feeds.c.user_id == user_id))


async def find_feed_time(connection: AsyncConnection, user_id: str) -> datetime | None:
    statement = select(feeds.c.created_at).where(feeds.c.user_id == user_id)
    created_at: datetime | None = (await connection.execute(statement)).scalar()
    return created_at


async def find_owner(connection: AsyncConnection, token_hash: str) -> str | None:
    statement = select(feeds.c.user_id).where(feeds.c.token_hash == token_hash)
    user_id: str | None = (await connection.execute(statement)).scalar()
    return user_id


async def list_series(connection: AsyncConnection, user_id: str, *, since: datetime) -> list[SeriesRow]:
    """Return the series that an account hosts or is invited to, but for those cancelled long ago."""
    invited = select(invitees.c.series_id).where(
        invitees.c.user_id == user_id, invitees.c.series_id.is_not(None)
    )
    statement = select(series).where(
        or_(series.c.host_id == user_id, series.c.series_id.in_(invited)), series.c.over_at.is_(None)
    )
    statement = statement.where(
        select(meetings.c.meeting_id)
        .where(meetings.c.series_id == series.c.series_id, meetings.c.ends_at > since)
        .exists()
    )
    return [SeriesRow(**row) for row in (await connection.execute(statement)).mappings()]


@dataclass(frozen=True)
class Window:
    """From when on meetings are shown, and how many at most."""

    since: datetime
    limit: int


async def list_single(
    connection: AsyncConnection, user_id: str, *, without: Sequence[str], window: Window
) -> list[EditableRow]:
    """Return the meetings with a time that an account belongs to, but for those of the series `without`."""
    statement = (
        select(*EDITABLE)
        .join_from(meetings, members)
        .where(
            members.c.user_id == user_id,
            meetings.c.ends_at > window.since,
            meetings.c.status.not_in(("cancelled", "expired")),
            or_(meetings.c.series_id.is_(None), meetings.c.series_id.not_in(list(without))),
        )
        .order_by(meetings.c.starts_at, meetings.c.meeting_id)
        .limit(window.limit)
    )
    return [EditableRow(**row) for row in (await connection.execute(statement)).mappings()]
