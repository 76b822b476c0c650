"""`/api/v1/test-connection`: what the page of the same name asks, without an account."""

import asyncio

from fastapi import APIRouter, Request
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from meeting_system.kernel.address import address_block
from meeting_system.kernel.errors import TooMany
from meeting_system.kit.http import client_address
from meeting_system.kit.limits import RateLimiter
from meeting_system.kit.turn import IceServer, Turn
from meeting_system.media.probe import Probes
from meeting_system.media.schemas import ProbeAnswer, ProbeOffer

TRIES = 30
WINDOW_S = 60.0
ECHO_LIFETIME_S = 30.0
TURN_TEST_S = 60
MAX_ECHOES = 32
MAX_ECHO_CHARS = 1024
TRY_AGAIN_LATER = 1013  # RFC 6455's registry


def create_probe_routes(probes: Probes, limiter: RateLimiter, turn: Turn) -> list[BaseRoute]:
    """Return the routes of the connection test."""
    router = APIRouter(prefix="/api/v1/test-connection", tags=["test-connection"])

    @router.post("/media")
    async def test_media(offer: ProbeOffer, request: Request) -> ProbeAnswer:
        """Answer the offer with candidates of one transport; the connection is closed after 30 s."""
        await limiter.hit(
            "test_connection", address_block(client_address(request)), limit=TRIES, window_s=WINDOW_S
        )
        return ProbeAnswer(sdp=await probes.open(offer=offer.sdp, transport=offer.transport))

    @router.get("/ice-servers", response_model_exclude_none=True)
    async def list_ice_servers(request: Request) -> list[IceServer]:
        """The TURN servers, with credentials that hold for the length of a test."""
        await limiter.hit(
            "test_connection", address_block(client_address(request)), limit=TRIES, window_s=WINDOW_S
        )
        return turn.issue("test", ttl_s=TURN_TEST_S)

    async def echo(socket: WebSocket) -> None:
        """Send back what comes: a WebSocket gets through."""
        try:
            await limiter.hit(
                "test_connection", address_block(client_address(socket)), limit=TRIES, window_s=WINDOW_S
            )
        except TooMany:
            await socket.close(TRY_AGAIN_LATER)
            return
        await socket.accept()
        await send_back(socket)

    return [*router.routes, WebSocketRoute("/ws/test-connection", echo)]


async def send_back(socket: WebSocket) -> None:
    """Echo a few short texts, for half a minute at most."""
    try:
        async with asyncio.timeout(ECHO_LIFETIME_S):
            for _ in range(MAX_ECHOES):
                text = await socket.receive_text()
                if len(text) > MAX_ECHO_CHARS:
                    break
                await socket.send_text(text)
            await socket.close()
    except TimeoutError:
        await socket.close()
    except (WebSocketDisconnect, KeyError):  # KeyError: a binary frame came, which has no text
        return
