"""Who belongs to a room: owners change it and are co-hosts in it, members hold meetings in it."""

from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.contact import FindContacts
from meeting_system.contracts.permissions import check_account
from meeting_system.kernel.ids import is_id
from meeting_system.kernel.principal import Account
from meeting_system.meeting.context import Context
from meeting_system.meeting.errors import AccountNotFound, LastOwner, RoomMemberNotFound
from meeting_system.meeting.repository import rooms
from meeting_system.meeting.repository.rooms import RoomMemberRow, RoomRow
from meeting_system.meeting.rooms import find_mine, find_owned
from meeting_system.meeting.schedule_schemas import (
    NewRoomMember,
    RoomMember,
    RoomMemberChange,
    RoomMemberList,
)

_LOOK_UPS = 60
_WINDOW_S = 3600.0


async def list_members(context: Context, account: Account, room_id: str) -> RoomMemberList:
    """Return who belongs to a room, owners first. Error: room_not_found."""
    check_account(account, "room:read")
    async with context.ports.database.reading() as connection:
        await find_mine(connection, account, room_id)
        rows = await rooms.list_members(connection, room_id)
    return RoomMemberList(items=[_show(row) for row in rows])


async def add_member(context: Context, account: Account, room_id: str, sent: NewRoomMember) -> RoomMember:
    """Take an account into a room, by its address. Errors: room_not_found, forbidden, account_not_found,
    too_many (whose answer tells which addresses have accounts: nobody asks for hundreds)."""
    check_account(account, "room:update")
    async with context.ports.database.reading() as connection:
        await find_owned(connection, account, room_id)
    await context.ports.limiter.hit("room_members", account.user_id, limit=_LOOK_UPS, window_s=_WINDOW_S)
    found = await context.ports.bus.call(FindContacts(emails=[sent.email]))
    if not found.items:
        raise AccountNotFound("no account has this address: invite them to a meeting instead")
    contact = found.items[0]
    member = RoomMemberRow(contact.user_id, sent.role, contact.display_name, context.ports.clock.now())
    async with context.ports.database.transaction() as connection:
        await rooms.lock_room(connection, room_id)
        room = await find_owned(connection, account, room_id)
        if sent.role != "owner":
            await _keep_owner(connection, room, contact.user_id)
        await rooms.set_member(connection, room_id, member)
    return _show(member)


async def change_member(
    context: Context, account: Account, room_id: str, user_id: str, change: RoomMemberChange
) -> RoomMember:
    """Make a member an owner, or an owner a member. Errors: room_not_found, forbidden, room_member_not_found,
    last_owner."""
    check_account(account, "room:update")
    async with context.ports.database.transaction() as connection:
        room, member = await _hold(connection, account, room_id, user_id)
        await find_owned(connection, account, room_id)
        if change.role != "owner":
            await _keep_owner(connection, room, user_id)
        changed = RoomMemberRow(member.user_id, change.role, member.display_name, member.created_at)
        await rooms.set_member(connection, room_id, changed)
    return _show(changed)


async def remove_member(context: Context, account: Account, room_id: str, user_id: str) -> None:
    """Take somebody out of a room; members may leave by themselves. Errors: room_not_found, forbidden,
    room_member_not_found, last_owner."""
    check_account(account, "room:update")
    async with context.ports.database.transaction() as connection:
        room, _ = await _hold(connection, account, room_id, user_id)
        await _keep_owner(connection, room, user_id)
        await rooms.delete_member(connection, room_id, user_id)


async def _hold(
    connection: AsyncConnection, account: Account, room_id: str, user_id: str
) -> tuple[RoomRow, RoomMemberRow]:
    """Return a room that nobody else changes until the commit, and one of its members."""
    if is_id(room_id):
        await rooms.lock_room(connection, room_id)
    if user_id == account.user_id:
        room, _ = await find_mine(connection, account, room_id)
    else:
        room = await find_owned(connection, account, room_id)
    members = await rooms.list_members(connection, room_id)
    member = next((row for row in members if row.user_id == user_id), None)
    if member is None:
        raise RoomMemberNotFound("this account does not belong to the room")
    return room, member


async def _keep_owner(connection: AsyncConnection, room: RoomRow, user_id: str) -> None:
    """Raise LastOwner where `user_id` can't stop being an owner. The first owner hands the room on."""
    owners = await rooms.list_owner_ids(connection, room.room_id)
    if user_id not in owners:
        return
    if room.personal and user_id == room.owner_id:
        raise LastOwner("a personal room stays with the one it is of")
    others = [owner for owner in owners if owner != user_id]
    if not others:
        raise LastOwner("this is the last owner of the room: make somebody else an owner first")
    if user_id == room.owner_id:
        await rooms.hand_on(connection, room.room_id, others[0])


def _show(row: RoomMemberRow) -> RoomMember:
    return RoomMember(
        user_id=row.user_id, display_name=row.display_name, role=row.role, created_at=row.created_at
    )
