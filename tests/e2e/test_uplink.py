"""What carries nothing costs nothing: lines without a track take no share of the uplink."""

import asyncio
from typing import Any

import pytest
from tests.e2e.person import Person, by_id

pytestmark = [pytest.mark.e2e, pytest.mark.alone, pytest.mark.asyncio(loop_scope="session")]

SENDING = """async () => {
  const connection = window.__probe.kept.connections.at(-1);
  const lines = connection.getTransceivers().filter((line) => line.direction === "sendonly").map((line) => ({
    kind: line.sender.track?.kind ?? null,
    active: line.sender.getParameters().encodings.some((encoding) => encoding.active),
  }));
  let pairBytes = 0, videoBytes = 0;
  (await connection.getStats()).forEach((report) => {
    if (report.type === "candidate-pair" && report.nominated)
      pairBytes = Math.max(pairBytes, report.bytesSent);
    if (report.type !== "outbound-rtp" || report.kind !== "video") return;
    videoBytes += report.bytesSent + report.headerBytesSent;
  });
  return { lines, pairBytes, videoBytes, offers: connection.localDescription.sdp.split("\\n")[1] };
}"""
QUIET_S = 5.0
# A tone with redundancy and reports is 95 kbit/s: no picture fits beside it.
SOUND_BPS = 140_000
STRAY_BYTES = 1_000  # a packet of padding or two
# A browser looks how wide the path is in the moment it connects, before an answer has let lines rest.
ONE_PROBE_BYTES = 20_000


async def sending(person: Person) -> dict[str, Any]:
    """Return what this browser sends: each sending line, and bytes so far."""
    found: dict[str, Any] = await person.page.evaluate(SENDING)
    return found


async def test_lines_without_a_track_are_inactive_and_send_nothing_until_one_comes(
    trio: list[Person],
) -> None:
    alice, bob, _ = trio
    await bob.wait_sees(await alice.self_id(), alice.look.hue)
    offer = (await sending(alice))["offers"]
    await alice.page.keyboard.press("Control+e")
    await alice.wait_view("!view.participants.find((one) => one.isSelf).camera")
    await asyncio.sleep(1.0)
    before = await sending(alice)
    assert [line["active"] for line in before["lines"]] == [True, False, False, False], before
    await asyncio.sleep(QUIET_S)
    after = await sending(alice)
    assert after["videoBytes"] - before["videoBytes"] <= STRAY_BYTES, (
        "padding for a picture that there is not"
    )
    assert (after["pairBytes"] - before["pairBytes"]) * 8 / QUIET_S < SOUND_BPS
    await alice.page.keyboard.press("Control+e")
    await bob.wait_sees(await alice.self_id(), alice.look.hue)
    again = await sending(alice)
    assert [line["active"] for line in again["lines"]] == [True, True, False, False]
    assert again["offers"] == offer, "nothing was negotiated anew"


async def test_who_joins_without_a_camera_sends_sound_only(people: list[Person], email: str) -> None:
    alice, bob, _ = people
    await alice.register(email)
    number = await alice.start_meeting()
    await bob.page.goto(f"{bob.url}/m/{number}")
    await bob.page.click(by_id("toggle-camera"))
    await bob.page.fill(by_id("display-name"), "Bob")
    await bob.enter()
    await bob.wait_sees(await alice.self_id(), alice.look.hue)
    found = await sending(bob)
    assert [line["active"] for line in found["lines"]] == [True, False, False, False], found
    assert found["videoBytes"] <= ONE_PROBE_BYTES
    await asyncio.sleep(QUIET_S)
    assert (await sending(bob))["videoBytes"] - found["videoBytes"] <= STRAY_BYTES
