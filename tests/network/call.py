"""Two people in a meeting: Alice sits beside the server, Bob at the far end of a link that can be bad."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from playwright.async_api import Browser, async_playwright
from tests.e2e.patterns import ALICE, BOB
from tests.e2e.person import Person
from tests.e2e.server import Server, open_server
from tests.network.browsers import open_browser, sit_down_to_watch
from tests.network.emulator import Link, open_link
from tests.network.impairment import CLEAN

_numbers = count(1)


@dataclass(frozen=True)
class Site:
    """A server, a link, and a browser at either end of it."""

    server: Server
    link: Link
    near: Browser
    far: Browser


@dataclass(frozen=True)
class Call:
    """A meeting in which both see and hear each other. `bob` is behind the link."""

    server: Server
    link: Link
    alice: Person
    bob: Person

    @property
    def both(self) -> tuple[Person, Person]:
        """Everybody."""
        return self.alice, self.bob

    async def wait_until_everybody_sees(self, *, timeout_s: float = 40.0) -> None:
        """Return when either has a moving picture of the other."""
        for person, other in ((self.alice, self.bob), (self.bob, self.alice)):
            await person.wait_sees(await other.self_id(), other.look.hue, timeout_s=timeout_s)


@asynccontextmanager
async def open_site(folder: Path) -> AsyncIterator[Site]:
    """Run all that calls need; the link is clean."""
    async with AsyncExitStack() as stack:
        link = await stack.enter_async_context(open_link())
        settings = {"MEETING_HTTP__BIND": "0.0.0.0", "MEETING_MEDIA__ADVERTISED": link.plan.server}
        server = await stack.enter_async_context(open_server(folder, settings))
        playwright = await stack.enter_async_context(async_playwright())
        near = open_browser(playwright, ALICE, folder, link, far=False)
        far = open_browser(playwright, BOB, folder, link, far=True)
        yield Site(server, link, await stack.enter_async_context(near), await stack.enter_async_context(far))


@asynccontextmanager
async def open_call(site: Site) -> AsyncIterator[Call]:
    """Let Alice and Bob meet at fresh pages over a clean link; the link is clean afterwards."""
    async with AsyncExitStack() as stack:
        sitting = []
        for browser, look in ((site.near, ALICE), (site.far, BOB)):
            person, context = await sit_down_to_watch(browser, look, site.server.url)
            stack.push_async_callback(context.close)
            sitting.append(person)
        stack.push_async_callback(site.link.move_client_back)
        stack.push_async_callback(site.link.set_both, CLEAN)
        alice, bob = sitting
        await alice.register(f"alice-{next(_numbers)}@example.org")
        await bob.join(await alice.start_meeting(), name=bob.look.name)
        call = Call(site.server, site.link, alice, bob)
        await call.wait_until_everybody_sees()
        yield call
        assert [complaint for person in sitting for complaint in person.complaints] == []
