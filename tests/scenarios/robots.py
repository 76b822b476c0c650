"""Participants without a browser: meet.v1 and aiortc, each with a colour that others can tell them by."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from fractions import Fraction
from typing import Any

import httpx2
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, MediaStreamTrack, VideoStreamTrack
from av import VideoFrame
from meeting_client import MeetingClient, join
from meeting_client.client import Refused

WIDTH, HEIGHT, RATE = 160, 120, 10
CLOCK_HZ = 90_000
AGAIN_S = 0.2


class Shade(VideoStreamTrack):
    """A small picture of one brightness."""

    def __init__(self, brightness: int) -> None:
        super().__init__()
        self._brightness = brightness
        self._number = 0

    async def recv(self) -> VideoFrame:
        await asyncio.sleep(1 / RATE)
        frame = VideoFrame(WIDTH, HEIGHT, "yuv420p")
        for plane, value in zip(frame.planes, (self._brightness, 128, 128), strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        self._number += 1
        frame.pts, frame.time_base = self._number * CLOCK_HZ // RATE, Fraction(1, CLOCK_HZ)
        return frame


class Robot:
    """One participant, who watches one other. Times are the loop's, in seconds."""

    def __init__(self, name: str, brightness: int) -> None:
        self.name = name
        self.brightness = brightness
        self.pid = ""
        self.watched = ""
        self.rebuilds: list[tuple[float, str]] = []
        self.frames: list[tuple[float, int]] = []
        self.sounds = 0
        self.generation = 0
        self.refusals: list[str] = []
        self._client: MeetingClient | None = None
        self._connection: RTCPeerConnection | None = None
        self.wish: dict[str, Any] = {}
        self._must_offer = asyncio.Event()

    @property
    def client(self) -> MeetingClient:
        assert self._client is not None
        return self._client

    @property
    def connection(self) -> RTCPeerConnection:
        """The present connection of its media."""
        assert self._connection is not None
        return self._connection

    @asynccontextmanager
    async def present(self, http: httpx2.AsyncClient, meeting_id: str) -> AsyncIterator["Robot"]:
        """Be in the meeting while the block runs; whenever media has to be built anew, build it."""

        async def get_ticket() -> str:
            joined = await join(http, meeting_id, device_id=f"device-of-{self.name}", display_name=self.name)
            self.pid = joined.participant_id
            return joined.ticket

        url = str(http.base_url).rstrip("/").replace("http", "ws", 1) + "/ws/signaling"
        self._client = MeetingClient(
            url, meeting_id, f"device-of-{self.name}", get_ticket, on_event=self._hear
        )
        async with self._client.running(), asyncio.TaskGroup() as group:
            await self._offer(group)
            await self.client.update_self(microphone=True, camera=True)
            building = group.create_task(self._build_anew(group))
            try:
                yield self
            finally:
                building.cancel()
                if self._connection is not None:
                    await self._connection.close()

    async def watch(self, other: "Robot") -> None:
        """Ask for another one's picture."""
        self.watched = other.pid
        await self._lay_out()

    def frames_since(self, since_s: float, brightness: int) -> list[float]:
        """Return when frames of that brightness came."""
        return [at_s for at_s, shown in self.frames if at_s > since_s and abs(shown - brightness) < 6]

    def _hear(self, event: dict[str, Any]) -> None:
        if event["t"] == "media.rebuild":
            self.rebuilds.append((asyncio.get_running_loop().time(), event["d"]["reason"]))
            self._must_offer.set()

    async def _build_anew(self, group: asyncio.TaskGroup) -> None:
        while True:
            await self._must_offer.wait()
            self._must_offer.clear()
            try:
                await self._offer(group)
                await self._lay_out()
            except Refused as error:
                self.refusals.append(str(error))
                await asyncio.sleep(AGAIN_S)
                self._must_offer.set()

    async def _offer(self, group: asyncio.TaskGroup) -> None:
        if self._connection is not None:
            await self._connection.close()
        self._connection = connection = RTCPeerConnection(
            RTCConfiguration(bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        connection.on("track", lambda track: group.create_task(self._take(track)))
        connection.addTransceiver(AudioStreamTrack(), direction="sendonly")
        connection.addTransceiver(Shade(self.brightness), direction="sendonly")
        connection.addTransceiver("audio", direction="recvonly")
        connection.addTransceiver("video", direction="recvonly")
        await connection.setLocalDescription(await connection.createOffer())
        microphone, camera, voice, picture = (each.mid for each in connection.getTransceivers())
        self.generation += 1
        self.wish = {
            "generation": self.generation,
            "sdp": connection.localDescription.sdp,
            "publish": [
                {"mid": microphone, "source": "microphone"},
                {"mid": camera, "source": "camera"},
            ],
            "audio_slots": [voice],
            "video_slots": [picture],
        }
        answer = await self.client.command("media.offer", self.wish)
        await connection.setRemoteDescription(RTCSessionDescription(sdp=answer["sdp"], type="answer"))

    async def _lay_out(self) -> None:
        slot = {
            "mid": self.wish["video_slots"][0],
            "participant_id": self.watched,
            "source": "camera",
            "width": WIDTH,
        }
        await self.client.command("media.layout", {"slots": [slot] if self.watched else []})

    async def _take(self, track: MediaStreamTrack) -> None:
        """Note what arrives on a track until it ends."""
        with suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                if isinstance(frame, VideoFrame):
                    middle = bytes(frame.planes[0])[frame.planes[0].line_size * (frame.height // 2) + 40]
                    self.frames.append((asyncio.get_running_loop().time(), middle))
                else:
                    self.sounds += 1
