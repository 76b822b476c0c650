"""R3: a connection that carries nothing any more is noticed within 15 s on both sides, not some time after.

The server in virtual time, the Python client against a server that falls silent; the web client:
clients/web/src/core/signaling/machine.test.ts.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from meeting_client import MeetingClient
from meeting_client.client import Line
from tests.signaling.house import open_house
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.signal import DEAD_AFTER_S
from meeting_system.kernel.clock import ManualClock
from meeting_system.kit.plug import Ports

LOOKED_AT_WORST_S = 1.2
"""The server's look at heartbeats comes so late: every second, with a fifth of jitter."""
PING = '{"f":"ping","n":1,"t":0}'


async def ping(socket: ClientConnection) -> None:
    """Be heard."""
    await socket.send(PING)
    async with asyncio.timeout(5):
        while json.loads(await socket.recv())["f"] != "pong":
            pass


async def test_the_server_gives_up_who_is_silent_and_nobody_else(
    ports: Ports, bus: LocalBus, clock: ManualClock
) -> None:
    async with open_house(ports, bus, clock=clock) as house, asyncio.timeout(10):
        meeting_id = await house.open_meeting()
        silent, lively = [house.client(meeting_id, name) for name in ("Silent", "Lively")]
        async with connect(house.urls[0]) as lost, connect(house.urls[0]) as kept:
            for client, socket in ((silent, lost), (lively, kept)):
                joined = await house.join(meeting_id, client.core.device_id, device_id=client.core.device_id)
                await socket.send(json.dumps(client.core.opening(joined.ticket)))
                await ping(socket)
            clock.advance(DEAD_AFTER_S / 2)
            await ping(kept)
            clock.advance(DEAD_AFTER_S / 2 - LOOKED_AT_WORST_S)
            await lost.wait_closed()
            assert lost.close_code == 4010
            await ping(kept)


@asynccontextmanager
async def silent_server(dead_ms: int) -> AsyncIterator[str]:
    """A server that says hello, how long silence may last, and nothing more."""

    async def serve_one(socket: ServerConnection) -> None:
        limits = {"hb_ms": dead_ms // 3, "dead_ms": dead_ms, "max_frame": 1024, "server_time": ""}
        await socket.send(json.dumps({"f": "hello", "v": 1, **limits}))
        await socket.wait_closed()

    async with serve(serve_one, "127.0.0.1", 0, close_timeout=0) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("dead_ms", [1500])
async def test_the_python_client_gives_up_a_server_that_is_silent(dead_ms: int) -> None:
    async def get_ticket() -> str:
        return "a-ticket"

    async with silent_server(dead_ms) as url:
        client = MeetingClient(url, "meeting", "device", get_ticket)
        live = asyncio.create_task(client._live_once(Line()))
        begun = time.monotonic()
        async with asyncio.timeout(5):
            await live
    assert dead_ms / 2000 < time.monotonic() - begun <= dead_ms / 1000
    assert client.closed == [1006]
