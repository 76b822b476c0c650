"""Rooms: the personal one of every account, made at registration or with the first meeting, and others.

What a room has is what its next meetings begin with.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.meeting_options import MeetingOptions
from meeting_system.contracts.permissions import check_account, may
from meeting_system.kernel.errors import Conflict, Forbidden
from meeting_system.kernel.ids import is_id, new_id
from meeting_system.kernel.principal import Account
from meeting_system.kit.exchange import check_version, note_version
from meeting_system.meeting import guesses, rules
from meeting_system.meeting.context import Context
from meeting_system.meeting.errors import RoomInUse, RoomNotFound, TooManyRooms
from meeting_system.meeting.repository import rooms
from meeting_system.meeting.repository.rooms import RoomRow
from meeting_system.meeting.schedule_schemas import NewRoom, RoomList, RoomPreview
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
        room = _new_room(owner_id, display_name, personal=True, now=now)
        if await rooms.insert_room(connection, room, owner_name=display_name):
            return room
    raise Conflict("your room is being made: try again")


async def open_personal_room(context: Context, user_id: str, display_name: str) -> None:
    """Make the personal room of a new account; one that exists stays."""
    async with context.ports.database.transaction() as connection:
        await open_room(connection, user_id, display_name, now=context.ports.clock.now())


async def use_room(connection: AsyncConnection, account: Account, room_id: str) -> RoomRow:
    """Return a room that the caller may hold meetings in. Error: room_not_found."""
    room, _ = await find_mine(connection, account, room_id)
    return room


async def find_mine(connection: AsyncConnection, account: Account, room_id: str) -> tuple[RoomRow, str]:
    """Return a room and what the caller is in it; moderators of the installation are owners everywhere.
    Error: room_not_found, for strangers too: they don't learn that it exists."""
    found = await rooms.find_room(connection, room_id, user_id=account.user_id) if is_id(room_id) else None
    if found is not None:
        room, role = found
        if role is not None:
            return room, role
        if may(account, "meeting:moderate"):
            return room, "owner"
    raise RoomNotFound("there is no such room, or you don't belong to it")


async def find_owned(connection: AsyncConnection, account: Account, room_id: str) -> RoomRow:
    """Return a room that the caller owns. Errors: room_not_found, forbidden."""
    room, role = await find_mine(connection, account, room_id)
    if role != "owner":
        raise Forbidden("only owners of a room may change it")
    return room


async def list_rooms(context: Context, account: Account, *, base_url: str) -> RoomList:
    """Return the rooms that the caller belongs to, the personal one first."""
    check_account(account, "room:read")
    now = context.ports.clock.now()
    async with context.ports.database.transaction() as connection:
        await open_room(connection, account.user_id, account.display_name, now=now)
        rows = await rooms.list_rooms(connection, account.user_id)
    return RoomList(items=[show_room(row, role or "member", base_url) for row, role in rows])


async def create_room(context: Context, account: Account, sent: NewRoom, *, base_url: str) -> Room:
    """Make a room beside the personal one. Error: too_many_rooms."""
    check_account(account, "room:create")
    password_hash = await context.passwords.hash(sent.password) if sent.password else None
    now = context.ports.clock.now()
    async with context.ports.database.transaction() as connection:
        if await rooms.count_owned(connection, account.user_id) >= context.settings.rooms:
            raise TooManyRooms(f"an account may have {context.settings.rooms} rooms: close one first")
        for _ in range(_TRIES):
            room = _new_room(account.user_id, sent.display_name, personal=False, now=now, sent=sent)
            if password_hash is not None:
                room = RoomRow(**vars(room) | {"password_hash": password_hash})
            if await rooms.insert_room(connection, room, owner_name=account.display_name):
                return show_room(room, "owner", base_url)
    raise Conflict("no free link was found: try again")


async def get_my_room(context: Context, account: Account, *, base_url: str) -> Room:
    """Return the caller's personal room."""
    check_account(account, "room:read")
    async with context.ports.database.transaction() as connection:
        row = await open_room(
            connection, account.user_id, account.display_name, now=context.ports.clock.now()
        )
        note_version(str(row.version))
    return show_room(row, "owner", base_url)


