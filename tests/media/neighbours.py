"""Media processes beside each other, on one Valkey: all is real but the engine, which only writes down."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

from meeting_system.adapters.bus_remote import RemoteBus
from meeting_system.adapters.redis_store import RedisStore, open_store
from meeting_system.adapters.registry import LeaseRegistry
from meeting_system.adapters.registry_store import StoreLeases
from meeting_system.contracts.call import Event
from meeting_system.contracts.media import (
    MediaNodeEnded,
    OpenPeer,
    PeerMediaEnded,
    PeerMustMove,
    PeerOpened,
    SpeakersChanged,
)
from meeting_system.kernel.clock import SystemClock
from meeting_system.kit.plug import Ports
from meeting_system.kit.tasks import alongside
from meeting_system.media.node import Node
from meeting_system.media.service import MediaService
from meeting_system.media.settings import MediaSettings
from meeting_system.media.wiring import tell

WAIT_S = 8.0
STATISTICS = SimpleNamespace(rooms=0, peers=0)


class PaperEngine:
    """An engine that has nothing but a list of what it was told."""

    def __init__(self, port: int, relay_format: int) -> None:
        self.port = port
        self.relay_format = relay_format
        self.addresses = ["127.0.0.1"]
        self.peers: dict[tuple[str, str], int] = {}
        self.muted: set[tuple[str, str, str]] = set()
        self.relays: dict[str, dict[int, dict[str, Any]]] = {}
        self.told: asyncio.Queue[Event] = asyncio.Queue()

    async def open_peer(self, wish: OpenPeer) -> PeerOpened:
        self.peers[wish.meeting_id, wish.participant_id] = wish.generation
        return PeerOpened(generation=wish.generation, sdp=f"answer of {self.port}")

    def set_layout(self, **_: Any) -> None:
        """Nothing is shown."""

    def set_muted(self, *, room: str, peer: str, source: str, muted: bool) -> None:
        (self.muted.add if muted else self.muted.discard)((room, peer, source))

    def close_peer(self, *, room: str, peer: str) -> None:
        generation = self.peers.pop((room, peer), None)
        if generation is not None:
            self.told.put_nowait(
                PeerMediaEnded(meeting_id=room, participant_id=peer, generation=generation, reason="closed")
            )

    def close_room(self, *, room: str) -> None:
        for meeting_id, peer in [key for key in self.peers if key[0] == room]:
            self.close_peer(room=meeting_id, peer=peer)
        self.relays.pop(room, None)

    def open_relay(self, *, room: str, relay: int, **end: Any) -> None:
        self.relays.setdefault(room, {})[relay] = end

    def close_relay(self, *, room: str, relay: int) -> None:
        self.relays.get(room, {}).pop(relay, None)

    async def events(self) -> AsyncIterator[Event]:
        while True:
            yield await self.told.get()

    def statistics(self) -> Any:
        return STATISTICS


@dataclass
class Neighbour:
    """One media process."""

    node: Node
    engine: PaperEngine
    bus: RemoteBus
    store: RedisStore
    life: AsyncExitStack

    def relays(self, meeting_id: str = "m") -> list[dict[str, Any]]:
        return list(self.engine.relays.get(meeting_id, {}).values())

    def holds(self, participant_id: str, meeting_id: str = "m") -> bool:
        return (meeting_id, participant_id) in self.engine.peers


@dataclass
class Street:
    """The processes, and one that asks them and hears what they tell."""

    bus: RemoteBus
    open: Callable[..., Any]
    heard: list[Event] = field(default_factory=list)
    neighbours: list[Neighbour] = field(default_factory=list)

    async def offer(self, participant_id: str, generation: int = 1, *, meeting_id: str = "m") -> Neighbour:
        """Have an offer answered and return by whom."""
        opened = await self.bus.call(
            OpenPeer(meeting_id=meeting_id, participant_id=participant_id, generation=generation, offer="o")
        )
        return next(each for each in self.neighbours if each.node.nodes.me == opened.node_id)

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.heard if isinstance(event, kind)]


async def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until something is so in another process."""
    async with asyncio.timeout(WAIT_S):
        while not condition():  # noqa: ASYNC110  # several processes
            await asyncio.sleep(0.01)


@asynccontextmanager
async def open_neighbour(
    ports: Ports, url: str, port: int, relay_format: int, **settings: Any
) -> AsyncIterator[Neighbour]:
    """Run a media process."""
    async with AsyncExitStack() as life:
        store = await life.enter_async_context(open_store(url))
        bus, engine = RemoteBus(store), PaperEngine(port, relay_format)
        registry = LeaseRegistry(StoreLeases(store))
        own = replace(ports, store=store, bus=bus, clock=SystemClock(), registry=registry)
        service = MediaService(engine)
        node = Node(own, MediaSettings(drain_s=1, **settings), engine, service)
        bus.connect(node.handlers(), {})
        await life.enter_async_context(bus.running())
        await life.enter_async_context(node.running())
        await life.enter_async_context(alongside(tell(engine, service, node, bus)))
        yield Neighbour(node, engine, bus, store, life)


@asynccontextmanager
async def open_street(ports: Ports, url: str, count: int, **settings: Any) -> AsyncIterator[Street]:
    """Run `count` media processes, all of which know each other."""
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(url))
        bus = RemoteBus(store)

        async def open_another(relay_format: int = 1) -> Neighbour:
            number = len(street.neighbours)
            opened = await stack.enter_async_context(
                open_neighbour(ports, url, 1 + number, relay_format, **settings)
            )
            street.neighbours.append(opened)
            return opened

        street = Street(bus, open_another)

        async def hear(event: Event) -> None:
            street.heard.append(event)

        kinds = (MediaNodeEnded, PeerMustMove, PeerMediaEnded, SpeakersChanged)
        bus.connect({}, {kind: [hear] for kind in kinds})
        await stack.enter_async_context(bus.running())
        for _ in range(count):
            await open_another()
        await wait_until(lambda: all(len(each.node.nodes.live) == count for each in street.neighbours))
        yield street
