"""The system in two processes, signaling in one of its own: what it uses is then only its own."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
from benchmarks.meeting.processes import PROC, cpu_s
from tests.outside import free_port

from meeting_system.adapters.embedded import open_servers

READY_S = 60.0
STOP_S = 20.0
SECRET = "shared-by-both-0123456789-abcdefghij"
SETTINGS = {
    # Thousands join before the first of them opens a socket.
    "MEETING_MEETING__TICKET_LIFETIME_S": "300",
    "MEETING_LOG__LEVEL": "warning",
    "MEETING_MEDIA__WORKERS": "1",
    "MEETING_MEDIA__ADVERTISED": "127.0.0.1",
}


@dataclass
class Process:
    """`meeting-system serve` with some of the services; started again it has the same ports."""

    services: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    port: int = field(default_factory=free_port)
    media_port: int = field(default_factory=free_port)
    program: tuple[str, ...] = (sys.executable, "-m", "meeting_system.cli")
    child: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        assert self.child is not None
        return self.child.pid

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    async def start(self) -> None:
        """Start it; it may not be ready yet."""
        self.folder.mkdir(exist_ok=True)
        ours = {name: value for name, value in os.environ.items() if not name.startswith("MEETING_")}
        own = {
            "MEETING_DATA": str(self.folder / "data"),
            "MEETING_HTTP__PORT": str(self.port),
            "MEETING_MEDIA__PORT": str(self.media_port),
        }
        with self.log.open("ab") as log:
            self.child = await asyncio.create_subprocess_exec(
                *(*self.program, "serve", *self.services),
                env=ours | own | dict(self.environment),
                stdout=log,
                stderr=log,
            )

    async def wait_ready(self) -> None:
        """Return when `/ready` answers 200."""
        assert self.child is not None
        async with asyncio.timeout(READY_S), httpx2.AsyncClient() as http:
            while self.child.returncode is None:
                with suppress(httpx2.HTTPError):
                    if (await http.get(f"http://{self.address}/ready")).status_code == httpx2.codes.OK:
                        return
                await asyncio.sleep(0.05)
        raise RuntimeError(self.log.read_text(errors="replace")[-4000:])

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    async def end(self, number: signal.Signals) -> None:
        """Send it a signal and wait until it has ended."""
        if self.child is None or self.child.returncode is not None:
            return
        self.child.send_signal(number)
        try:
            async with asyncio.timeout(STOP_S):
                await self.child.wait()
        except TimeoutError:
            self.child.kill()
            await self.child.wait()

    def cpu_s(self) -> float:
        """CPU seconds, user and system, that it has used."""
        return cpu_s(self.pid)

    def resident_bytes(self) -> int:
        """Memory that it has in RAM."""
        return int((PROC / str(self.pid) / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@dataclass
class Site:
    """Both processes, and the address and token of a host."""

    api: Process
    signaling: Process
    token: str = ""

    async def register(self) -> None:
        """Make the host's account."""
        account = {
            "email": "host@example.org",
            "password": "correct horse battery staple",
            "display_name": "Host",
            "locale": "en",
        }
        async with httpx2.AsyncClient(base_url=f"http://{self.api.address}", timeout=30) as http:
            answer = await http.post(
                "/api/v1/auth/register", json=account, headers={"X-Token-Transport": "body"}
            )
            answer.raise_for_status()
        self.token = answer.json()["access_token"]

    async def create_meetings(self, count: int) -> list[str]:
        """Make meetings; return their ids."""
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"http://{self.api.address}"
        found = []
        async with httpx2.AsyncClient(base_url=url, timeout=30, headers=headers) as http:
            for _ in range(count):
                answer = await http.post("/api/v1/meetings", json={"title": "Load"})
                answer.raise_for_status()
                found.append(str(answer.json()["meeting_id"]))
        return found


@asynccontextmanager
async def open_site(folder: Path) -> AsyncIterator[Site]:
    """Run PostgreSQL, Valkey and both processes for the length of the block, on fresh data."""
    async with (
        open_servers(folder / "servers") as servers,
        open_processes(folder, servers.database_url, servers.redis_url) as site,
    ):
        yield site


@asynccontextmanager
async def open_processes(
    folder: Path, database_url: str, redis_url: str, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Site]:
    """Run both processes on servers that run already, and register a host."""
    async with AsyncExitStack() as stack:
        environment = {
            **SETTINGS,
            "MEETING_DATABASE_URL": database_url,
            "MEETING_REDIS_URL": redis_url,
            "MEETING_TOKENS__SECRET": SECRET,
            **(settings or {}),
        }
        site = Site(
            Process(("user", "meeting", "media"), folder / "api", environment),
            Process(("signaling",), folder / "signaling", environment),
        )
        for process in (site.api, site.signaling):
            await process.start()
            stack.push_async_callback(process.end, signal.SIGTERM)
            await process.wait_ready()
        await site.register()
        yield site
