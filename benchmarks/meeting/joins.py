"""How long a join takes for a person: from the click to the first frame of somebody else, in Chromium."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.meeting.figures import percentile
from playwright.async_api import Browser, async_playwright
from tests.e2e.chromium import open_chromium
from tests.e2e.patterns import ALICE, BOB
from tests.e2e.person import by_id, sit_down
from tests.e2e.server import Server

JOINS = 20
WARM_UP = 2
WATCH = Path(__file__).with_name("first_frame.js")
PHASES = ("joined", "connected", "frame")


@asynccontextmanager
async def two_browsers() -> AsyncIterator[tuple[Browser, Browser]]:
    """Run a browser for the host and one for those who join."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            async_playwright() as playwright,
            open_chromium(playwright, ALICE, Path(folder)) as host,
            open_chromium(playwright, BOB, Path(folder)) as guest,
        ):
            yield host, guest


async def join_once(browser: Browser, url: str, reference: str) -> dict[str, float]:
    """Join as a guest at a fresh page; return the milliseconds from the click to each phase."""
    bob, context = await sit_down(browser, BOB, url)
    await context.add_init_script(path=WATCH)
    try:
        await bob.page.goto(f"{url}/m/{reference}")
        await bob.page.wait_for_selector(by_id("join-button"))
        await bob.page.fill(by_id("display-name"), "Bob")
        await bob.page.wait_for_timeout(500)  # a person looks at the preview; it also lets the page settle
        await bob.page.click(by_id("join-button"))
        await bob.wait("() => window.__times.frame !== null")
        times = await bob.page.evaluate("window.__times")
        await bob.page.click(by_id("leave"))
        return {phase: times[phase] - times["pressed"] for phase in PHASES}
    finally:
        await context.close()


async def measure_joins(server: Server) -> dict[str, float]:
    """Let a guest join a meeting in which somebody shows a picture, again and again."""
    async with two_browsers() as (first, second):
        alice, context = await sit_down(first, ALICE, server.url)
        await alice.register("host@example.org")
        reference = await alice.start_meeting()
        times = [await join_once(second, server.url, reference) for _ in range(WARM_UP + JOINS)][WARM_UP:]
        await context.close()
    figures: dict[str, float] = {"joins": JOINS}
    for phase in PHASES:
        values = [one[phase] for one in times]
        figures[f"{phase}_p50_ms"] = round(percentile(values, 0.5))
        figures[f"{phase}_p95_ms"] = round(percentile(values, 0.95))
    return figures
