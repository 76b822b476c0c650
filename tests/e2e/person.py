"""One person at one browser: what they do, and what they see and hear."""

import asyncio
import json
from typing import Any

from playwright.async_api import Browser, BrowserContext, FilePayload, Page, ViewportSize
from tests.e2e.chromium import PROBE
from tests.e2e.patterns import Look

PASSWORD = "correct horse battery staple"  # of an account that lives as long as a test
MEDIA_TIMEOUT_MS = 40_000
HUE_TOLERANCE = 25
POLL_S = 0.25
WINDOW = ViewportSize(width=960, height=640)  # small: software draws them all
# The page asks for what it shows whenever that changes: from the first of these on, only the test does.
SHOW_ONLY = """([participantId, width]) => {
  const meeting = window.__meeting;
  window.__ask ??= meeting.setTiles;
  meeting.setTiles = () => undefined;
  window.__ask(width > 0 ? [{ participantId, source: "camera", width }] : []);
}"""
SHOW_VIEW = "() => JSON.stringify(window.__meeting?.view.get() ?? null).slice(0, 3000)"
CONFIRMED = "view.chat.filter((entry) => entry.seq !== null).map((entry) => entry.body)"


def by_id(name: str) -> str:
    """Selector of an element by its data-testid."""
    return f'[data-testid="{name}"]'


def video_of(participant_id: str, source: str) -> str:
    """Selector of the picture of a tile."""
    return f"{by_id(f'tile-{participant_id}-{source}')} video"


def same_tone(found: float, wanted: float) -> bool:
    return abs(found - wanted) < wanted * 0.05


