"""HTTP: the breakout rooms of a meeting, as over signaling, and the way into one."""

from collections.abc import Sequence

from fastapi import APIRouter, Request
from starlette.routing import BaseRoute

from meeting_system.contracts.signal_breakouts import (
    BreakoutsAssign,
    BreakoutsBroadcast,
    BreakoutsChoose,
    BreakoutsClose,
    BreakoutsCreate,
    BreakoutsExtend,
    BreakoutsOpen,
)
from meeting_system.kit.auth import require_principal
from meeting_system.kit.http import Key
from meeting_system.meeting import breakout_looking, breakouts, requests
from meeting_system.meeting.breakout_entry import enter
from meeting_system.meeting.breakout_schemas import BreakoutIds, Enter, Looked
from meeting_system.meeting.context import Context
from meeting_system.meeting.request_parts import ask
from meeting_system.meeting.schemas import Joined

PREFIX = "/api/v1/meetings/{meeting_id}/breakouts"


def create_breakout_routes(context: Context) -> Sequence[BaseRoute]:
    """Return the routes of hosts, and those of everybody."""
    return [*_host_routes(context), *_own_routes(context)]


def _host_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix=PREFIX, tags=["breakouts"])

    @router.post("", status_code=201)
    async def create_breakouts(
        meeting_id: str, sent: BreakoutsCreate, request: Request, key: Key = None
    ) -> BreakoutIds:
        """Plan rooms instead of those that were planned before; the ids are in the order of the titles."""
        principal = await require_principal(request)
        answer = await requests.ask(context, principal, meeting_id, breakouts.creating(sent), key=key)
        return BreakoutIds.model_validate(answer)

    @router.post("/assign", status_code=204)
    async def assign_breakouts(
        meeting_id: str, sent: BreakoutsAssign, request: Request, key: Key = None
    ) -> None:
        """Say who belongs where; people in the meeting move at once when the rooms are open."""
        await ask(context, request, meeting_id, breakouts.assigning(sent), key)

    @router.post("/open", status_code=204)
    async def open_breakouts(meeting_id: str, sent: BreakoutsOpen, request: Request, key: Key = None) -> None:
        """Open the rooms, for a time if one is given."""
        await ask(context, request, meeting_id, breakouts.opening(sent.duration_s), key)

    @router.post("/extend", status_code=204)
    async def extend_breakouts(
        meeting_id: str, sent: BreakoutsExtend, request: Request, key: Key = None
    ) -> None:
        """Keep the rooms open longer, also when they are closing."""
        await ask(context, request, meeting_id, breakouts.extending(sent.by_s), key)

    @router.post("/broadcast", status_code=204)
    async def broadcast_to_breakouts(
        meeting_id: str, sent: BreakoutsBroadcast, request: Request, key: Key = None
    ) -> None:
        """Say something to everybody in all rooms."""
        await ask(context, request, meeting_id, breakouts.broadcasting(sent.body), key)

    @router.post("/close", status_code=204)
    async def close_breakouts(
        meeting_id: str, sent: BreakoutsClose, request: Request, key: Key = None
    ) -> None:
        """Bring everybody back, after a countdown; rooms that were not opened are forgotten."""
        await ask(context, request, meeting_id, breakouts.closing(sent.countdown_s), key)

    return router.routes


def _own_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix=PREFIX, tags=["breakouts"])

    @router.get("")
    async def get_breakouts(meeting_id: str, request: Request) -> Looked:
        """Show the rooms and who is where; null: there are none."""
        found = await breakout_looking.look(context, await require_principal(request), meeting_id)
        return Looked(breakouts=found)

    @router.post("/choose", status_code=204)
    async def choose_breakout(
        meeting_id: str, sent: BreakoutsChoose, request: Request, key: Key = None
    ) -> None:
        """Go to a room, or back to the main room, where one may choose."""
        await ask(context, request, meeting_id, breakouts.choosing(sent), key)

    @router.post("/ask-help", status_code=204)
    async def ask_help_in_breakout(meeting_id: str, request: Request, key: Key = None) -> None:
        """Ask hosts to come to the room that one belongs to."""
        await ask(context, request, meeting_id, breakouts.ask_help, key)

    @router.post("/{breakout_id}/enter")
    async def enter_breakout(meeting_id: str, breakout_id: str, sent: Enter, request: Request) -> Joined:
        """Get a ticket for the room that one belongs to, on the device that is in the main room."""
        principal = await require_principal(request)
        return await enter(context, principal, meeting_id, breakout_id, sent.device_id)

    return router.routes
