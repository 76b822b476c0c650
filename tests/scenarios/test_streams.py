"""FFmpeg publishes over WHIP and aiortc watches over WHEP: the whole system, as its users have it."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack
from av import AudioFrame, VideoFrame
from tests.scenarios.test_killed_servers import Meeting, open_meeting

ENCODER = Path(__file__).with_name("encoder.py")
LEASE_S = 15.0
FIRST_MEDIA_S = 30.0

pytestmark = pytest.mark.e2e


async def call(meeting: Meeting, method: str, path: str, body: Any = None) -> Any:
    """Ask as the host."""
    answer = await meeting.http.request(
        method,
        f"/api/v1/meetings/{meeting.meeting_id}{path}",
        json=body,
        headers={"Authorization": f"Bearer {meeting.token}"},
    )
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


@asynccontextmanager
async def encoding(stream: dict[str, str], folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run FFmpeg against a stream's address."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(ENCODER), stream["url"], stream["token"], str(folder)
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def watching(meeting: Meeting, stream: dict[str, str]) -> AsyncIterator[list[MediaStreamTrack]]:
    """Open a player and give its tracks."""
    connection = RTCPeerConnection(RTCConfiguration(bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
    tracks: list[MediaStreamTrack] = []
    connection.on("track", tracks.append)
    connection.addTransceiver("audio", direction="recvonly")
    connection.addTransceiver("video", direction="recvonly")
    await connection.setLocalDescription(await connection.createOffer())
    answer = await meeting.http.post(
        stream["url"],
        content=connection.localDescription.sdp,
        headers={"Content-Type": "application/sdp", "Authorization": f"Bearer {stream['token']}"},
    )
    assert answer.status_code == 201, answer.text
    await connection.setRemoteDescription(RTCSessionDescription(sdp=answer.text, type="answer"))
    try:
        yield tracks
    finally:
        await connection.close()


def colour_of(frame: VideoFrame) -> tuple[int, int, int]:
    """Return red, green and blue of a corner."""
    small = frame.reformat(width=16, height=16, format="rgb24")
    red, green, blue = bytes(small.planes[0])[-3 - small.planes[0].line_size + 48 :][:3]
    return red, green, blue


async def states(meeting: Meeting) -> dict[str, str]:
    """Return who is in the meeting, and how."""
    listed = await call(meeting, "GET", "/participants")
    return {each["display_name"]: each["state"] for each in listed["items"]}


async def wait_state(meeting: Meeting, name: str, state: str, *, timeout_s: float = 15.0) -> None:
    """Wait until a participant is seen so."""
    async with asyncio.timeout(timeout_s):
        while (await states(meeting)).get(name) != state:  # noqa: ASYNC110  # another process
            await asyncio.sleep(0.1)


async def test_what_ffmpeg_publishes_is_seen_and_heard_by_a_player_and_by_nobody_after_its_end(
    tmp_path: Path,
) -> None:
    async with open_meeting(tmp_path) as meeting:
        await call(meeting, "POST", "/start")
        stream = await call(meeting, "POST", "/streams", {"direction": "publish", "name": "Stage"})
        look = await call(meeting, "POST", "/streams", {"direction": "watch", "name": "Wall"})
        async with encoding(stream, tmp_path) as encoder:
            await wait_state(meeting, "Stage", "connected")
            async with watching(meeting, look) as tracks:
                await wait_state(meeting, "Wall", "connected")
                await check_red_and_loud(tracks)
            encoder.terminate()
            assert await encoder.wait() == 0
            await wait_state(meeting, "Stage", "left")


async def check_red_and_loud(tracks: list[MediaStreamTrack]) -> None:
    """Both tracks carry what FFmpeg sends."""
    sound, picture = (next(each for each in tracks if each.kind == kind) for kind in ("audio", "video"))
    async with asyncio.timeout(FIRST_MEDIA_S):
        frame = await picture.recv()
        assert isinstance(frame, VideoFrame)
        red, green, blue = colour_of(frame)
        assert red > 2 * max(green, blue)
        loudest = 0
        while loudest < 8000:
            heard = await sound.recv()
            assert isinstance(heard, AudioFrame)
            samples = memoryview(bytes(heard.planes[0])).cast("h")
            loudest = max(map(abs, samples))


async def test_revoking_a_token_ends_what_runs_by_it_within_a_second(tmp_path: Path) -> None:
    async with open_meeting(tmp_path) as meeting:
        await call(meeting, "POST", "/start")
        stream = await call(meeting, "POST", "/streams", {"direction": "publish", "name": "Stage"})
        async with encoding(stream, tmp_path):
            await wait_state(meeting, "Stage", "connected")
            await call(meeting, "DELETE", f"/streams/{stream['stream_id']}")
            await wait_state(meeting, "Stage", "left", timeout_s=1.0)
        assert (await call(meeting, "GET", "/streams"))["items"] == []


async def test_a_host_removes_an_encoder_and_it_may_not_come_back(tmp_path: Path) -> None:
    async with open_meeting(tmp_path) as meeting:
        await call(meeting, "POST", "/start")
        stream = await call(meeting, "POST", "/streams", {"direction": "publish", "name": "Stage"})
        async with meeting.client(None).running() as host, encoding(stream, tmp_path):
            await host.wait_until(lambda: len(host.view.participants) == 2, timeout_s=15)
            target = next(each for each in host.view.participants.values() if each["is_guest"])
            assert (target["display_name"], target["camera"], target["microphone"]) == ("Stage", True, True)
            await call(meeting, "POST", f"/participants/{target['participant_id']}/remove")
            await host.wait_until(lambda: len(host.view.participants) == 1, timeout_s=2)
        async with encoding(stream, tmp_path) as again:
            async with asyncio.timeout(20):
                assert await again.wait() != 0
        assert (await states(meeting))["Stage"] == "removed"


async def test_a_killed_system_leaves_no_ghost_and_the_encoder_may_come_again(tmp_path: Path) -> None:
    async with open_meeting(tmp_path) as meeting:
        await call(meeting, "POST", "/start")
        stream = await call(meeting, "POST", "/streams", {"direction": "publish", "name": "Stage"})
        look = await call(meeting, "POST", "/streams", {"direction": "watch", "name": "Wall"})
        async with encoding(stream, tmp_path), watching(meeting, look):
            await wait_state(meeting, "Stage", "connected")
            await wait_state(meeting, "Wall", "connected")
            await meeting.server.kill()
        await meeting.server.start()
        await wait_state(meeting, "Stage", "left", timeout_s=LEASE_S + 10)
        await wait_state(meeting, "Wall", "left", timeout_s=LEASE_S + 10)
        async with encoding(stream, tmp_path):
            await wait_state(meeting, "Stage", "connected")
        assert (await meeting.http.get("/ready")).status_code == httpx2.codes.OK
