"""kill -9 of PostgreSQL, of Valkey and of the system itself: no acknowledged message is lost, all heals."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from meeting_client import Joined, MeetingClient, join
from tests.e2e.server import Server, open_server
from tests.outside import open_outside

from meeting_system.adapters.embedded import Servers

KILL_AT = 8
PAUSE_S = 0.05
HEALED_S = 45.0

pytestmark = pytest.mark.e2e


@dataclass
class Meeting:
    """A meeting on a running system, with its host's token."""

    server: Server
    http: httpx2.AsyncClient
    meeting_id: str
    token: str

    def client(self, name: str | None, port: int | None = None) -> MeetingClient:
        """Return a participant, not yet there: a guest of that name, or the host. `port`: of one process."""
        device_id = f"device-of-{name or 'host'}"
        known: list[Joined] = []

        async def get_ticket() -> str:
            token = self.token if name is None else known[0].guest_token if known else None
            joined = await join(
                self.http, self.meeting_id, device_id=device_id, access_token=token, display_name=name
            )
            known.append(joined)
            return joined.ticket

        return MeetingClient(
            f"ws://localhost:{port or self.server.port}/ws/signaling", self.meeting_id, device_id, get_ticket
        )

    async def stored(self) -> list[str]:
        """Read the chat from the database, over HTTP."""
        found: list[dict[str, Any]] = []
        while True:
            after = found[-1]["seq"] if found else 0
            answer = await self.http.get(
                f"/api/v1/meetings/{self.meeting_id}/messages?limit=100&after_seq={after}",
                headers={"Authorization": f"Bearer {self.token}"},
            )
            answer.raise_for_status()
            items = answer.json()["items"]
            found += items
            if len(items) < 100:
                return [message["body"] for message in found]


@asynccontextmanager
async def open_meeting(folder: Path, settings: Mapping[str, str] | None = None) -> AsyncIterator[Meeting]:
    """Start the system and open a meeting on it."""
    async with open_server(folder, settings) as server, begin_meeting(server) as meeting:
        yield meeting


@asynccontextmanager
async def begin_meeting(server: Server, email: str = "host@example.org") -> AsyncIterator[Meeting]:
    """Register a host on a running system and open a meeting."""
    async with httpx2.AsyncClient(base_url=server.url, timeout=30) as http:
        account = await http.post(
            "/api/v1/auth/register",
            json={
                "email": email,
                "password": "correct horse battery staple",
                "display_name": "Host",
                "locale": "en",
            },
            headers={"X-Token-Transport": "body"},
        )
        assert account.status_code == 201, account.text
        token = account.json()["access_token"]
        meeting = await http.post("/api/v1/meetings", json={}, headers={"Authorization": f"Bearer {token}"})
        assert meeting.status_code == 201, meeting.text
        yield Meeting(server, http, meeting.json()["meeting_id"], token)


def find_process(root: int, name: str) -> int:
    """Return the process of that name which descends from `root` and is nearest to it."""
    parents = {}
    names = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                pid, rest = entry.joinpath("stat").read_text().split(" (", 1)
            except OSError:
                continue
            command, fields = rest.rsplit(") ", 1)
            parents[int(pid)] = int(fields.split()[1])
            names[int(pid)] = command
    descendants = [root]
    for parent in descendants:
        if name in names.get(parent, ""):
            return parent
        descendants += [pid for pid, its_parent in parents.items() if its_parent == parent]
    raise AssertionError(f"no {name} under process {root}")


async def kill_postgresql(server: Server) -> None:
    os.kill(find_process(server.pid, "postgres"), signal.SIGKILL)


async def kill_valkey(server: Server) -> None:
    os.kill(find_process(server.pid, "valkey"), signal.SIGKILL)


async def kill_system(server: Server) -> None:
    await server.kill()
    await server.start()


@pytest.mark.parametrize("kill", [kill_postgresql, kill_valkey, kill_system])
async def test_no_acknowledged_message_is_lost_and_everything_heals(
    tmp_path: Path, kill: Callable[[Server], Awaitable[None]]
) -> None:
    async with open_meeting(tmp_path) as meeting:
        await talk_through(meeting, [lambda: kill(meeting.server)])


async def test_nor_on_outside_servers_killed_one_after_the_other(tmp_path: Path) -> None:
    async with open_outside(tmp_path / "outside", durable=True) as servers:
        settings = {"MEETING_DATABASE_URL": servers.database_url, "MEETING_REDIS_URL": servers.redis_url}
        async with open_meeting(tmp_path, settings) as meeting:
            kills = [lambda name=name: kill_outside(servers, name) for name in servers.supervisors]
            await talk_through(meeting, [*kills, lambda: kill_system(meeting.server)])


async def kill_outside(servers: Servers, name: str) -> None:
    pid = servers.supervisors[name].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


async def talk_through(
    meeting: Meeting, kills: list[Callable[[], Awaitable[None]]], ports: tuple[int | None, ...] = (None, None)
) -> None:
    """Have the host talk while each kill happens, and compare what was acknowledged with what is there.

    `ports` are those of the host's and the guest's sockets, None: the one for everybody.
    """
    async with AsyncExitStack() as stack:
        host = await stack.enter_async_context(meeting.client(None, ports[0]).running())
        guest = await stack.enter_async_context(meeting.client("Guest", ports[1]).running())
        said: list[str] = []
        healed = asyncio.Event()

        async def talk() -> None:
            while not healed.is_set():
                body = f"message {len(said)}"
                await host.send_chat(body)  # returns when it is acknowledged, however long that takes
                said.append(body)
                await asyncio.sleep(PAUSE_S)

        def last_heard() -> str | None:
            return guest.view.messages[-1]["body"] if guest.view.messages else None

        async def hear(more: int) -> None:
            wanted = len(said) + more
            await guest.wait_until(lambda: has_heard(last_heard(), wanted), timeout_s=HEALED_S)

        async with asyncio.timeout(HEALED_S * (len(kills) + 1)), asyncio.TaskGroup() as group:
            group.create_task(talk())
            for kill in kills:
                await hear(KILL_AT)
                await kill()
            await hear(KILL_AT)
            healed.set()
        await guest.wait_until(lambda: last_heard() == said[-1], timeout_s=HEALED_S)
        seen = [message["body"] for message in guest.view.messages]
        assert len(seen) > KILL_AT
        assert seen == said[-len(seen) :]  # after a snapshot it begins later
        assert await meeting.stored() == said
        await guest.send_chat("healed")
        await host.wait_until(lambda: host.view.messages[-1]["body"] == "healed", timeout_s=HEALED_S)
        assert (await meeting.http.get("/ready")).status_code == httpx2.codes.OK


def has_heard(body: str | None, count: int) -> bool:
    """Tell whether `body` is at least the message of that count."""
    return body is not None and int(body.split()[1]) + 1 >= count
