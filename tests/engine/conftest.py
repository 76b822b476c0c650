"""An engine on loopback, a way to wait for its events, and clients on aiortc."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypedDict, TypeVar, Unpack

import meeting_sfu
import pytest
from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.contrib.media import MediaBlackhole
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

E = TypeVar("E")

# Otherwise aiortc waits for pictures on a transport of their own, which an answer with BUNDLE leaves unused.
BUNDLED = RTCConfiguration(bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)


class Changes(TypedDict, total=False):
    """Settings of an engine that a test may choose."""

    room_split: int


class Recorder:
    """Drains an engine whenever its eventfd is readable and keeps the events in order."""

    def __init__(self, engine: meeting_sfu.Engine) -> None:
        self.engine = engine
        self.events: list[meeting_sfu.Event] = []
        self._arrived = asyncio.Event()

    def drain(self) -> None:
        self.events.extend(self.engine.drain())
        self._arrived.set()

    async def wait_for(self, kind: type[E], matches: Callable[[E], bool] = lambda _: True) -> E:
        """The first event of a kind that matches, already here or still to come."""
        async with asyncio.timeout(15):
            while True:
                self._arrived.clear()
                for event in self.events:
                    if isinstance(event, kind) and matches(event):
                        return event
                await self._arrived.wait()


@dataclass
class Caller:
    """A peer of a room."""

    name: str
    picture: MediaStreamTrack = field(default_factory=VideoStreamTrack)
    connection: RTCPeerConnection = field(default_factory=lambda: RTCPeerConnection(BUNDLED))
    tracks: list[MediaStreamTrack] = field(default_factory=list)
    slots: dict[str, list[str]] = field(default_factory=dict)
    label: str | None = None
    channel: RTCDataChannel | None = None
    can_say: asyncio.Event = field(default_factory=asyncio.Event)
    heard: asyncio.Queue[str | bytes] = field(default_factory=asyncio.Queue)

    async def join(self, recorder: Recorder, room: str, *, request: int, generation: int = 1) -> None:
        """Offer, be answered, and connect."""
        microphone = self.connection.addTransceiver(AudioStreamTrack(), direction="sendonly")
        camera = self.connection.addTransceiver(self.picture, direction="sendonly")
        hearing = [self.connection.addTransceiver("audio", direction="recvonly") for _ in range(2)]
        seeing = [self.connection.addTransceiver("video", direction="recvonly") for _ in range(2)]
        self.connection.on("track", self.tracks.append)
        if self.label is not None:
            self.channel = self.connection.createDataChannel(self.label)
            self.channel.on("open", self.can_say.set)
            self.channel.on("message", self.heard.put_nowait)
        await self.connection.setLocalDescription(await self.connection.createOffer())
        self.slots = {"audio": [t.mid for t in hearing], "video": [t.mid for t in seeing]}
        recorder.engine.open_peer(
            request=request,
            room=room,
            peer=self.name,
            generation=generation,
            offer=self.connection.localDescription.sdp,
            publish=[
                meeting_sfu.PublishedTrack(microphone.mid, "microphone"),
                meeting_sfu.PublishedTrack(camera.mid, "camera"),
            ],
            audio_slots=self.slots["audio"],
            video_slots=self.slots["video"],
        )
        answered = await recorder.wait_for(meeting_sfu.PeerAnswered, lambda e: e.request == request)
        await self.connection.setRemoteDescription(RTCSessionDescription(answered.sdp, "answer"))
        await recorder.wait_for(meeting_sfu.PeerConnected, lambda e: e.peer == self.name)

    def look_at(self, recorder: Recorder, room: str, who: str) -> None:
        """Ask for somebody's camera in the first video slot."""
        entry = meeting_sfu.LayoutEntry(self.slots["video"][0], who, "camera", 640)
        recorder.engine.set_layout(room=room, peer=self.name, entries=[entry])

    async def packets_received(self) -> int:
        """How many packets its slots have got."""
        reports = await self.connection.getStats()
        return sum(r.packetsReceived for r in reports.values() if r.type == "inbound-rtp")

    async def drink(self) -> MediaBlackhole:
        """Take the received media, so that nothing piles up."""
        sink = MediaBlackhole()
        for track in self.tracks:
            sink.addTrack(track)
        await sink.start()
        return sink


@asynccontextmanager
async def recording(**changes: Unpack[Changes]) -> AsyncIterator[Recorder]:
    """A recorder with a running engine. aiortc never uses loopback, so the engine does not either."""
    with meeting_sfu.Engine(meeting_sfu.EngineConfig(workers=2, **changes)) as engine:
        recorder = Recorder(engine)
        loop = asyncio.get_running_loop()
        loop.add_reader(engine.fileno(), recorder.drain)
        yield recorder
        loop.remove_reader(engine.fileno())


@pytest.fixture
async def recorder() -> AsyncIterator[Recorder]:
    """A recorder with a running engine."""
    async with recording() as recorder:
        yield recorder


@pytest.fixture
async def callers(recorder: Recorder) -> AsyncIterator[tuple[Caller, Caller]]:
    """Two callers in one room who hear and see each other."""
    callers = Caller("anna"), Caller("bert")
    for request, caller in enumerate(callers):
        await caller.join(recorder, "room", request=request)
    for own, other in (callers, callers[::-1]):
        own.look_at(recorder, "room", other.name)
    yield callers
    for caller in callers:
        await caller.connection.close()
