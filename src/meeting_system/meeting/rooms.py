"""The personal room of every account: made at registration, or with the first meeting, whichever is first."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.permissions import check_account
from meeting_system.kernel.errors import Conflict
from meeting_system.kernel.ids import new_id
from meeting_system.kernel.principal import Account
from meeting_system.kit.row_version import check_row, note_row
from meeting_system.meeting import models as tables
from meeting_system.meeting import rules
from meeting_system.meeting.context import Context
from meeting_system.meeting.repository import rooms
from meeting_system.meeting.repository.rooms import RoomRow
from meeting_system.meeting.schemas import Room, RoomChange

_TRIES = 5


async def open_room(
    connection: AsyncConnection, owner_id: str, display_name: str, *, now: datetime
) -> RoomRow:
    """Return the personal room of an account; made if there is none."""
    for _ in range(_TRIES):
        found = await rooms.find_personal_room(connection, owner_id)
        if found is not None:
            return found
        room = RoomRow(
            room_id=new_id(now.timestamp()),
            owner_id=owner_id,
            personal=True,
            slug=rules.new_slug(),
            display_name=display_name,
            guests_allowed=True,
            created_at=now,
            updated_at=now,
        )
        if await rooms.insert_room(connection, room):
            return room
    raise Conflict("your room is being made: try again")


async def open_personal_room(context: Context, user_id: str, display_name: str) -> None:
    """Make the personal room of a new account; one that exists stays."""
    async with context.ports.database.transaction() as connection:
        await open_room(connection, user_id, display_name, now=context.ports.clock.now())


async def get_my_room(context: Context, account: Account) -> Room:
    """Return the caller's personal room."""
    check_account(account, "room:read")
    async with context.ports.database.transaction() as connection:
        row = await open_room(
            connection, account.user_id, account.display_name, now=context.ports.clock.now()
        )
        await note_row(connection, tables.rooms, row.room_id)
    return Room.model_validate(row)


async def update_my_room(context: Context, account: Account, change: RoomChange) -> Room:
    """Change what was sent of the caller's personal room (JSON merge patch)."""
    check_account(account, "room:update")
    now = context.ports.clock.now()
    async with context.ports.database.transaction() as connection:
        room = await open_room(connection, account.user_id, account.display_name, now=now)
        row: RoomRow | None = room
        await check_row(connection, tables.rooms, room.room_id)
        changes = change.model_dump(include=change.model_fields_set)
        if changes:
            row = await rooms.update_room(connection, room.room_id, changes, now=now)
        await note_row(connection, tables.rooms, room.room_id)
    return Room.model_validate(row)
