"""Encoders in a meeting of browsers: an aiortc client and FFmpeg publish over WHIP, Chromium shows them."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest
from aiortc import RTCSessionDescription
from tests.e2e.person import Person
from tests.e2e.test_aiortc import open_connection
from tests.e2e.test_layers import FULL_WIDTH, wait_width
from tests.e2e.test_layers import dora as dora

ENCODER = Path(__file__).parents[1] / "scenarios" / "encoder.py"

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

MAKE_STREAM = """async (body) => {
  const account = await (await fetch("/api/v1/auth/refresh", { method: "POST" })).json();
  const meeting = window.__meeting.view.get().meeting.meetingId;
  const answer = await fetch(`/api/v1/meetings/${meeting}/streams`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${account.access_token}` },
    body: JSON.stringify(body),
  });
  return await answer.json();
}"""
STREAM_ID = "view.participants.find((each) => each.displayName === 'Stage')?.participantId"


async def make_stream(host: Person, **body: Any) -> dict[str, Any]:
    made: dict[str, Any] = await host.page.evaluate(
        MAKE_STREAM, {"direction": "publish", "name": "Stage"} | body
    )
    return made


async def wait_stream(person: Person) -> str:
    """Wait for the encoder's tile and return who it is."""
    await person.wait_view(f"{STREAM_ID} !== undefined")
    return str(await person.view(STREAM_ID))


async def test_an_aiortc_encoder_is_seen_in_the_browsers_and_leaves_by_delete(
    people: list[Person], email: str
) -> None:
    alice, bob, _ = people
    await alice.register(email)
    number = await alice.start_meeting()
    await bob.join(number, name="Bob")
    stream = await make_stream(alice)
    connection, _received = open_connection()
    await connection.setLocalDescription(await connection.createOffer())
    headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {stream['token']}"}
    async with httpx2.AsyncClient(base_url=alice.url) as http:
        answer = await http.post(stream["url"], content=connection.localDescription.sdp, headers=headers)
        assert answer.status_code == 201, answer.text
        await connection.setRemoteDescription(RTCSessionDescription(sdp=answer.text, type="answer"))
        for person in (alice, bob):
            await person.wait_plays(await wait_stream(person), "camera")
        await http.delete(answer.headers["location"], headers=headers)
    for person in (alice, bob):
        await person.wait_view("view.participants.length === 2")
    await connection.close()


async def test_ffmpeg_is_seen_and_heard_in_the_browser_as_a_shared_screen(
    people: list[Person], email: str, tmp_path: Path
) -> None:
    alice = people[0]
    await alice.register(email)
    await alice.start_meeting()
    stream = await make_stream(alice, source="screen")
    encoder = await asyncio.create_subprocess_exec(
        sys.executable, str(ENCODER), stream["url"], stream["token"], str(tmp_path)
    )
    try:
        await alice.wait_plays(await wait_stream(alice), "screen")
        await alice.wait_hears(440)
    finally:
        encoder.terminate()
        await encoder.wait()
    await alice.wait_view("view.participants.length === 1")


PUBLISH = """async ({ url, token }) => {
  const size = { width: 1280, height: 720 };
  const media = await navigator.mediaDevices.getUserMedia({ video: size, audio: true });
  const connection = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  const [sound] = media.getAudioTracks();
  const [picture] = media.getVideoTracks();
  connection.addTransceiver(sound, { direction: "sendonly" });
  connection.addTransceiver(picture, {
    direction: "sendonly",
    sendEncodings: [
      { rid: "l", scaleResolutionDownBy: 4, maxBitrate: 200_000 },
      { rid: "m", scaleResolutionDownBy: 2, maxBitrate: 500_000 },
      { rid: "h", maxBitrate: 1_500_000 },
    ],
  });
  await connection.setLocalDescription();
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/sdp", authorization: `Bearer ${token}` },
    body: connection.localDescription.sdp,
  });
  await connection.setRemoteDescription({ type: "answer", sdp: await answer.text() });
  window.__publisher = connection;
  return answer.headers.get("location");
}"""
SENDS_LAYERS = """async () => [...(await window.__publisher.getStats()).values()]
  .filter((each) => each.type === "outbound-rtp" && each.kind === "video" && each.bytesSent > 0).length > 1"""


@pytest.mark.alone
async def test_an_encoder_with_simulcast_sends_several_layers_and_every_tile_gets_the_one_that_fits(
    dora: Person, people: list[Person], email: str
) -> None:
    alice = people[0]
    await alice.register(email)
    await alice.start_meeting()
    stream = await make_stream(alice)
    await dora.page.goto(f"{dora.url}/login")
    await dora.page.evaluate(PUBLISH, {"url": stream["url"], "token": stream["token"]})
    publisher = await wait_stream(alice)
    await alice.wait_plays(publisher, "camera")
    await alice.wait_hears(dora.look.tone_hz)
    await wait_width(alice, publisher, tile=160, accepted=range(1, FULL_WIDTH // 4 + 1))
    await dora.wait(SENDS_LAYERS)
    await wait_width(alice, publisher, tile=FULL_WIDTH, accepted=range(FULL_WIDTH // 2, FULL_WIDTH + 1))
    await dora.page.close()
    # Nobody said goodbye: the engine misses the packets.
    await alice.wait_view("view.participants.length === 1", timeout_s=45)
