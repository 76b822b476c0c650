"""The media service where it has one process: every call is this engine's, the store is asked nothing."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from meeting_system.contracts.call import Event, Nothing, Request
from meeting_system.contracts.floor import SetMutedAll
from meeting_system.contracts.media import (
    CloseMeetingMedia,
    ClosePeer,
    FindPeer,
    OpenPeer,
    SetLayout,
    SetMuted,
)
from meeting_system.contracts.stream import EndStream
from meeting_system.kernel.ports import Check
from meeting_system.kit.bus import Handler
from meeting_system.kit.plug import Ports
from meeting_system.media.dispatch import each_muted
from meeting_system.media.service import MediaService
from meeting_system.media.settings import MediaSettings
from meeting_system.media.streams import StreamDesk, Streams


class Alone:
    """Who answers what, without other nodes."""

    def __init__(self, ports: Ports, settings: MediaSettings, service: MediaService) -> None:
        self._service = service
        self.streams = Streams(service, ports.bus, ports.clock, at_once=settings.streams)
        self.desk: StreamDesk = self.streams

    def handlers(self) -> Mapping[type[Request[Any]], Handler]:
        """Return who answers what."""
        return {
            OpenPeer: self._service.open_peer,
            SetLayout: self._service.set_layout,
            SetMuted: self.set_muted,
            SetMutedAll: self.set_muted_all,
            ClosePeer: self._service.close_peer,
            CloseMeetingMedia: self._service.close_meeting,
            FindPeer: self._service.find_peer,
            EndStream: self.streams.end_stream,
        }

    async def set_muted(self, wish: SetMuted) -> Nothing:
        """Mute, and have streams shown so."""
        done = await self._service.set_muted(wish)
        self.streams.wake()
        return done

    async def set_muted_all(self, wish: SetMutedAll) -> Nothing:
        """The same for several participants at once."""
        await each_muted(self.set_muted, wish)
        return Nothing()

    @property
    def checks(self) -> Mapping[str, Check]:
        """Nothing but the engine is needed."""
        return {}

    def may_tell(self, event: Event) -> bool:
        """Everything that the engine tells is for others."""
        return True

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Nothing runs."""
        yield

    async def drain(self) -> None:
        """End every stream."""
        await self.streams.drain()
