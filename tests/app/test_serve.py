"""`meeting-system serve` as a process: it starts, survives kills, stops gracefully, and speaks HTTPS."""

import asyncio
import os
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx2
import pytest
from tests.outside import free_port, open_outside

from meeting_system.adapters.embedded_postgres import read_pid
from meeting_system.adapters.embedded_process import is_alive
from meeting_system.kit.migrations import find_revision, newest_revision
from meeting_system.kit.sql import open_database

PATIENCE_S = 110.0
ACCOUNT = {
    "email": "alice@example.org",
    "password": "correct horse battery",
    "display_name": "Alice",
    "locale": "en",
}


class Running:
    """A server process on a data folder; started again it has the same ports."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.port = free_port()
        self._media_port = free_port()
        self._environment = environment
        self.output = folder / "output"
        self._process: asyncio.subprocess.Process | None = None

    @property
    def process(self) -> asyncio.subprocess.Process:
        assert self._process is not None
        return self._process

    async def start(self, *arguments: str) -> None:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("MEETING_")}
        environment = ours | {
            "MEETING_DATA": str(self.folder / "data"),
            "MEETING_HTTP__PORT": str(self.port),
            "MEETING_MEDIA__PORT": str(self._media_port),
            "MEETING_MEDIA__ADVERTISED": "127.0.0.1",
            **self._environment,
        }
        command = [sys.executable, "-m", "meeting_system.cli", "serve", *arguments]
        with self.output.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *command, env=environment, stdout=output, stderr=output
            )

    async def wait_until(
        self, client: httpx2.AsyncClient, status: int, path: str = "/ready"
    ) -> httpx2.Response:
        """Ask until the answer has this status."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if self.process.returncode is not None:
                    raise AssertionError(self.output.read_text())
                with suppress(httpx2.TransportError):
                    answer = await client.get(path)
                    if answer.status_code == status:
                        return answer
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        self.process.terminate()
        async with asyncio.timeout(PATIENCE_S):
            return await self.process.wait()


@asynccontextmanager
async def running(folder: Path, **environment: str) -> AsyncIterator[Running]:
    server = Running(folder, **environment)
    try:
        yield server
    finally:
        if server._process is not None:
            await server.kill()


@pytest.mark.timeout(400)
async def test_what_was_answered_survives_every_kill_and_a_stop_leaves_nothing(tmp_path: Path) -> None:
    async with (
        running(tmp_path) as server,
        httpx2.AsyncClient(base_url=f"http://localhost:{server.port}", timeout=10) as client,
    ):
        await server.start()
        await server.wait_until(client, 200)
        answer = await client.post("/api/v1/auth/register", json=ACCOUNT)
        assert answer.status_code == 201, answer.text

        await server.kill()
        await server.start()
        await server.wait_until(client, 200)
        assert (await client.post("/api/v1/auth/login", json=credentials())).status_code == 200

        pid = read_pid(tmp_path / "data" / "postgres" / "postmaster.pid")
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        failing = await server.wait_until(client, 503)
        assert not failing.json()["checks"]["database"]["ok"]
        await server.wait_until(client, 200)
        assert (await client.post("/api/v1/auth/login", json=credentials())).status_code == 200

        pid = read_pid(tmp_path / "data" / "postgres" / "postmaster.pid")
        assert pid is not None
        assert await server.stop() == 0
        assert not is_alive(pid)
    output = server.output.read_text()
    assert f"http://localhost:{server.port}" in output
    assert "Stopped | 已停止" in output
    assert "Traceback" not in output


def credentials() -> dict[str, str]:
    return {"email": ACCOUNT["email"], "password": ACCOUNT["password"]}


