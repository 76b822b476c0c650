"""One server and three browsers for all end-to-end tests; fresh pages for each."""

import importlib.util
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright
from tests.e2e.chromium import open_chromium
from tests.e2e.patterns import ALICE, BOB, CAROL, Look
from tests.e2e.person import Person, sit_down
from tests.e2e.server import Server
from tests.scenarios.cluster import open_system

LOOKS = (ALICE, BOB, CAROL)
CLIENT = Path(__file__).parents[2] / "clients" / "web" / "dist" / "index.html"
_numbers = count(1)


def find_missing() -> str | None:
    """Say what these tests lack here."""
    if shutil.which("chromium") is None:
        return "no chromium: apt install chromium"
    if not CLIENT.exists():
        return "the web client is not built: make setup"
    if importlib.util.find_spec("meeting_sfu") is None:
        return "the media engine is not built: make setup"
    return None


@pytest.fixture(scope="session", autouse=True)
def _everything_needed() -> None:
    if (missing := find_missing()) is not None:
        pytest.skip(missing)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """The running system: one process, or with E2E_SYSTEM=cluster separate ones behind Nginx."""
    kind = os.environ.get("E2E_SYSTEM", "one process")
    async with open_system(kind, tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browsers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[Look, Browser]]:
    """A browser process for each look."""
    folder = tmp_path_factory.mktemp("devices")
    async with async_playwright() as playwright, AsyncExitStack() as stack:
        yield {
            look: await stack.enter_async_context(open_chromium(playwright, look, folder)) for look in LOOKS
        }


@pytest_asyncio.fixture(loop_scope="session")
async def people(server: Server, browsers: dict[Look, Browser]) -> AsyncIterator[list[Person]]:
    """Alice, Bob and Carol at fresh pages. No page may throw."""
    async with AsyncExitStack() as stack:
        sitting = []
        for look, browser in browsers.items():
            person, context = await sit_down(browser, look, server.url)
            stack.push_async_callback(context.close)
            sitting.append(person)
        yield sitting
        assert [complaint for person in sitting for complaint in person.complaints] == []


@pytest.fixture
def email() -> str:
    """An address that no other test uses."""
    return f"alice-{next(_numbers)}@example.org"


@pytest_asyncio.fixture(loop_scope="session")
async def trio(people: list[Person], email: str) -> list[Person]:
    """Alice, who hosts, Bob and Carol, all three in one meeting."""
    alice, bob, carol = people
    await alice.register(email)
    number = await alice.start_meeting()
    await bob.join(number, name="Bob")
    await carol.join(number, name="Carol")
    for person in people:
        await person.wait_view("view.participants.length === 3")
    return people
