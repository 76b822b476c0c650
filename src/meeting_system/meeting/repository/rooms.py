"""Rooms and who belongs to them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.meeting.models import meetings, room_members, rooms


@dataclass(frozen=True)
class RoomRow:
    """A row of `rooms`."""

    room_id: str
    owner_id: str
    personal: bool
    slug: str
    display_name: str
    guests_allowed: bool
    created_at: datetime
    updated_at: datetime
    options: dict[str, Any]
    password_hash: str | None
    version: int
    closed_at: datetime | None


@dataclass(frozen=True)
class RoomMemberRow:
    """An account that belongs to a room."""

    user_id: str
    role: str
    display_name: str
    created_at: datetime


def _room(row: RowMapping | None) -> RoomRow | None:
    return None if row is None else RoomRow(**row)


async def insert_room(connection: AsyncConnection, room: RoomRow, *, owner_name: str) -> bool:
    """Add a room and its owner; False when the personal one exists already, or the slug is taken."""
    statement = upsert(rooms).values(**vars(room)).on_conflict_do_nothing().returning(rooms.c.room_id)
    if (await connection.execute(statement)).first() is None:
        return False
    owner = RoomMemberRow(room.owner_id, "owner", owner_name, room.created_at)
    await set_member(connection, room.room_id, owner)
    return True


async def find_personal_room(connection: AsyncConnection, owner_id: str) -> RoomRow | None:
    statement = select(rooms).where(rooms.c.owner_id == owner_id, rooms.c.personal)
    return _room((await connection.execute(statement)).mappings().first())


def _with_role(user_id: str) -> Select[Any]:
    member = (room_members.c.room_id == rooms.c.room_id) & (room_members.c.user_id == user_id)
    return (
        select(rooms, room_members.c.role.label("member_role"))
        .select_from(rooms.outerjoin(room_members, member))
        .where(rooms.c.closed_at.is_(None))
    )


def _split(row: RowMapping) -> tuple[RoomRow, str | None]:
    values = dict(row)
    role: str | None = values.pop("member_role")
    return RoomRow(**values), role


async def find_room(
    connection: AsyncConnection, room_id: str, *, user_id: str
) -> tuple[RoomRow, str | None] | None:
    """Return a room and what an account is in it: `owner`, `member` or None."""
    statement = _with_role(user_id).where(rooms.c.room_id == room_id)
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else _split(row)


async def lock_room(connection: AsyncConnection, room_id: str) -> None:
    """Hold a room until the commit."""
    await connection.execute(select(rooms.c.room_id).where(rooms.c.room_id == room_id).with_for_update())


async def list_rooms(connection: AsyncConnection, user_id: str) -> list[tuple[RoomRow, str | None]]:
    """Return the rooms that an account belongs to, its personal one first."""
    statement = _with_role(user_id).where(room_members.c.user_id == user_id)
    own = rooms.c.personal & (rooms.c.owner_id == user_id)
    statement = statement.order_by(own.desc(), rooms.c.display_name, rooms.c.room_id)
    return [_split(row) for row in (await connection.execute(statement)).mappings()]


async def count_owned(connection: AsyncConnection, user_id: str) -> int:
    statement = (
        select(func.count())
        .select_from(rooms)
        .where(rooms.c.owner_id == user_id, rooms.c.closed_at.is_(None))
    )
    return int((await connection.execute(statement)).scalar_one())


async def update_room(
    connection: AsyncConnection, room_id: str, changes: dict[str, object], *, now: datetime
) -> RoomRow | None:
    statement = (
        update(rooms)
        .where(rooms.c.room_id == room_id)
        .values(**changes, updated_at=now, version=rooms.c.version + 1)
        .returning(*rooms.c)
    )
    return _room((await connection.execute(statement)).mappings().first())


@dataclass(frozen=True)
class RoomPreviewRow:
    """What anyone with the link may know."""

    slug: str
    display_name: str
    meeting_no: str | None


async def find_by_slug(connection: AsyncConnection, slug: str) -> RoomPreviewRow | None:
    """Return a room and the number of its meeting that one can go to now."""
    statement = select(rooms.c.slug, rooms.c.display_name, _present().label("meeting_no")).where(
        rooms.c.slug == slug, rooms.c.closed_at.is_(None)
    )
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else RoomPreviewRow(**row)


def _present() -> Any:
    """The number of the meeting of a room that goes on, or else of one that others may come to."""
    return (
        select(meetings.c.meeting_no)
        .where(
            meetings.c.room_id == rooms.c.room_id,
            or_(
                meetings.c.status.in_(("live", "lobby_open")),
                (meetings.c.status == "scheduled") & meetings.c.starts_at.is_(None),
            ),
        )
        .order_by((meetings.c.status == "live").desc(), meetings.c.meeting_id.desc())
        .limit(1)
        .scalar_subquery()
    )


async def find_present_meeting(connection: AsyncConnection, room_id: str) -> str | None:
    """Return the id of an instant meeting of a room that is not over."""
    statement = (
        select(meetings.c.meeting_id)
        .where(
            meetings.c.room_id == room_id,
            meetings.c.starts_at.is_(None),
            meetings.c.status.in_(("scheduled", "live")),
        )
        .order_by((meetings.c.status == "live").desc(), meetings.c.meeting_id.desc())
        .limit(1)
    )
    found: str | None = (await connection.execute(statement)).scalar()
    return found


async def has_open_meetings(connection: AsyncConnection, room_id: str) -> bool:
    statement = (
        select(meetings.c.meeting_id)
        .where(meetings.c.room_id == room_id, meetings.c.status.in_(("scheduled", "lobby_open", "live")))
        .limit(1)
    )
    return (await connection.execute(statement)).first() is not None


async def list_members(connection: AsyncConnection, room_id: str) -> list[RoomMemberRow]:
    """Return who belongs to a room, owners first."""
    statement = (
        select(
            room_members.c.user_id,
            room_members.c.role,
            room_members.c.display_name,
            room_members.c.created_at,
        )
        .where(room_members.c.room_id == room_id)
        .order_by(room_members.c.role.desc(), room_members.c.created_at, room_members.c.user_id)
    )
    return [RoomMemberRow(**row) for row in (await connection.execute(statement)).mappings()]


async def list_owner_ids(connection: AsyncConnection, room_id: str) -> list[str]:
    statement = select(room_members.c.user_id).where(
        room_members.c.room_id == room_id, room_members.c.role == "owner"
    )
    return [row.user_id for row in await connection.execute(statement)]


async def set_member(connection: AsyncConnection, room_id: str, member: RoomMemberRow) -> None:
    """Add a member, or change their role."""
    statement = upsert(room_members).values(room_id=room_id, **vars(member))
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["room_id", "user_id"], set_={"role": statement.excluded.role}
        )
    )


async def delete_member(connection: AsyncConnection, room_id: str, user_id: str) -> None:
    await connection.execute(
        delete(room_members).where(room_members.c.room_id == room_id, room_members.c.user_id == user_id)
    )


async def hand_on(connection: AsyncConnection, room_id: str, owner_id: str) -> None:
    """Make another owner the one whose room it is."""
    await connection.execute(update(rooms).where(rooms.c.room_id == room_id).values(owner_id=owner_id))
