"""A camera sends several sizes, and each viewer gets the one that fits the tile; what nobody wants rests."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright
from tests.e2e.chromium import open_chromium
from tests.e2e.patterns import Look, write_video
from tests.e2e.person import SHOW_ONLY, Person, sit_down, video_of
from tests.e2e.server import Server

pytestmark = [pytest.mark.e2e, pytest.mark.alone, pytest.mark.asyncio(loop_scope="session")]

DORA = Look("Dora", hue=60, tone_hz=700)
FULL_WIDTH = 1280
SMALL_TILE = 160
# The engine lingers for 5 s, then the word has to reach the browser.
RESTS_WITHIN_S = 8.0
RESUMES_WITHIN_S = 2.0
WIDTH_OF = "(selector) => document.querySelector(selector)?.videoWidth ?? 0"


@pytest_asyncio.fixture(loop_scope="session")
async def dora(server: Server, tmp_path: Path) -> AsyncIterator[Person]:
    """Somebody with a camera of 1280 × 720."""
    picture = partial(write_video, width=FULL_WIDTH, height=720)
    async with (
        async_playwright() as playwright,
        open_chromium(playwright, DORA, tmp_path, write_picture=picture) as browser,
    ):
        person, context = await sit_down(browser, DORA, server.url)
        yield person
        await context.close()


async def wait_width(viewer: Person, publisher_id: str, *, tile: int, accepted: range) -> None:
    """Ask for a tile of `tile` pixels and wait until the picture's width is accepted."""
    ask = f"window.__meeting.setTiles([{{participantId: '{publisher_id}', source: 'camera', width: {tile}}}])"
    await viewer.page.evaluate(ask)
    await viewer.wait(
        f"([selector, low, high]) => {{ const width = ({WIDTH_OF})(selector); "
        "return width >= low && width <= high; }",
        [video_of(publisher_id, "camera"), accepted.start, accepted.stop],
    )


async def test_a_smaller_tile_receives_a_smaller_picture_and_a_larger_one_a_larger(
    dora: Person, people: list[Person], email: str
) -> None:
    viewer = people[1]
    await dora.register(email)
    await viewer.join(await dora.start_meeting(), name="Bob")
    publisher = await dora.self_id()
    await viewer.wait_sees(publisher, DORA.hue)
    await wait_width(viewer, publisher, tile=160, accepted=range(1, FULL_WIDTH // 4))
    await wait_width(viewer, publisher, tile=FULL_WIDTH, accepted=range(FULL_WIDTH // 2, FULL_WIDTH))
    await wait_width(viewer, publisher, tile=160, accepted=range(1, FULL_WIDTH // 4))
    await viewer.wait_sees(publisher, DORA.hue)


# Seconds from the wish for a large tile to the first picture that is as wide.
ENLARGE = f"""async ([id, width, selector, patience]) => {{
  const began = performance.now();
  ({SHOW_ONLY})([id, width]);
  const passed = () => (performance.now() - began) / 1000;
  while (({WIDTH_OF})(selector) < width / 2 && passed() < patience)
    await new Promise((resolve) => setTimeout(resolve, 20));
  return passed();
}}"""
SENT = """async () => {
  const sent = {};
  for (const connection of window.__probe.kept.connections)
    (await connection.getStats()).forEach((entry) => {
      if (entry.type === "outbound-rtp" && entry.rid) sent[entry.rid] = entry.bytesSent;
    });
  return sent;
}"""


async def layers_sent(publisher: Person, *, during_s: float) -> set[str]:
    """Return the names of the layers of which something is sent in this time."""
    before = await publisher.page.evaluate(SENT)
    await asyncio.sleep(during_s)
    after = await publisher.page.evaluate(SENT)
    return {rid for rid, sent in after.items() if sent > before.get(rid, 0)}


async def wait_layers(publisher: Person, wanted: set[str], *, within_s: float) -> None:
    """Wait until exactly these layers are sent."""
    sent: set[str] | None = None
    try:
        async with asyncio.timeout(within_s):
            while sent != wanted:
                sent = await layers_sent(publisher, during_s=0.5)
    except TimeoutError:
        raise AssertionError(f"{publisher.look.name} sends {sent}, not {wanted}") from None


async def test_layers_that_nobody_wants_rest_and_come_back_at_once(
    dora: Person, people: list[Person], email: str
) -> None:
    viewers = people[1:]
    await dora.register(email)
    number = await dora.start_meeting()
    publisher = await dora.self_id()
    for viewer in viewers:
        await viewer.join(number, name=viewer.look.name)
        await viewer.wait_sees(publisher, DORA.hue)
        await viewer.show_only(publisher, width=FULL_WIDTH)
    await wait_layers(dora, {"q", "h", "f"}, within_s=40)
    for viewer in viewers:
        await viewer.show_only(publisher, width=SMALL_TILE)
    await wait_layers(dora, {"q"}, within_s=RESTS_WITHIN_S)
    await viewers[0].wait_sees(publisher, DORA.hue)
    large = [publisher, FULL_WIDTH, video_of(publisher, "camera"), 40]
    assert await viewers[1].page.evaluate(ENLARGE, large) < RESUMES_WITHIN_S
    await wait_layers(dora, {"q", "h", "f"}, within_s=5)
    await viewers[0].wait_sees(publisher, DORA.hue)


async def test_a_camera_that_nobody_watches_rests_while_its_owner_sees_it(
    dora: Person, people: list[Person], email: str
) -> None:
    viewer = people[1]
    await dora.register(email)
    number = await dora.start_meeting()
    publisher = await dora.self_id()
    await dora.wait(f"async () => Object.values(await ({SENT})()).some((bytes) => bytes > 0)")
    await wait_layers(dora, set(), within_s=RESTS_WITHIN_S)
    await dora.wait_plays(publisher, "camera")
    await viewer.join(number, name="Bob")
    await viewer.wait_sees(publisher, DORA.hue)
    await viewer.page.evaluate("window.__meeting.leave()")
    await wait_layers(dora, set(), within_s=RESTS_WITHIN_S)
