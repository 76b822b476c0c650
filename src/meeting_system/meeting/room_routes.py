"""HTTP: /api/v1/rooms"""

from collections.abc import Sequence

from fastapi import APIRouter, Request
from starlette.routing import BaseRoute

from meeting_system.kit.auth import require_account
from meeting_system.kit.http import client_address
from meeting_system.meeting import creation, listing, room_members, rooms
from meeting_system.meeting.context import Context
from meeting_system.meeting.request_parts import base_url
from meeting_system.meeting.schedule_schemas import (
    NewRoom,
    NewRoomMember,
    RoomList,
    RoomMember,
    RoomMemberChange,
    RoomMemberList,
    RoomPreview,
)
from meeting_system.meeting.schemas import Meeting, Room, RoomChange


def create_room_routes(context: Context) -> Sequence[BaseRoute]:
    """Return the routes of rooms and of who belongs to them."""
    return [*_room_routes(context), *_member_routes(context)]


def _room_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix="/api/v1/rooms", tags=["rooms"])

    @router.get("")
    async def list_rooms(request: Request) -> RoomList:
        account = await require_account(request)
        return await rooms.list_rooms(context, account, base_url=base_url(context, request))

    @router.post("", status_code=201)
    async def create_room(sent: NewRoom, request: Request) -> Room:
        account = await require_account(request)
        return await rooms.create_room(context, account, sent, base_url=base_url(context, request))

    @router.get("/mine")
    async def get_my_room(request: Request) -> Room:
        account = await require_account(request)
        return await rooms.get_my_room(context, account, base_url=base_url(context, request))

    @router.patch("/mine")
    async def update_my_room(change: RoomChange, request: Request) -> Room:
        account = await require_account(request)
        return await rooms.update_my_room(context, account, change, base_url=base_url(context, request))

    @router.get("/preview/{slug}")
    async def preview_room(slug: str, request: Request) -> RoomPreview:
        """What anyone with the link may know: the number of the meeting to go to, once there is one."""
        return await rooms.preview_room(context, slug, address=client_address(request))

    @router.get("/{room_id}")
    async def get_room(room_id: str, request: Request) -> Room:
        account = await require_account(request)
        return await rooms.get_room(context, account, room_id, base_url=base_url(context, request))

    @router.patch("/{room_id}")
    async def update_room(room_id: str, change: RoomChange, request: Request) -> Room:
        account = await require_account(request)
        return await rooms.update_room(context, account, room_id, change, base_url=base_url(context, request))

    @router.delete("/{room_id}", status_code=204)
    async def close_room(room_id: str, request: Request) -> None:
        await rooms.close_room(context, await require_account(request), room_id)

    @router.post("/{room_id}/open")
    async def open_meeting(room_id: str, request: Request) -> Meeting:
        """Return the meeting that is held in the room at once, made if there is none: a repeat finds it."""
        account = await require_account(request)
        meeting_id = await creation.open_meeting(context, account, room_id)
        url = base_url(context, request)
        return await listing.get_meeting(context, account, meeting_id, base_url=url)

    return router.routes


def _member_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix="/api/v1/rooms/{room_id}/members", tags=["rooms"])

    @router.get("")
    async def list_members(room_id: str, request: Request) -> RoomMemberList:
        return await room_members.list_members(context, await require_account(request), room_id)

    @router.post("", status_code=201)
    async def add_member(room_id: str, sent: NewRoomMember, request: Request) -> RoomMember:
        return await room_members.add_member(context, await require_account(request), room_id, sent)

    @router.patch("/{user_id}")
    async def change_member(
        room_id: str, user_id: str, change: RoomMemberChange, request: Request
    ) -> RoomMember:
        account = await require_account(request)
        return await room_members.change_member(context, account, room_id, user_id, change)

    @router.delete("/{user_id}", status_code=204)
    async def remove_member(room_id: str, user_id: str, request: Request) -> None:
        await room_members.remove_member(context, await require_account(request), room_id, user_id)

    return router.routes
