"""A whole house over real sockets: the meeting service and some signaling processes, behind uvicorn."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx2
import uvicorn
from meeting_client import Joined, MeetingClient, join
from starlette.types import ASGIApp

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.call import Event, Nothing, Request
from meeting_system.contracts.floor import SetMutedAll
from meeting_system.contracts.media import (
    ClosePeer,
    FindPeer,
    OpenPeer,
    PeerKnown,
    PeerOpened,
    SetLayout,
    SetMuted,
)
from meeting_system.contracts.meeting import OpenPersonalRoom
from meeting_system.kernel.clock import Clock, SystemClock
from meeting_system.kernel.ids import UserId, new_id
from meeting_system.kernel.principal import Account, AccountRole
from meeting_system.kit.http import create_app
from meeting_system.kit.outbox import OutboxRelay
from meeting_system.kit.plug import Plug, Ports
from meeting_system.kit.tasks import alongside
from meeting_system.kit.tokens import SignedTokens
from meeting_system.kit.websocket_opening import WireProtocol
from meeting_system.meeting.settings import MeetingSettings
from meeting_system.meeting.wiring import create as create_meeting
from meeting_system.signaling.settings import SignalingSettings
from meeting_system.signaling.wiring import create as create_signaling

SECRET = "only-for-tests-only-for-tests-only-for-tests"
HOST_PICTURE = "/api/v1/users/1/avatar/2"


@dataclass
class Engine:
    """Stands where the media service is in another process: remembers what it was asked."""

    asked: list[Request[Any]] = field(default_factory=list)
    alive: bool = True
    generation: int | None = None
    node_id: str = ""

    def handlers(self) -> dict[type[Request[Any]], Any]:
        async def open_peer(request: OpenPeer) -> PeerOpened:
            self.asked.append(request)
            self.generation = request.generation
            return PeerOpened(generation=request.generation, sdp="v=0 answer", node_id=self.node_id)

        async def find_peer(request: FindPeer) -> PeerKnown:
            return PeerKnown(alive=self.alive and self.generation is not None, generation=self.generation)

        async def done(request: Request[Any]) -> Nothing:
            self.asked.append(request)
            return Nothing()

        return {
            OpenPeer: open_peer,
            FindPeer: find_peer,
            SetLayout: done,
            SetMuted: done,
            SetMutedAll: done,
            ClosePeer: done,
        }


@dataclass
class House:
    """What a test has of it. `urls` are those of the signaling processes."""

    ports: Ports
    bus: LocalBus
    engine: Engine
    http: httpx2.AsyncClient
    urls: list[str]
    plugs: list[Plug]
    token: str
    user_id: str
    """Of the host's account, whose token that is."""

    async def open_meeting(self) -> str:
        """Create a meeting as its host; return its id."""
        answer = await self.http.post(
            "/api/v1/meetings", json={}, headers={"Authorization": f"Bearer {self.token}"}
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["meeting_id"])

    async def join(self, meeting_id: str, name: str | None = None, *, device_id: str) -> Joined:
        """Join as a guest of that name, or as the host where there is none."""
        token = self.token if name is None else None
        return await join(self.http, meeting_id, device_id=device_id, access_token=token, display_name=name)

    def client(self, meeting_id: str, name: str | None = None, *, at: int = 0, **more: Any) -> MeetingClient:
        """Return a participant, not yet there."""
        device_id = f"device-of-{name or 'host'}"
        known: list[Joined] = []

        async def get_ticket() -> str:
            # A guest comes back as the same participant with the token of the first join.
            token = known[0].guest_token if known else None
            joined = await join(
                self.http,
                meeting_id,
                device_id=device_id,
                access_token=self.token if name is None else token,
                display_name=name,
            )
            known.append(joined)
            return joined.ticket

        return MeetingClient(self.urls[at], meeting_id, device_id, get_ticket, **more)

    async def tell(self, event: Event) -> None:
        """Publish an event of the media service."""
        await self.bus.publish(event)


@asynccontextmanager
async def listening(app: ASGIApp) -> AsyncIterator[int]:
    """Serve an application on a free port of loopback."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                lifespan="off",
                ws=WireProtocol,
                ws_per_message_deflate=False,
                ws_ping_interval=None,
                ws_max_size=1024 * 1024,
                timeout_graceful_shutdown=1,
            )
        )
        async with alongside(server.serve([listener])):
            while not server.started:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
            yield listener.getsockname()[1]
            server.should_exit = True
            while server.started and any(s.is_serving() for s in server.servers):  # noqa: ASYNC110
                await asyncio.sleep(0.005)


@asynccontextmanager
async def open_house(
    ports: Ports,
    bus: LocalBus,
    *,
    processes: int = 1,
    settings: Callable[[], SignalingSettings] = SignalingSettings,
    media: Callable[[Ports], Plug] | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[House]:
    """Open the house: one meeting service, as many signaling processes as wanted. Without `media` something
    stands in for it, without `clock` time is real."""
    clock = clock or SystemClock()
    ports = replace(ports, clock=clock, tokens=SignedTokens({"test": SECRET}, clock))
    engine, meeting = Engine(), create_meeting(ports, MeetingSettings())
    plugs = [create_signaling(ports, settings()) for _ in range(processes)]
    beside = Plug(name="media", handlers=engine.handlers()) if media is None else media(ports)
    bus.connect({**meeting.handlers, **plugs[0].handlers, **beside.handlers}, {})
    for plug in plugs:
        bus.connect({}, plug.listeners)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(bus.running())
        for plug in [beside, meeting, *plugs]:
            await stack.enter_async_context(plug.run())
        await stack.enter_async_context(OutboxRelay(ports.database, bus).running())
        urls = []
        for plug in plugs:
            app = create_app(routes=[*meeting.routes, *plug.routes], ports=ports)
            port = await stack.enter_async_context(listening(app))
            urls.append(f"ws://127.0.0.1:{port}/ws/signaling")
        base_url = urls[0].replace("ws://", "http://").replace("/ws/signaling", "")
        http = await stack.enter_async_context(httpx2.AsyncClient(base_url=base_url))
        user_id = UserId(new_id(clock.now().timestamp()))
        await bus.call(OpenPersonalRoom(user_id=user_id, display_name="Host"))
        token = ports.tokens.issue(
            Account(user_id, AccountRole.USER, "Host", "family", avatar_url=HOST_PICTURE)
        )
        yield House(ports, bus, engine, http, urls, plugs, token, user_id)