async def get_room(context: Context, account: Account, room_id: str, *, base_url: str) -> Room:
    """Return a room to who belongs to it. Error: room_not_found."""
    check_account(account, "room:read")
    async with context.ports.database.reading() as connection:
        row, role = await find_mine(connection, account, room_id)
    note_version(str(row.version))
    return show_room(row, role, base_url)


async def update_my_room(context: Context, account: Account, change: RoomChange, *, base_url: str) -> Room:
    """Change what was sent of the caller's personal room (JSON merge patch)."""
    check_account(account, "room:update")
    async with context.ports.database.transaction() as connection:
        row = await open_room(
            connection, account.user_id, account.display_name, now=context.ports.clock.now()
        )
    return await update_room(context, account, row.room_id, change, base_url=base_url)


async def update_room(
    context: Context, account: Account, room_id: str, change: RoomChange, *, base_url: str
) -> Room:
    """Change what was sent of a room; meetings that are planned already stay as they are. Errors:
    room_not_found, forbidden."""
    check_account(account, "room:update")
    changes: dict[str, object] = change.model_dump(
        include=change.model_fields_set & {"display_name", "guests_allowed"}
    )
    if "password" in change.model_fields_set:
        changes["password_hash"] = await context.passwords.hash(change.password) if change.password else None
    async with context.ports.database.transaction() as connection:
        if is_id(room_id):
            await rooms.lock_room(connection, room_id)
        row: RoomRow | None = await find_owned(connection, account, room_id)
        assert row is not None
        check_version(str(row.version))
        if change.options is not None:
            changes["options"] = row.options | change.options.sent()
        if changes:
            row = await rooms.update_room(connection, room_id, changes, now=context.ports.clock.now())
        assert row is not None
    note_version(str(row.version))
    return show_room(row, "owner", base_url)


async def close_room(context: Context, account: Account, room_id: str) -> None:
    """Close a room for good: its link leads nowhere, its past stays. Errors: room_not_found, forbidden,
    room_in_use."""
    check_account(account, "room:update")
    now = context.ports.clock.now()
    async with context.ports.database.transaction() as connection:
        if is_id(room_id):
            await rooms.lock_room(connection, room_id)
        row = await find_owned(connection, account, room_id)
        if row.personal:
            raise RoomInUse("a personal room can't be closed")
        if await rooms.has_open_meetings(connection, room_id):
            raise RoomInUse("this room has meetings that are not over: cancel or end them first")
        await rooms.update_room(connection, room_id, {"closed_at": now}, now=now)


async def preview_room(context: Context, slug: str, *, address: str) -> RoomPreview:
    """Return what anyone with a room's link may know. Errors: room_not_found, too_many."""
    await guesses.check_number(context, address)
    async with context.ports.database.reading() as connection:
        row = await rooms.find_by_slug(connection, slug)
    if row is None:
        await guesses.count_number(context, address)
        raise RoomNotFound("no room has this link")
    return RoomPreview(**vars(row))


def show_room(row: RoomRow, role: str, base_url: str) -> Room:
    """Return a room as who belongs to it sees it."""
    return Room(
        room_id=row.room_id,
        slug=row.slug,
        link=f"{base_url}/r/{row.slug}",
        display_name=row.display_name,
        personal=row.personal,
        role=role,
        guests_allowed=row.guests_allowed,
        has_password=row.password_hash is not None,
        options=MeetingOptions.model_validate(row.options),
        created_at=row.created_at,
    )


def _new_room(
    owner_id: str, display_name: str, *, personal: bool, now: datetime, sent: NewRoom | None = None
) -> RoomRow:
    return RoomRow(
        room_id=new_id(now.timestamp()),
        owner_id=owner_id,
        personal=personal,
        slug=rules.new_slug(),
        display_name=display_name,
        guests_allowed=sent.guests_allowed if sent else True,
        created_at=now,
        updated_at=now,
        options=sent.options.sent() if sent and sent.options else {},
        password_hash=None,
        version=1,
        closed_at=None,
    )
