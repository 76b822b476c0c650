"""A foreign client, in Python with aiortc, in one meeting with Chromium."""

import asyncio
from typing import Any

import httpx2
import pytest
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
    VideoStreamTrack,
)
from aiortc.mediastreams import AudioStreamTrack, MediaStreamTrack
from meeting_client import MeetingClient, join
from tests.e2e.patterns import ALICE
from tests.e2e.person import Person

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

DEVICE = "device-of-the-robot"
FIRST_FRAME_S = 30.0


def open_connection() -> tuple[RTCPeerConnection, list[MediaStreamTrack]]:
    """Prepare what a client offers: microphone, camera, one slot for a voice and one for a picture."""
    # Its default leaves the video on a transport of its own, where nothing arrives.
    connection = RTCPeerConnection(RTCConfiguration(bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
    received: list[MediaStreamTrack] = []
    connection.on("track", received.append)
    connection.addTransceiver(AudioStreamTrack(), direction="sendonly")
    connection.addTransceiver(VideoStreamTrack(), direction="sendonly")
    connection.addTransceiver("audio", direction="recvonly")
    connection.addTransceiver("video", direction="recvonly")
    return connection, received


async def offer(connection: RTCPeerConnection) -> dict[str, Any]:
    """Return the body of `media.offer`."""
    await connection.setLocalDescription(await connection.createOffer())
    microphone, camera, voice, picture = (each.mid for each in connection.getTransceivers())
    return {
        "generation": 1,
        "sdp": connection.localDescription.sdp,
        "publish": [
            {"mid": microphone, "source": "microphone"},
            {"mid": camera, "source": "camera"},
        ],
        "audio_slots": [voice],
        "video_slots": [picture],
    }


async def find_colour(track: MediaStreamTrack) -> tuple[int, int, int]:
    """Return the colour of a received picture's corner."""
    async with asyncio.timeout(FIRST_FRAME_S):
        frame = await track.recv()
    reformatted = frame.reformat(width=16, height=16, format="rgb24")
    red, green, blue = bytes(reformatted.planes[0])[:3]
    return red, green, blue


async def test_an_aiortc_client_and_chromium_see_each_other(people: list[Person], email: str) -> None:
    alice = people[0]
    await alice.register(email)
    number = await alice.start_meeting()
    async with httpx2.AsyncClient(base_url=alice.url) as http:
        joined = await join(http, number, device_id=DEVICE, display_name="Robot")

        async def get_ticket() -> str:
            return joined.ticket

        url = alice.url.replace("http", "ws", 1) + "/ws/signaling"
        client = MeetingClient(url, joined.meeting_id, DEVICE, get_ticket)
        connection, received = open_connection()
        async with client.running():
            wish = await offer(connection)
            answer = await client.command("media.offer", wish)
            await connection.setRemoteDescription(RTCSessionDescription(sdp=answer["sdp"], type="answer"))
            await client.update_self(microphone=True, camera=True)
            wanted = {
                "mid": wish["video_slots"][0],
                "participant_id": await alice.self_id(),
                "source": "camera",
                "width": 320,
            }
            await client.command("media.layout", {"slots": [wanted]})
            picture = next(track for track in received if track.kind == "video")
            red, green, blue = await find_colour(picture)
            assert red > max(green, blue), f"Alice's hue is {ALICE.hue}: red"
            await alice.wait_plays(joined.participant_id, "camera")
            await client.send_chat("Hello from aiortc")
            await alice.wait_chat(["Hello from aiortc"])
        await connection.close()