class Person:
    """A page of a browser whose devices show `look`."""

    def __init__(self, page: Page, look: Look, url: str) -> None:
        self.page = page
        self.look = look
        self.url = url
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    async def register(self, email: str) -> None:
        """Make an account and end on the home page."""
        await self.page.goto(f"{self.url}/register")
        await self.page.fill(by_id("email"), email)
        await self.page.fill(by_id("display-name"), self.look.name)
        await self.page.fill(by_id("password"), PASSWORD)
        await self.page.click(by_id("submit"))
        await self.page.wait_for_selector(by_id("new-meeting"))

    async def start_meeting(self) -> str:
        """Make a new meeting, join it, and return its number."""
        await self.page.click(by_id("new-meeting"))
        await self.page.wait_for_url("**/m/*")
        await self.enter()
        return str(await self.view("view.meeting.meetingNo"))

    async def join(self, reference: str, *, password: str | None = None, name: str | None = None) -> None:
        """Open the link of a meeting and go in."""
        await self.page.goto(f"{self.url}/m/{reference}")
        await self.page.wait_for_selector(by_id("join-button"))
        if name is not None:
            await self.page.fill(by_id("display-name"), name)
        if password is not None:
            await self.page.fill(by_id("meeting-password"), password)
        await self.enter()

    async def enter(self) -> None:
        """Press Join on the pre-join page and wait until the meeting is live."""
        await self.page.click(by_id("join-button"))
        await self.wait_view("view.phase === 'live'")

    async def wait(self, function: str, argument: Any = None, *, timeout_s: float = 40.0) -> None:
        """Wait until a function of the page answers true.

        Playwright's own `wait_for_function` runs `eval` in the page, which our security policy forbids.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while not await self.page.evaluate(function, argument):  # noqa: ASYNC110  # another process
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            raise AssertionError(
                f"{self.look.name} waited {timeout_s:g} s in vain for {function} {argument or ''}; "
                f"the view: {await self.page.evaluate(SHOW_VIEW)}"
            ) from None

    async def view(self, expression: str) -> Any:
        """Evaluate an expression of the meeting's `view`."""
        return await self.page.evaluate(
            f"(() => {{ const view = window.__meeting.view.get(); return {expression}; }})()"
        )

    async def wait_view(self, expression: str, *, timeout_s: float = 40.0) -> None:
        """Wait until an expression of the meeting's `view` is true."""
        await self.wait(
            f"() => {{ const view = window.__meeting?.view.get(); return view && ({expression}); }}",
            timeout_s=timeout_s,
        )

    async def self_id(self) -> str:
        return str(await self.view("view.selfId"))

    async def wait_sees(self, participant_id: str, hue: int, *, timeout_s: float = 40.0) -> None:
        """Wait until the camera tile of a participant shows their colour, and moves."""
        await self.wait(
            "([selector, hue, tolerance]) => window.__probe.sees(selector, hue, tolerance)",
            [video_of(participant_id, "camera"), hue, HUE_TOLERANCE],
            timeout_s=timeout_s,
        )

    async def wait_plays(self, participant_id: str, source: str, *, timeout_s: float = 40.0) -> None:
        """Wait until a tile, whatever its colours, shows picture after picture."""
        await self.wait(
            "(selector) => window.__probe.plays(selector)",
            video_of(participant_id, source),
            timeout_s=timeout_s,
        )

    async def show_only(self, participant_id: str, *, width: int) -> None:
        """Ask for one camera of this width and nothing else, whatever the page shows; 0: for none."""
        await self.page.evaluate(SHOW_ONLY, [participant_id, width])

    async def tones(self, *, listen_s: float = 1.5) -> list[float]:
        """Frequencies of the sounds that arrive, one a receive slot that is not silent."""
        heard = await self.page.evaluate(f"window.__probe.tones({listen_s * 1000})")
        return sorted(tone["hz"] for tone in heard if tone["db"] > -60)

    async def wait_hears(self, *tones_hz: int, timeout_s: float = 40) -> None:
        """Wait until exactly these tones are heard, within 5 %."""
        heard: list[float] = []
        wanted = sorted(tones_hz)
        for _ in range(int(timeout_s / 1.5)):
            heard = await self.tones()
            if len(heard) == len(wanted) and all(map(same_tone, heard, wanted)):
                return
        raise AssertionError(f"{self.look.name} hears {heard}, not {wanted}")

    async def say(self, text: str) -> None:
        """Send a chat message."""
        await self.open_chat()
        await self.page.fill(by_id("chat-input"), text)
        await self.page.click(by_id("chat-send"))

    async def open_chat(self) -> None:
        if await self.page.locator(by_id("chat-input")).count() == 0:
            await self.page.click(by_id("open-chat"))
            await self.page.wait_for_selector(by_id("chat-input"))

    async def open_people(self) -> None:
        if await self.page.locator('[data-testid^="person-"]').count() == 0:
            await self.page.click(by_id("open-people"))
            await self.page.wait_for_selector('[data-testid^="person-"]')

    async def choose(self, action: str, participant_id: str) -> None:
        """Choose something of somebody's menu in the people panel."""
        await self.open_people()
        await self.page.click(by_id(f"person-menu-{participant_id}"))
        await self.page.click(by_id(f"{action}-{participant_id}"))

    async def choose_more(self, action: str) -> None:
        """Choose something behind *More*, which is a menu, or on a phone a sheet."""
        await self.page.click(by_id("open-more"))
        await self.page.click(by_id(f"more-{action}"))

    async def select(self, label: str, name: str) -> None:
        """Choose one of a list, with the keyboard: where everything is slow, a click on it may go nowhere."""
        await self.page.get_by_role("button", name=label).click()
        await self.page.get_by_role("option", name=name, exact=True).press("Enter")

    async def hand_over(self, button: str, file: FilePayload) -> None:
        """Press a button that asks for a file, and choose this one."""
        async with self.page.expect_file_chooser() as chooser:
            await self.page.click(by_id(button))
        await (await chooser.value).set_files([file])

    async def chat(self) -> list[str]:
        """Texts of the confirmed messages in the order of the view."""
        return list(
            await self.view("view.chat.filter((entry) => entry.seq !== null).map((entry) => entry.body)")
        )

    async def wait_chat(self, texts: list[str], *, timeout_s: float = 40.0) -> None:
        """Wait until the confirmed chat is exactly this."""
        wanted = json.dumps(texts)
        await self.wait_view(f"JSON.stringify({CONFIRMED}) === JSON.stringify({wanted})", timeout_s=timeout_s)

    async def cut_socket(self) -> None:
        """Lose the signaling connection, as a network does."""
        await self.page.evaluate("window.__probe.kept.sockets.forEach((socket) => socket.close())")


async def sit_down(
    browser: Browser, look: Look, url: str, *, locale: str = "en-US", **screen: Any
) -> tuple[Person, BrowserContext]:
    """Open a fresh page: no cookies, nothing stored. `screen`: more of what contexts are made of."""
    context = await browser.new_context(**{"locale": locale, "viewport": WINDOW} | screen)
    context.set_default_timeout(MEDIA_TIMEOUT_MS)
    await context.grant_permissions(["camera", "microphone"], origin=url)
    await context.add_init_script(path=PROBE)
    return Person(await context.new_page(), look, url), context
