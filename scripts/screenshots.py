"""Takes the pictures of the guide: the six main screens in both languages, on a server of its own.

`.venv/bin/python scripts/screenshots.py` writes docs/guide/images/<language>-<screen>.png.
"""

import asyncio
import shutil
import sys
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.e2e.chromium import open_chromium  # noqa: E402  # the harness of the end-to-end tests
from tests.e2e.patterns import ALICE, BOB, CAROL, Look, luma_and_chroma  # noqa: E402
from tests.e2e.person import Person, by_id, sit_down  # noqa: E402
from tests.e2e.server import Server, open_server  # noqa: E402

IMAGES = ROOT / "docs" / "guide" / "images"
WINDOW = {"width": 1280, "height": 800}
NAME_DEVICES = """(() => {
  const names = { audioinput: "Desk microphone", videoinput: "HD camera", audiooutput: "Headset" };
  const list = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
  navigator.mediaDevices.enumerateDevices = async () =>
    (await list()).map(({ deviceId, groupId, kind }) => ({ deviceId, groupId, kind, label: names[kind] }));
})()"""
WIDTH, HEIGHT = 640, 360  # of the portraits
SETTLE_S = 1.2  # animations end, avatars and tiles are laid out


@dataclass(frozen=True)
class Language:
    """Words that people type in the pictures."""

    locale: str
    browser: str
    names: tuple[str, str, str]
    chat: tuple[str, str, str]


LANGUAGES = (
    Language(
        "en",
        "en-US",
        ("Alice Moreau", "Bob Tanaka", "Carol Reyes"),
        (
            "Good morning, everyone!",
            "Morning! The draft is in the shared folder.",
            "Reading it now, thank you.",
        ),
    ),
    Language(
        "zh-CN",
        "zh-CN",
        ("林晓", "陈晨", "周宁"),
        ("大家早上好！", "早！草稿已放进共享文件夹。", "正在看，谢谢。"),
    ),
)


def write_portrait(path: Path, look: Look) -> Path:
    """Write a looping picture of somebody before a wall: kinder to the eye than the colours of the tests."""
    _, u, v = luma_and_chroma(look.hue)
    tint_u, tint_v = 128 + (u - 128) // 4, 128 + (v - 128) // 4
    luma = bytes(brightness(x / WIDTH, y / HEIGHT) for y in range(HEIGHT) for x in range(WIDTH))
    chroma = bytes([tint_u]) * (WIDTH * HEIGHT // 4) + bytes([tint_v]) * (WIDTH * HEIGHT // 4)
    with path.open("wb") as out:
        out.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F8:1 Ip A1:1 C420jpeg\n".encode())
        out.write((b"FRAME\n" + luma + chroma) * 8)
    return path


def brightness(x: float, y: float) -> int:
    """How bright the portrait is at a place: head, shoulders, or the wall with light from above."""
    head = ((x - 0.5) / 0.11) ** 2 + ((y - 0.42) / 0.24) ** 2 < 1
    shoulders = ((x - 0.5) / 0.27) ** 2 + ((y - 1.02) / 0.36) ** 2 < 1
    if head:
        return round(190 - 40 * y)
    return round(84 - 20 * y) if shoulders else round(146 - 62 * y + 18 * x)


async def take(page: Page, language: Language, screen: str) -> None:
    """Save what the page shows when it has come to rest."""
    await asyncio.sleep(SETTLE_S)
    await page.screenshot(path=IMAGES / f"{language.locale}-{screen}.png")


async def take_language(server: Server, browsers: dict[Look, Browser], language: Language) -> None:
    """Go through the screens once."""
    async with AsyncExitStack() as stack:
        people: list[Person] = []
        for look, browser in browsers.items():
            person, context = await sit_down(browser, look, server.url, locale=language.browser)
            stack.push_async_callback(context.close)
            await context.add_init_script(NAME_DEVICES)  # Chromium calls its fakes by their path
            await person.page.set_viewport_size(WINDOW)  # type: ignore[arg-type]
            people.append(person)
        await take_screens(people, language)


async def take_screens(people: list[Person], language: Language) -> None:
    """Register, meet, talk; a picture at each stop."""
    alice, bob, carol = people
    page = alice.page
    await page.goto(f"{alice.url}/register")
    await page.wait_for_selector(by_id("submit"))
    await page.fill(by_id("display-name"), language.names[0])
    await page.fill(by_id("email"), f"alice-{language.locale.lower()}@example.org")
    await take(page, language, "register")
    await page.fill(by_id("password"), "correct horse battery staple")
    await page.click(by_id("submit"))
    await page.wait_for_selector(by_id("new-meeting"))
    await take(page, language, "home")
    await page.click(by_id("new-meeting"))
    await page.wait_for_selector(by_id("join-button"))
    await take(page, language, "prejoin")
    await alice.enter()
    number = str(await alice.view("view.meeting.meetingNo"))
    await bob.join(number, name=language.names[1])
    await carol.join(number, name=language.names[2])
    for person in people:
        await person.wait_view("view.participants.length === 3")
    for other in (bob, carol):
        await alice.wait_plays(await other.self_id(), "camera")
    await take(page, language, "stage")
    for person, text in zip(people, language.chat, strict=True):
        await person.say(text)
        await alice.wait_view("view.chat.every((entry) => entry.seq !== null)")
    await alice.open_chat()
    await take(page, language, "chat")
    await bob.page.goto(f"{bob.url}/test-connection")
    await bob.page.wait_for_selector("h1")
    await bob.page.click(by_id("start-test"))
    await bob.page.wait_for_selector(by_id("download-report"), timeout=30_000)
    await take(bob.page, language, "test-connection")


async def main() -> None:
    """Start everything, take all pictures, stop everything."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="screenshots-"))
    async with open_server(folder) as server, async_playwright() as playwright, AsyncExitStack() as stack:
        browsers = {
            look: await stack.enter_async_context(
                open_chromium(playwright, look, folder, write_picture=write_portrait)
            )
            for look in (ALICE, BOB, CAROL)
        }
        for language in LANGUAGES:
            await take_language(server, browsers, language)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    asyncio.run(main())
