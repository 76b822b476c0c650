"""Drives Debian's Firefox ESR through WebDriver BiDi: the little of it that a test needs.

Playwright wants a Firefox of its own build, and geckodriver is no Debian package.
"""

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

START_TIMEOUT_S = 30.0
COMMAND_TIMEOUT_S = 30.0
PREFERENCES: dict[str, Any] = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "services.settings.server": "data:,none",
    "intl.accept_languages": "en",
}


class Firefox:
    """One tab of a running Firefox."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = count(1)
        self._context = ""

    async def open(self) -> None:
        """Start the session and find the tab."""
        await self.command("session.new", capabilities={})
        tree = await self.command("browsingContext.getTree")
        self._context = tree["contexts"][0]["context"]

    async def command(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one command and return its result."""
        number = next(self._ids)
        await self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        async with asyncio.timeout(COMMAND_TIMEOUT_S):
            while True:
                answer = json.loads(await self._socket.recv())
                if answer.get("id") != number:
                    continue
                if answer["type"] == "error":
                    raise RuntimeError(f"{method}: {answer['error']}: {answer['message']}")
                return dict(answer["result"])

    async def add_script(self, source: str) -> None:
        """Run `source` in every page before its own scripts."""
        await self.command("script.addPreloadScript", functionDeclaration=f"() => {{ {source} }}")

    async def go(self, url: str) -> None:
        await self.command("browsingContext.navigate", context=self._context, url=url, wait="complete")

    async def evaluate(self, expression: str) -> Any:
        """Return the JSON value of an expression, which may be a promise."""
        result = await self.command(
            "script.evaluate",
            expression=f"(async () => JSON.stringify((await ({expression})) ?? null))()",
            target={"context": self._context},
            awaitPromise=True,
        )
        if result["type"] == "exception":
            raise RuntimeError(f"in Firefox: {result['exceptionDetails']['text']}")
        return json.loads(result["result"]["value"])

    async def wait(self, expression: str, *, timeout_s: float = 15.0) -> Any:
        """Return the first true value of an expression."""
        async with asyncio.timeout(timeout_s):
            while True:
                if value := await self.evaluate(expression):
                    return value
                await asyncio.sleep(0.2)

    async def click(self, selector: str) -> None:
        await self.wait(f"document.querySelector({json.dumps(selector)}) !== null")
        await self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    async def fill(self, selector: str, text: str) -> None:
        """Replace an input's text by typing."""
        await self.wait(f"document.querySelector({json.dumps(selector)}) !== null")
        await self.evaluate(f"document.querySelector({json.dumps(selector)}).select()")
        await self.evaluate(f"document.querySelector({json.dumps(selector)}).focus()")
        keys = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        await self.command(
            "input.performActions",
            context=self._context,
            actions=[{"type": "key", "id": "keyboard", "actions": keys}],
        )


async def find_address(process: asyncio.subprocess.Process) -> str:
    """Read where BiDi listens from what Firefox prints."""
    assert process.stderr is not None
    async with asyncio.timeout(START_TIMEOUT_S):
        async for line in process.stderr:
            if found := re.search(rb"WebDriver BiDi listening on (ws://\S+)", line):
                return found[1].decode()
    raise RuntimeError("Firefox ended before it listened")


async def read_on(process: asyncio.subprocess.Process) -> None:
    """Keep the pipe empty: a full one would stop Firefox."""
    assert process.stderr is not None
    async for _ in process.stderr:
        pass


@asynccontextmanager
async def open_firefox(profile: Path) -> AsyncIterator[Firefox]:
    """Run Firefox with fake devices for the length of the block."""
    program = shutil.which("firefox-esr")
    assert program is not None
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFERENCES.items()]
    (profile / "user.js").write_text("".join(lines))
    process = await asyncio.create_subprocess_exec(
        program,
        *("--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        address = await find_address(process)
        reader = asyncio.create_task(read_on(process))
        async with connect(f"{address}/session", max_size=None) as socket:
            firefox = Firefox(socket)
            await firefox.open()
            yield firefox
        reader.cancel()
        with suppress(asyncio.CancelledError):
            await reader
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
