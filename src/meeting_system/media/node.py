"""The media service where several processes may serve one system: each is a node, and together they place."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from meeting_system.contracts.call import Event, Request
from meeting_system.contracts.floor import SetMutedAll
from meeting_system.contracts.media import (
    CloseMeetingMedia,
    ClosePeer,
    FindPeer,
    MeetingRelayLost,
    OpenPeer,
    PeerMustMove,
    SetLayout,
    SetMuted,
    SpeakersChanged,
)
from meeting_system.contracts.media_node import NodeInfo
from meeting_system.contracts.stream import EndStream
from meeting_system.kernel.ports import Check
from meeting_system.kit.bus import Handler
from meeting_system.kit.log import logger
from meeting_system.kit.plug import Ports
from meeting_system.media.dispatch import Dispatch
from meeting_system.media.effort import Effort
from meeting_system.media.engine import Engine
from meeting_system.media.here import Here
from meeting_system.media.ledger import Ledger
from meeting_system.media.nodes import Nodes
from meeting_system.media.relays import Relays
from meeting_system.media.service import MediaService
from meeting_system.media.settings import MediaSettings
from meeting_system.media.spanning import Spanning
from meeting_system.media.stream_dispatch import PlacedMedia, StreamDispatch, StreamsHere, new_resource_id
from meeting_system.media.streams import Streams
from meeting_system.media.telling import publish

MOVE_EVERY_S = 0.25
"""Between two participants who move at a drain, where there is time for it."""
LOOK_EVERY_S = 0.1

log = logger(__name__)


class Node:
    """Everything of one node, put together."""

    def __init__(self, ports: Ports, settings: MediaSettings, engine: Engine, service: MediaService) -> None:
        self._bus = ports.bus
        self._engine = engine
        self._settings = settings
        self._service = service
        self._effort = Effort(ports.clock.monotonic, time.process_time, os.cpu_count() or 1)
        ledger = Ledger(ports.store)
        self.nodes = Nodes(ports.registry, ports.bus, ledger, ports.clock, self._describe)
        self.relays = Relays(engine, ports.bus)
        self.spanning = Spanning(service, self.relays, ledger, self.nodes, ports.bus, ports.clock)
        self.dispatch = Dispatch(ports.bus, ledger, self.nodes, spread_after=settings.spread_after)
        self.streams = Streams(
            PlacedMedia(service, ledger, self.nodes, self.spanning),
            ports.bus,
            ports.clock,
            at_once=settings.streams,
            new_resource_id=lambda: new_resource_id(self.nodes.me),
        )
        self.desk = StreamDispatch(self.streams, self.dispatch, self.nodes)
        self._here = Here(service, self.nodes, self.relays, self.spanning, on_muted=self.streams.wake)
        self._streams_here = StreamsHere(self.streams, self.nodes, self._here.check)

    def _describe(self, node_id: str) -> NodeInfo:
        return NodeInfo(
            node_id=node_id,
            process=self._bus.address,
            host=self._settings.relay_address or self._engine.addresses[0],
            port=self._engine.port,
            peers=self._engine.statistics().peers,
            capacity=self._settings.capacity,
            cpu=self._effort.measure(),
            relay_format=self._engine.relay_format,
        )

    def handlers(self) -> Mapping[type[Request[Any]], Handler]:
        """Return who answers what: any node what is asked of the service, this one what is asked of it."""
        return {
            OpenPeer: self.dispatch.open_peer,
            SetLayout: self.dispatch.set_layout,
            SetMuted: self.dispatch.set_muted,
            SetMutedAll: self.dispatch.set_muted_all,
            ClosePeer: self.dispatch.close_peer,
            CloseMeetingMedia: self.dispatch.close_meeting,
            FindPeer: self.dispatch.find_peer,
            EndStream: self.dispatch.end_stream,
            **self._here.handlers(),
            **self._streams_here.handlers(),
        }

    @property
    def checks(self) -> Mapping[str, Check]:
        """What a node needs to place anybody."""
        return {"media_nodes": self.nodes.check}

    def may_tell(self, event: Event) -> bool:
        """Say whether what the engine tells is for others: of several nodes one says who speaks."""
        if isinstance(event, MeetingRelayLost):
            self.spanning.relay_lost(event)
            return False
        return self.spanning.may_tell(event) if isinstance(event, SpeakersChanged) else True

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Be a node while the block runs."""
        async with (
            self.dispatch.running(),
            self.spanning.running(),
            self.nodes.running(on_lost=self.spanning.node_lost, on_fenced=self._end_life),
        ):
            yield

    async def _end_life(self) -> None:
        """Others have given this node up: what it has is elsewhere by now."""
        await self.streams.drain()
        await self.spanning.fence()

    async def drain(self) -> None:
        """Send everybody to other nodes, one after the other; where there is none they stay until the end."""
        has_others = self.nodes.drain()
        if has_others:
            await self._move_all()
        await self.streams.drain()

    async def _move_all(self) -> None:
        moving = [
            PeerMustMove(
                meeting_id=meeting_id, participant_id=participant_id, generation=generation, reason="draining"
            )
            for meeting_id in self._service.meetings
            for participant_id, generation in self._service.held(meeting_id).items()
            if not self.streams.has(meeting_id, participant_id)
        ]
        log.info("media_node_draining", peers=len(moving))
        pause_s = min(MOVE_EVERY_S, self._settings.drain_s / 2 / max(1, len(moving)))
        try:
            async with asyncio.timeout(self._settings.drain_s):
                for each in moving:
                    await publish(self._bus, each)
                    await asyncio.sleep(pause_s)
                while any(self._is_here(each) for each in moving):  # noqa: ASYNC110  # the engine ends them
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError:
            log.warning("media_node_left_some", peers=sum(map(self._is_here, moving)))

    def _is_here(self, moving: PeerMustMove) -> bool:
        return self._service.held(moving.meeting_id).get(moving.participant_id) == moving.generation