async def test_others_in_the_house_get_https_by_an_authority_to_trust(tmp_path: Path) -> None:
    async with running(tmp_path, MEETING_PUBLIC="127.0.0.1") as server:
        await server.start()
        authority = tmp_path / "data" / "tls" / "authority.crt"
        async with asyncio.timeout(PATIENCE_S):
            while not authority.exists():  # noqa: ASYNC110  # another process makes it
                await asyncio.sleep(0.02)
        context = ssl.create_default_context(cafile=str(authority))
        for host in ("127.0.0.1", "localhost"):
            async with httpx2.AsyncClient(base_url=f"https://{host}:{server.port}", verify=context) as client:
                await server.wait_until(client, 200)
                downloaded = await client.get("/ca.crt")
                assert downloaded.content == authority.read_bytes()
                assert downloaded.headers["content-type"] == "application/x-x509-ca-cert"
        async with httpx2.AsyncClient(base_url=f"https://localhost:{server.port}") as stranger:
            with pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                await stranger.get("/")
        assert await server.stop() == 0
    output = server.output.read_text()
    assert f"https://127.0.0.1:{server.port}/ca.crt" in output
    assert "证书颁发机构" in output


async def test_a_port_in_use_is_told_in_a_line(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", server.port))
            taken.listen()
            await server.start()
            assert await server.process.wait() == 1
    output = server.output.read_text()
    assert f"✗ port {server.port} is in use" in output
    assert "Traceback" not in output


async def test_a_wrong_configuration_is_told_in_a_line(tmp_path: Path) -> None:
    async with running(
        tmp_path, MEETING_ENVIRONMENT="production", MEETING_TOKENS__SECRET="change-me"
    ) as server:
        await server.start()
        assert await server.process.wait() == 1
    output = server.output.read_text()
    assert "MEETING_TOKENS__SECRET is shorter than 32 bytes" in output
    assert "Traceback" not in output


async def test_an_unknown_service_is_told(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        await server.start("users")
        assert await server.process.wait() == 1
    assert "no such service: users" in server.output.read_text()


@pytest.mark.timeout(400)
async def test_services_in_two_processes_work_as_one(tmp_path: Path, servers: object) -> None:
    """The user service in one process, the others in another, on shared servers."""
    from meeting_system.adapters.embedded import Servers

    assert isinstance(servers, Servers)
    shared = {
        "MEETING_DATABASE_URL": servers.database_url,
        "MEETING_REDIS_URL": servers.redis_url,
        "MEETING_TOKENS__SECRET": "shared-by-both-0123456789-abcdefghij",
    }
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    async with (
        running(tmp_path / "first", **shared) as first,
        running(tmp_path / "second", **shared) as second,
        httpx2.AsyncClient(base_url=f"http://localhost:{first.port}", timeout=10) as users,
        httpx2.AsyncClient(base_url=f"http://localhost:{second.port}", timeout=10) as meetings,
    ):
        await first.start("user")
        await second.start("meeting", "signaling", "media")
        await first.wait_until(users, 200)
        await second.wait_until(meetings, 200)
        signed_in = await users.post("/api/v1/auth/register", json=ACCOUNT | {"email": "bob@example.org"})
        assert signed_in.status_code == 201, signed_in.text
        token = signed_in.json()["access_token"]
        made = await meetings.post(
            "/api/v1/meetings", json={"title": "split"}, headers={"Authorization": f"Bearer {token}"}
        )
        assert made.status_code == 201, made.text
        assert (await users.post("/api/v1/meetings", json={})).status_code == 404
        assert await first.stop() == 0
        assert await second.stop() == 0


@pytest.mark.timeout(400)
async def test_two_processes_that_migrate_at_once_wait_for_each_other(tmp_path: Path) -> None:
    """As in a roll-out: several start on a database in which nothing is, and one does the work."""
    async with open_outside(tmp_path) as outside:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("MEETING_")}
        addresses = {"MEETING_DATABASE_URL": outside.database_url, "MEETING_REDIS_URL": outside.redis_url}
        command = [sys.executable, "-m", "meeting_system.cli", "migrate"]
        processes = [
            await asyncio.create_subprocess_exec(
                *command, env=ours | addresses, stdout=asyncio.subprocess.PIPE
            )
            for _ in range(3)
        ]
        outputs = [(await process.communicate())[0].decode() for process in processes]
        assert [process.returncode for process in processes] == [0, 0, 0], outputs
        async with open_database(outside.database_url) as database:
            assert await find_revision(database) == newest_revision()
