"""Firefox ESR and Chromium in one meeting."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest
from tests.e2e.chromium import PROBE
from tests.e2e.firefox import Firefox, open_firefox
from tests.e2e.patterns import ALICE
from tests.e2e.person import Person, by_id, video_of

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(shutil.which("firefox-esr") is None, reason="no firefox-esr: apt install firefox-esr"),
]

SENT = """(async () => {
  let bytes = 0;
  for (const connection of window.__probe.kept.connections)
    (await connection.getStats()).forEach((entry) => {
      if (entry.type === "outbound-rtp" && entry.kind === "video") bytes += entry.bytesSent;
    });
  return bytes;
})()"""
LIVE = "window.__meeting?.view.get().phase === 'live'"


async def join_as_guest(firefox: Firefox, url: str, number: str) -> None:
    """Go in as Felix."""
    await firefox.go(f"{url}/m/{number}")
    await firefox.fill(by_id("display-name"), "Felix")
    await firefox.click(by_id("join-button"))
    await firefox.wait(LIVE)


async def test_firefox_and_chromium_see_hear_and_read_each_other(
    people: list[Person], email: str, tmp_path: Path
) -> None:
    alice = people[0]
    await alice.register(email)
    number = await alice.start_meeting()
    alices_picture = json.dumps(video_of(await alice.self_id(), "camera"))
    async with open_firefox(tmp_path) as firefox:
        await firefox.add_script(PROBE.read_text())
        await join_as_guest(firefox, alice.url, number)
        felix = await firefox.evaluate("window.__meeting.view.get().selfId")
        await alice.wait_view("view.participants.length === 2")
        await alice.wait_plays(felix, "camera")
        await firefox.wait(f"window.__probe.sees({alices_picture}, {ALICE.hue}, 25)")
        # Without a sound card Firefox runs no audio graph: energy it is, not the tone.
        await firefox.wait("window.__probe.energies().then((heard) => heard.some((energy) => energy > 0.01))")
        assert await alice.tones()
        await alice.say("Hello, Firefox")
        await firefox.wait("window.__meeting.view.get().chat.some((e) => e.body === 'Hello, Firefox')")
        await firefox.evaluate("window.__meeting.sendChat('Hello, Chromium') ?? true")
        await alice.wait_chat(["Hello, Firefox", "Hello, Chromium"])


@pytest.mark.alone
async def test_a_camera_in_firefox_rests_while_nobody_watches_and_comes_back(
    people: list[Person], email: str, tmp_path: Path
) -> None:
    alice = people[0]
    await alice.register(email)
    number = await alice.start_meeting()
    async with open_firefox(tmp_path) as firefox:
        await firefox.add_script(PROBE.read_text())
        await join_as_guest(firefox, alice.url, number)
        felix = await firefox.evaluate("window.__meeting.view.get().selfId")
        await alice.wait_plays(felix, "camera")
        await alice.show_only(felix, width=0)
        async with asyncio.timeout(10):
            while await sent_in(firefox, seconds=1) > 0:
                pass
        await alice.show_only(felix, width=320)
        async with asyncio.timeout(5):
            while await sent_in(firefox, seconds=0.5) == 0:
                pass
        await alice.wait_plays(felix, "camera")


async def sent_in(firefox: Firefox, *, seconds: float) -> int:
    """Return how many bytes of pictures Firefox sends in this time."""
    before = int(await firefox.evaluate(SENT))
    await asyncio.sleep(seconds)
    return int(await firefox.evaluate(SENT)) - before
