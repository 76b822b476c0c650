"""Chromium on either side of a link: the far one in the namespace, where every byte crosses the emulator."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Playwright
from tests.e2e.chromium import ARGUMENTS
from tests.e2e.patterns import Look, write_audio
from tests.e2e.person import Person, sit_down
from tests.network.emulator import Link
from tests.network.namespaces import NAMESPACES
from tests.network.picture import write_textured_video

WATCH = Path(__file__).with_name("watch.js")


def write_launcher(folder: Path, namespace: str) -> Path:
    """Write a program that is Chromium inside the namespace."""
    launcher = folder / f"chromium-in-{namespace}"
    command = f'exec nsenter --net={NAMESPACES / namespace} {shutil.which("chromium")} "$@"'
    launcher.write_text(f"#!/bin/sh\n{command}\n", encoding="utf-8")
    launcher.chmod(0o755)
    return launcher


@asynccontextmanager
async def open_browser(
    playwright: Playwright, look: Look, folder: Path, link: Link, *, far: bool
) -> AsyncIterator[Browser]:
    """Run a browser whose devices show `look`, at the far or the near end of the link.

    Both call the server localhost, which is what gives a page devices without TLS; where that name leads is
    the link's near end.
    """
    video = write_textured_video(folder / f"{look.name}.y4m", look)
    audio = write_audio(folder / f"{look.name}.wav", look)
    program = write_launcher(folder, link.namespace) if far else shutil.which("chromium")
    browser = await playwright.chromium.launch(
        executable_path=program,
        ignore_default_args=["--mute-audio", "--hide-scrollbars"],
        args=[
            *ARGUMENTS,
            "--no-proxy-server",
            f"--host-resolver-rules=MAP localhost {link.plan.server}",
            f"--use-file-for-fake-video-capture={video}",
            f"--use-file-for-fake-audio-capture={audio}",
        ],
    )
    try:
        yield browser
    finally:
        await browser.close()


async def sit_down_to_watch(browser: Browser, look: Look, url: str) -> tuple[Person, BrowserContext]:
    """Open a fresh page that counts what arrives."""
    person, context = await sit_down(browser, look, url)
    await context.add_init_script(path=WATCH)
    return person, context
