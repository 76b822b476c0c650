"""A browser whose network lets nothing through but TURN: it joins, sees and is seen."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from playwright.async_api import Browser
from tests.e2e.patterns import BOB, Look
from tests.e2e.person import Person, by_id, sit_down
from tests.e2e.server import Server, open_server
from tests.turn_server import SECRET, TurnServer, open_turn_server

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

LOCAL_TYPES = """async () => {
  const found = [];
  for (const connection of window.__probe.kept.connections) {
    const reports = new Map(await connection.getStats());
    for (const pair of reports.values()) {
      if (pair.type === "candidate-pair" && pair.state === "succeeded" && pair.nominated) {
        found.push(reports.get(pair.localCandidateId).candidateType);
      }
    }
  }
  return found;
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def coturn(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TurnServer]:
    async with open_turn_server(tmp_path_factory.mktemp("turn")) as server:
        yield server


@pytest_asyncio.fixture(loop_scope="session")
async def turned(coturn: TurnServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """The system, with a TURN server."""
    settings = {"MEETING_MEDIA__TURN__URLS": coturn.url(), "MEETING_MEDIA__TURN__SECRET": SECRET}
    async with open_server(tmp_path_factory.mktemp("server"), settings) as server:
        yield server


@pytest_asyncio.fixture(loop_scope="session")
async def pair(turned: Server, browsers: dict[Look, Browser]) -> AsyncIterator[list[Person]]:
    """Two people at fresh pages of that system."""
    async with AsyncExitStack() as stack:
        sitting = []
        for look in list(browsers)[:2]:
            person, context = await sit_down(browsers[look], look, turned.url)
            stack.push_async_callback(context.close)
            sitting.append(person)
        yield sitting


async def test_a_browser_that_may_only_use_turn_sees_and_is_seen(pair: list[Person], email: str) -> None:
    alice, bob = pair
    await alice.register(email)
    number = await alice.start_meeting()
    await bob.join(f"{number}?ice=relay", name="Bob")
    await alice.wait_sees(await bob.self_id(), BOB.hue)
    await bob.wait_sees(await alice.self_id(), alice.look.hue)
    await alice.wait_hears(BOB.tone_hz)
    assert set(await bob.page.evaluate(LOCAL_TYPES)) == {"relay"}


async def test_the_connection_test_proves_the_relay(pair: list[Person]) -> None:
    alice = pair[0]
    await alice.page.goto(f"{alice.url}/test-connection")
    await alice.page.click(by_id("start-test"))
    await alice.page.wait_for_selector(f'{by_id("step-relay")}[data-outcome="passed"]', timeout=60_000)
