"""Debian's Chromium with a camera and a microphone of its own: one process a participant."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Playwright
from tests.e2e.patterns import Look, write_audio, write_video

WritePicture = Callable[[Path, Look], Path]
PROBE = Path(__file__).with_name("probe.js")
ARGUMENTS = [
    "--no-sandbox",
    "--headless=new",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--auto-select-desktop-capture-source=Entire screen",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--mute-audio",
]


@asynccontextmanager
async def open_chromium(
    playwright: Playwright, look: Look, folder: Path, *, write_picture: WritePicture = write_video
) -> AsyncIterator[Browser]:
    """Run a browser whose devices show `look`."""
    video = write_picture(folder / f"{look.name}.y4m", look)
    audio = write_audio(folder / f"{look.name}.wav", look)
    browser = await playwright.chromium.launch(
        executable_path=shutil.which("chromium"),
        ignore_default_args=["--mute-audio", "--hide-scrollbars"],
        args=[
            *ARGUMENTS,
            f"--use-file-for-fake-video-capture={video}",
            f"--use-file-for-fake-audio-capture={audio}",
        ],
    )
    try:
        yield browser
    finally:
        await browser.close()
