"""The whole system as its users run it: a child process with its own data folder and ports."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx2
from tests.outside import free_port

from meeting_system.adapters.embedded_place import socket_folder
from meeting_system.adapters.embedded_postgres import DATABASE, database_url

READY_TIMEOUT_S = 40.0
STOP_TIMEOUT_S = 20.0
BIGBLUEBUTTON_SECRET = "only-for-tests-only-for-tests-only-for-tests"


class Server:
    """A `meeting-system serve` that can be killed and started again on the same data and ports."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._settings = settings or {}
        self.port = free_port()
        self.media_port = free_port()
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        # localhost, not 127.0.0.1: browsers give devices and Secure cookies to both, users type this one.
        return f"http://localhost:{self.port}"

    @property
    def data(self) -> Path:
        """The folder in which its files lie."""
        return self.folder / "data"

    @property
    def commands_environment(self) -> dict[str, str]:
        """What the other commands need to reach it."""
        return {"MEETING_DATA": str(self.data)}

    def said(self) -> str:
        """All that it has logged."""
        return self.log.read_text(errors="replace")

    @property
    def database(self) -> str:
        """The address of its PostgreSQL."""
        return database_url(socket_folder(self.data), DATABASE)

    @property
    def pid(self) -> int:
        """The process that serves; the embedded servers are its children."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    async def start(self) -> None:
        """Start the process and wait until it is ready."""
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MEETING_")},
            "MEETING_DATA": str(self.data),
            "MEETING_HTTP__PORT": str(self.port),
            "MEETING_MEDIA__PORT": str(self.media_port),
            "MEETING_BIGBLUEBUTTON__SECRET": BIGBLUEBUTTON_SECRET,
            **self._settings,
        }
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "meeting_system.cli", "serve"),
                env=environment,
                stdout=log,
                stderr=log,
            )
        await self.wait_ready()

    async def wait_ready(self) -> None:
        """Return when `/ready` answers 200."""
        assert self._process is not None
        async with httpx2.AsyncClient() as http:
            for _ in range(int(READY_TIMEOUT_S / 0.1)):
                if self._process.returncode is not None:
                    break
                with suppress(httpx2.HTTPError):
                    if (await http.get(f"{self.url}/ready")).status_code == httpx2.codes.OK:
                        return
                await asyncio.sleep(0.1)
        tail = self.log.read_text(errors="replace")[-4000:]
        raise RuntimeError(f"the server is not ready (status {self._process.returncode}):\n{tail}")

    async def kill(self) -> None:
        """End it as a power cut would: kill -9."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """End it as an operator would."""
        await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(number)
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise


@asynccontextmanager
async def open_server(folder: Path, settings: Mapping[str, str] | None = None) -> AsyncIterator[Server]:
    """Run the system for the length of the block; `settings` are further environment variables."""
    server = Server(folder, settings)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
