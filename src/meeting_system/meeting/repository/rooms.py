"""Personal rooms."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.meeting.models import rooms


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


def _room(row: RowMapping | None) -> RoomRow | None:
    return None if row is None else RoomRow(**row)


async def insert_room(connection: AsyncConnection, room: RoomRow) -> bool:
    """Add a personal room; False when its owner has one already or the slug is taken."""
    statement = upsert(rooms).values(**vars(room)).on_conflict_do_nothing().returning(rooms.c.room_id)
    return (await connection.execute(statement)).first() is not None


async def find_personal_room(connection: AsyncConnection, owner_id: str) -> RoomRow | None:
    statement = select(rooms).where(rooms.c.owner_id == owner_id, rooms.c.personal)
    return _room((await connection.execute(statement)).mappings().first())


async def update_room(
    connection: AsyncConnection, room_id: str, changes: dict[str, object], *, now: datetime
) -> RoomRow | None:
    statement = (
        update(rooms).where(rooms.c.room_id == room_id).values(**changes, updated_at=now).returning(*rooms.c)
    )
    return _room((await connection.execute(statement)).mappings().first())
