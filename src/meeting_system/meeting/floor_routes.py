"""HTTP: the lobby, roles and moderation of a meeting, as over signaling."""

from collections.abc import Sequence

from fastapi import APIRouter, Request
from starlette.routing import BaseRoute

from meeting_system.contracts.meeting_options import MeetingOptions
from meeting_system.contracts.signal_floor import LobbyState, MeetingSetOptions
from meeting_system.kit.auth import require_principal
from meeting_system.kit.http import Key
from meeting_system.kit.paging import Cursor, Limit
from meeting_system.meeting import floor, floor_requests, lobby, roles
from meeting_system.meeting.context import Context
from meeting_system.meeting.floor_schemas import (
    Admit,
    BanPage,
    Deny,
    Freeze,
    GiveRole,
    IceServers,
    LiveOptionsChange,
    MuteEverybody,
    Rename,
    Say,
    SpotlightOn,
)
from meeting_system.meeting.request_parts import ask

PREFIX = "/api/v1/meetings/{meeting_id}"


def create_floor_routes(context: Context) -> Sequence[BaseRoute]:
    """Return the routes of the lobby, of one participant, of all, and of what can be looked at."""
    return [
        *_lobby_routes(context),
        *_participant_routes(context),
        *_action_routes(context),
        *_look_routes(context),
    ]


def _lobby_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix=f"{PREFIX}/lobby", tags=["lobby"])

    @router.get("")
    async def get_lobby(meeting_id: str, request: Request) -> LobbyState:
        """Show who waits, in order, and what was said to them."""
        return await lobby.look(context, await require_principal(request), meeting_id)

    @router.post("/admit", status_code=204)
    async def admit(meeting_id: str, sent: Admit, request: Request, key: Key = None) -> None:
        await ask(context, request, meeting_id, lobby.admitting(sent.participant_id), key)

    @router.post("/admit-all", status_code=204)
    async def admit_all(meeting_id: str, request: Request, key: Key = None) -> None:
        await ask(context, request, meeting_id, lobby.admitting(None), key)

    @router.post("/deny", status_code=204)
    async def deny(meeting_id: str, sent: Deny, request: Request, key: Key = None) -> None:
        effect = lobby.denying(sent.participant_id, ban=sent.ban)
        await ask(context, request, meeting_id, effect, key)

    @router.post("/say", status_code=204)
    async def say(meeting_id: str, sent: Say, request: Request, key: Key = None) -> None:
        await ask(context, request, meeting_id, lobby.saying(sent.body), key)

    return router.routes


def _participant_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix=f"{PREFIX}/participants/{{participant_id}}", tags=["moderation"])

    @router.post("/role", status_code=204)
    async def set_role(
        meeting_id: str, participant_id: str, sent: GiveRole, request: Request, key: Key = None
    ) -> None:
        await ask(context, request, meeting_id, roles.setting(participant_id, sent.role), key)

    @router.post("/rename", status_code=204)
    async def rename(
        meeting_id: str, participant_id: str, sent: Rename, request: Request, key: Key = None
    ) -> None:
        await ask(context, request, meeting_id, floor.renaming(participant_id, sent.display_name), key)

    @router.post("/ask-to-unmute", status_code=204)
    async def ask_to_unmute(meeting_id: str, participant_id: str, request: Request, key: Key = None) -> None:
        await ask(context, request, meeting_id, floor.asking_to_unmute(participant_id), key)

    @router.post("/lower-hand", status_code=204)
    async def lower_hand(meeting_id: str, participant_id: str, request: Request, key: Key = None) -> None:
        await ask(context, request, meeting_id, floor.lowering_hand(participant_id), key)

    @router.post("/unban", status_code=204)
    async def unban(meeting_id: str, participant_id: str, request: Request, key: Key = None) -> None:
        """Let device and account come again; `participant_id` as in the list of the banned."""
        await ask(context, request, meeting_id, floor.unbanning(participant_id), key)

    return router.routes


def _action_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix=f"{PREFIX}/actions", tags=["moderation"])

    @router.post("/mute-all", status_code=204)
    async def mute_all(
        meeting_id: str, request: Request, sent: MuteEverybody | None = None, key: Key = None
    ) -> None:
        effect = floor.muting_all(block=sent is not None and sent.block)
        await ask(context, request, meeting_id, effect, key)

    @router.post("/lower-hands", status_code=204)
    async def lower_hands(meeting_id: str, request: Request, key: Key = None) -> None:
        await ask(context, request, meeting_id, floor.lower_hands, key)

    @router.post("/freeze", status_code=204)
    async def freeze(meeting_id: str, sent: Freeze, request: Request, key: Key = None) -> None:
        await ask(context, request, meeting_id, floor.freezing(frozen=sent.frozen), key)

    @router.post("/spotlight", status_code=204)
    async def spotlight(meeting_id: str, sent: SpotlightOn, request: Request, key: Key = None) -> None:
        await ask(context, request, meeting_id, floor.spotlighting(sent.participant_id), key)

    return router.routes


def _look_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix=PREFIX, tags=["moderation"])

    @router.get("/options")
    async def get_options(meeting_id: str, request: Request) -> MeetingOptions:
        """Show what hosts decided for this meeting."""
        return await floor_requests.get_options(context, await require_principal(request), meeting_id)

    @router.patch("/options")
    async def set_options(
        meeting_id: str, sent: LiveOptionsChange, request: Request, key: Key = None
    ) -> MeetingOptions:
        """Change options before the meeting or while it goes on; all that follows happens at once."""
        principal = await require_principal(request)
        change = MeetingSetOptions.model_validate(sent.model_dump())
        return await floor_requests.set_options(context, principal, meeting_id, change, key=key)

    @router.get("/bans")
    async def list_bans(
        meeting_id: str, request: Request, cursor: Cursor = None, limit: Limit = 100
    ) -> BanPage:
        """List whom hosts keep out of this meeting."""
        principal = await require_principal(request)
        return await floor_requests.list_bans(context, principal, meeting_id, cursor=cursor, limit=limit)

    @router.get("/ice-servers")
    async def get_ice_servers(meeting_id: str, request: Request) -> IceServers:
        """Return the relays for who was let in from the lobby; others got them when they joined."""
        return await floor_requests.get_ice_servers(context, await require_principal(request), meeting_id)

    return router.routes
