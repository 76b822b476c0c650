"""Puts the media service together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from meeting_system.contracts.call import Event
from meeting_system.kit.bus import Bus
from meeting_system.kit.metrics import REGISTRY
from meeting_system.kit.plug import Plug, Ports
from meeting_system.kit.tasks import alongside
from meeting_system.kit.turn import Turn
from meeting_system.media.alone import Alone
from meeting_system.media.engine import Engine
from meeting_system.media.metrics import EngineCollector
from meeting_system.media.node import Node
from meeting_system.media.probe import Probes, is_probe
from meeting_system.media.routes.probe import create_probe_routes
from meeting_system.media.routes.streams import create_stream_routes
from meeting_system.media.service import MediaService
from meeting_system.media.settings import MediaSettings
from meeting_system.media.telling import publish

SWEEP_S = 1.0
REMIND_S = 5.0
"""A publisher who missed which layers are wanted learns it within this time; the engine lingers as long."""


def create(ports: Ports, settings: MediaSettings, engine: Engine, *, remind_s: float = REMIND_S) -> Plug:
    """The media service on a running engine; a node among others unless the bus says that it is alone."""
    service = MediaService(engine)
    probes = Probes(engine, ports.clock, at_once=settings.connection_tests)
    turn = Turn(settings.turn, ports.clock)
    alone = ports.bus.is_alone
    media = Alone(ports, settings, service) if alone else Node(ports, settings, engine, service)

    @asynccontextmanager
    async def run() -> AsyncIterator[None]:
        collector = EngineCollector(engine)
        REGISTRY.register(collector)
        try:
            async with (
                media.running(),
                alongside(
                    tell(engine, service, media, ports.bus),
                    remind(service, ports.bus, every_s=remind_s),
                    sweep(probes),
                    media.streams.run(),
                ),
            ):
                yield
        finally:
            REGISTRY.unregister(collector)

    async def check_engine() -> None:
        engine.statistics()

    return Plug(
        name="media",
        routes=[
            *create_probe_routes(probes, ports.limiter, turn),
            *create_stream_routes(media.desk, ports.limiter, turn),
        ],
        handlers=media.handlers(),
        run=run,
        drain=media.drain,
        checks={"media_engine": check_engine, **media.checks},
    )


async def tell(engine: Engine, service: MediaService, media: Alone | Node, bus: Bus) -> None:
    """Hand the engine's events to the bus. At most once: an event that can't leave now is dropped."""
    async for event in engine.events():
        # Asked before it is noted: an end makes a player unknown.
        is_private = is_probe(meeting_of(event)) or media.streams.is_player(
            meeting_of(event), str(getattr(event, "participant_id", ""))
        )
        service.note(event)
        media.streams.note(event)
        if media.may_tell(event) and not is_private:
            await publish(bus, event)


async def remind(service: MediaService, bus: Bus, *, every_s: float) -> None:
    """Tell again and again which layers are wanted: whoever has missed it comes round."""
    while True:
        await asyncio.sleep(every_s)
        for wanted in service.layers_wanted():
            await publish(bus, wanted)


def meeting_of(event: Event) -> str:
    """The meeting that an event of the engine is about."""
    return str(getattr(event, "meeting_id", ""))


async def sweep(probes: Probes) -> None:
    """Close connection tests that are over, once a second."""
    while True:
        await asyncio.sleep(SWEEP_S)
        probes.sweep()
