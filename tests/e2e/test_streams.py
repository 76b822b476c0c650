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
