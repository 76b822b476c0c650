"""HTTP: all routes of the service, and those of a meeting that goes on."""

from collections.abc import Sequence

from fastapi import APIRouter, Request
from starlette.routing import BaseRoute

from meeting_system.kit.auth import find_principal, require_account, require_principal
from meeting_system.kit.http import Key, client_address
from meeting_system.kit.paging import Cursor, Limit
from meeting_system.meeting import (
    join,
    lifecycle,
    listing,
    live,
    moderation,
    requests,
    rules,
    streams,
)
from meeting_system.meeting.breakout_routes import create_breakout_routes
from meeting_system.meeting.context import Context
from meeting_system.meeting.floor_routes import create_floor_routes
from meeting_system.meeting.request_parts import ask, base_url
from meeting_system.meeting.room_routes import create_room_routes
from meeting_system.meeting.schedule_routes import create_schedule_routes
from meeting_system.meeting.schemas import (
    CreatedStream,
    Join,
    Joined,
    Leave,
    LivePage,
    Lock,
    Meeting,
    Mute,
    NewStream,
    ParticipantPage,
    Preview,
    StreamList,
)
from meeting_system.meeting.talk_routes import create_talk_routes


def create_routes(context: Context) -> Sequence[BaseRoute]:
    """Return every route of the meeting service."""
    return [
        *create_room_routes(context),
        *_join_routes(context),
        *create_schedule_routes(context),
        *_inside_routes(context),
        *_host_routes(context),
        *_stream_routes(context),
        *_admin_routes(context),
        *create_talk_routes(context),
        *create_floor_routes(context),
        *create_breakout_routes(context),
    ]


def _admin_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix="/api/v1/admin", tags=["admin"])

    @router.get("/live")
    async def list_live_meetings(request: Request, cursor: Cursor = None, limit: Limit = 50) -> LivePage:
        account = await require_account(request)
        return await live.list_live(context, account, cursor=cursor, limit=limit)

    return router.routes


def _join_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix="/api/v1/meetings", tags=["meetings"])

    @router.get("/preview/{reference}")
    async def preview_meeting(reference: str, request: Request) -> Preview:
        return await listing.preview_meeting(
            context, rules.parse_reference(reference), address=client_address(request)
        )

    @router.post("/{reference}/join", response_model_exclude_none=True)
    async def join_meeting(reference: str, sent: Join, request: Request) -> Joined:
        return await join.join(
            context,
            await find_principal(request),
            rules.parse_reference(reference),
            sent,
            address=client_address(request),
        )

    return router.routes


def _inside_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix="/api/v1/meetings/{meeting_id}", tags=["meetings"])

    @router.post("/leave", status_code=204)
    async def leave_meeting(meeting_id: str, request: Request, sent: Leave | None = None) -> None:
        principal = await require_principal(request)
        await lifecycle.leave(context, principal, meeting_id, sent.device_id if sent else None)

    @router.get("/participants")
    async def list_participants(
        meeting_id: str, request: Request, cursor: Cursor = None, limit: Limit = 100
    ) -> ParticipantPage:
        principal = await require_principal(request)
        return await listing.list_participants(context, principal, meeting_id, cursor=cursor, limit=limit)

    return router.routes


def _host_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix="/api/v1/meetings/{meeting_id}", tags=["meetings"])

    @router.post("/start")
    async def start_meeting(meeting_id: str, request: Request) -> Meeting:
        account = await require_account(request)
        await lifecycle.start(context, account, meeting_id)
        return await listing.get_meeting(context, account, meeting_id, base_url=base_url(context, request))

    @router.post("/end", status_code=204)
    async def end_meeting(meeting_id: str, request: Request, key: Key = None) -> None:
        await requests.end(context, await require_principal(request), meeting_id, key=key)

    @router.post("/participants/{participant_id}/mute", status_code=204)
    async def mute_participant(
        meeting_id: str, participant_id: str, sent: Mute, request: Request, key: Key = None
    ) -> None:
        await ask(context, request, meeting_id, moderation.muting(participant_id, sent.source), key)

    @router.post("/participants/{participant_id}/remove", status_code=204)
    async def remove_participant(
        meeting_id: str, participant_id: str, request: Request, key: Key = None
    ) -> None:
        await ask(context, request, meeting_id, moderation.removing(participant_id), key)

    @router.post("/actions/lock", status_code=204)
    async def lock_meeting(meeting_id: str, sent: Lock, request: Request, key: Key = None) -> None:
        await ask(context, request, meeting_id, moderation.locking(locked=sent.locked), key)

    return router.routes


def _stream_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix="/api/v1/meetings/{meeting_id}/streams", tags=["streams"])

    @router.post("", status_code=201)
    async def create_stream(
        meeting_id: str, sent: NewStream, request: Request, key: Key = None
    ) -> CreatedStream:
        """Make a token for an encoder (WHIP) or a player (WHEP); only this answer shows it."""
        principal = await require_principal(request)
        url = base_url(context, request)
        return await streams.create_stream(context, principal, meeting_id, sent, key=key, base_url=url)

    @router.get("")
    async def list_streams(meeting_id: str, request: Request) -> StreamList:
        """List the streams whose tokens hold, and how many connections each has."""
        return await streams.list_streams(context, await require_principal(request), meeting_id)

    @router.delete("/{stream_id}", status_code=204)
    async def revoke_stream(meeting_id: str, stream_id: str, request: Request) -> None:
        """Revoke a token: what runs by it ends within a second."""
        await streams.revoke_stream(context, await require_principal(request), meeting_id, stream_id)

    return router.routes
