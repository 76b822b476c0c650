"""A running engine and a foreign client (aiortc) to connect to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

import pytest_asyncio
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

from meeting_system.adapters.sfu import SfuEngine, open_engine
from meeting_system.contracts.media import OpenPeer, Source, Track
from meeting_system.media.settings import MediaSettings

SETTINGS = MediaSettings(port=0, workers=1)


@pytest_asyncio.fixture
async def engine() -> AsyncIterator[SfuEngine]:
    """An engine on a free port of this machine."""
    async with open_engine(SETTINGS) as running:
        yield running


@dataclass
class Client:
    """One aiortc connection that sends one track, usually silence, and has one slot of its kind."""

    connection: RTCPeerConnection
    connected: asyncio.Event = field(default_factory=asyncio.Event)

    async def wish(
        self, meeting: str, name: str, generation: int = 1, source: Source = "microphone"
    ) -> OpenPeer:
        """Offer."""
        await self.connection.setLocalDescription(await self.connection.createOffer())
        sending, receiving = self.connection.getTransceivers()
        return OpenPeer(
            meeting_id=meeting,
            participant_id=name,
            generation=generation,
            offer=self.connection.localDescription.sdp,
            publish=[Track(mid=sending.mid, source=source)],
            audio_slots=[receiving.mid] if receiving.kind == "audio" else [],
            video_slots=[receiving.mid] if receiving.kind == "video" else [],
        )

    async def accept(self, answer: str) -> None:
        """Take the answer and wait until the connection is up."""
        await self.connection.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
        async with asyncio.timeout(10):
            await self.connected.wait()


@asynccontextmanager
async def open_client(
    kind: Literal["audio", "video"] = "audio", codec: str | None = None
) -> AsyncIterator[Client]:
    """Prepare a connection, with one codec or all that aiortc has, and close it at the end."""
    # Its default policy looks for candidates in the last bundled m-line only.
    connection = RTCPeerConnection(RTCConfiguration(bundlePolicy=RTCBundlePolicy.MAX_COMPAT))
    client = Client(connection)

    @connection.on("connectionstatechange")
    def note() -> None:
        if connection.connectionState == "connected":
            client.connected.set()

    track = AudioStreamTrack() if kind == "audio" else VideoStreamTrack()
    connection.addTransceiver(track, direction="sendonly")
    connection.addTransceiver(kind, direction="recvonly")
    if codec is not None:
        for line in connection.getTransceivers():
            line.setCodecPreferences(
                [known for known in RTCRtpSender.getCapabilities(kind).codecs if known.name == codec]
            )
    try:
        yield client
    finally:
        await connection.close()
