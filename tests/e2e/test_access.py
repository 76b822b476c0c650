"""Everyone can use it: by keyboard, on a phone, with a screen reader, in both languages."""

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Browser, FilePayload, Page
from tests.e2e.chromium import PROBE
from tests.e2e.patterns import ALICE, BOB, Look
from tests.e2e.person import PASSWORD, Person, by_id
from tests.e2e.server import Server

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
PUBLIC_PAGES = ("/", "/login", "/register", "/test-connection")
PHONE = {"width": 390, "height": 844}


# Half faded in, every text lacks contrast. What turns for ever isn't waited for.
STILL = """Promise.allSettled(
  document.getAnimations()
    .filter((one) => one.effect.getTiming().iterations !== Infinity)
    .map((one) => one.finished)
)"""


async def find_violations(page: Page) -> list[dict[str, Any]]:
    """Run axe on what is shown now: rule, and the elements it complains of.

    Left out are react-aria's announcements: for some seconds they name a button that is gone by then.
    """
    await page.evaluate(AXE.read_text())
    await page.evaluate(STILL)
    found = await page.evaluate(
        """axe.run(
          { exclude: ["[data-live-announcer]"] },
          { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] },
        )"""
    )
    return [
        {"rule": violation["id"], "elements": [node["html"][:200] for node in violation["nodes"]]}
        for violation in found["violations"]
    ]


async def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(
        await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
async def test_public_pages_have_no_axe_violation_and_fit_a_phone(
    server: Server, browsers: dict[Look, Browser], locale: str
) -> None:
    context = await browsers[ALICE].new_context(locale=locale, viewport=PHONE)  # type: ignore[arg-type]
    page = await context.new_page()
    for path in PUBLIC_PAGES:
        await page.goto(server.url + path)
        await page.wait_for_selector("h1")
        assert await page.evaluate("document.documentElement.lang") == ("en" if locale == "en-US" else locale)
        assert await find_violations(page) == [], path
        assert await overflow(page) <= 0, path
    await context.close()


async def set_picture(person: Person) -> None:
    """Choose a picture in the settings, and go back to the home page."""
    drawn = io.BytesIO()
    Image.new("RGB", (300, 300), (200, 30, 30)).save(drawn, "PNG")
    await person.page.goto(f"{person.url}/settings")
    file = FilePayload(name="me.png", mimeType="image/png", buffer=drawn.getvalue())
    await person.page.locator("input[type=file]").set_input_files(file)
    await person.page.locator(".settings-avatar img.avatar").wait_for()
    await person.page.goto(person.url)


async def test_the_room_has_no_axe_violation_and_fits_a_phone(people: list[Person], email: str) -> None:
    alice, bob, _ = people
    await alice.register(email)
    assert await find_violations(alice.page) == []
    await set_picture(alice)
    await alice.page.click(by_id("new-meeting"))
    await alice.page.wait_for_selector(by_id("join-button"))
    assert await find_violations(alice.page) == []
    await alice.enter()
    await bob.join(await alice.view("view.meeting.meetingNo"), name="Bob")
    await alice.wait_sees(await bob.self_id(), BOB.hue)
    assert await find_violations(alice.page) == []
    await alice.say("Hello")
    assert await find_violations(alice.page) == []
    await alice.page.click(by_id("open-people"))
    await alice.page.wait_for_selector('[data-testid^="person-"]')
    assert await find_violations(alice.page) == []
    picture = f"{by_id(f'person-{await alice.self_id()}')} img.avatar"
    await alice.wait(
        "(picture) => document.querySelector(picture)?.naturalWidth === 256", picture, timeout_s=5
    )
    await bob.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert await overflow(bob.page) <= 0
    assert await find_violations(bob.page) == []


async def press_until_focused(page: Page, name: str) -> None:
    """Press Tab until the element with this data-testid has the focus, as somebody without a mouse does.

    Tab enters and leaves a toolbar; inside it the arrows go from button to button.
    """
    toolbar = "document.activeElement?.closest('[role=toolbar]')"
    in_its_toolbar = f"Boolean({toolbar}?.querySelector('{by_id(name)}'))"
    for _ in range(60):
        if await page.evaluate(f"Boolean(document.activeElement?.closest('{by_id(name)}'))"):
            return
        await page.keyboard.press("ArrowRight" if await page.evaluate(in_its_toolbar) else "Tab")
    raise AssertionError(f"the keyboard does not reach {name}")


async def wait_focus_on_heading(person: Person, text: str) -> None:
    """Wait until the keyboard and a screen reader go on from a heading, not from the body."""
    await person.wait(
        "(text) => document.activeElement?.tagName === 'H1' && document.activeElement.textContent === text",
        text,
        timeout_s=5,
    )


async def test_a_meeting_needs_no_mouse(server: Server, browsers: dict[Look, Browser], email: str) -> None:
    context = await browsers[ALICE].new_context(locale="en-US")
    await context.add_init_script(path=PROBE)
    page = await context.new_page()
    person = Person(page, ALICE, server.url)
    await page.goto(f"{server.url}/register")
    await page.wait_for_selector(by_id("submit"))
    for field, text in (("display-name", "Alice"), ("email", email), ("password", PASSWORD)):
        await press_until_focused(page, field)
        await page.keyboard.type(text)
    await page.keyboard.press("Enter")
    await page.wait_for_selector(by_id("new-meeting"))
    await press_until_focused(page, "new-meeting")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(by_id("join-button"))
    await press_until_focused(page, "join-button")
    await page.keyboard.press("Enter")
    await person.wait_view("view.phase === 'live'")
    await wait_focus_on_heading(person, "Meeting")
    await press_until_focused(page, "open-chat")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(by_id("chat-input"))
    await press_until_focused(page, "chat-input")
    await page.keyboard.type("typed")
    await page.keyboard.press("Enter")
    await person.wait_chat(["typed"])
    await press_until_focused(page, "leave")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(by_id("leave-meeting"))  # a host chooses; the first choice has the focus
    await page.keyboard.press("Enter")
    await person.wait_view("view.phase === 'ended' && view.endReason === 'left'")
    await wait_focus_on_heading(person, "You left the meeting")
    await context.close()
