"""A camera sends several sizes, and each viewer gets the one that fits the tile."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright
from tests.e2e.chromium import open_chromium
from tests.e2e.patterns import Look, write_video
from tests.e2e.person import Person, sit_down, video_of
from tests.e2e.server import Server

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

DORA = Look("Dora", hue=60, tone_hz=700)
FULL_WIDTH = 1280
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
