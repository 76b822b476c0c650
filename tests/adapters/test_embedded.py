"""The own servers: real ones, started again when they die, gone when we are."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from meeting_system.adapters.embedded import DataFolderInUse, Servers, open_servers
from meeting_system.adapters.embedded_place import LONGEST_SOCKET_FOLDER, socket_folder
from meeting_system.adapters.embedded_process import Server, Supervisor, is_alive, supervised
from meeting_system.adapters.redis_store import open_store
from meeting_system.kernel.errors import Unavailable
from meeting_system.kit.sql import Database, open_database

PATIENCE_S = 30.0

CHILD = """
import asyncio, sys
from pathlib import Path
from meeting_system.adapters.embedded import open_servers

async def main():
    async with open_servers(Path(sys.argv[1])) as servers:
        print(*(supervisor.pid for supervisor in servers.supervisors.values()), flush=True)
        await asyncio.sleep(3600)

asyncio.run(main())
"""


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[Servers]:
    """Servers of this test's own, as durable as in production."""
    async with open_servers(tmp_path / "data") as servers:
        yield servers


async def kill(supervisor: Supervisor) -> None:
    """Kill the server and wait until it is started again."""
    restarts, pid = supervisor.restarts, supervisor.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    async with asyncio.timeout(PATIENCE_S):
        while supervisor.restarts == restarts:  # noqa: ASYNC110  # it has no event for tests
            await asyncio.sleep(0.01)


async def write(database: Database, number: int) -> None:
    async with database.transaction() as connection:
        await connection.execute(text("INSERT INTO numbers VALUES (:number)"), {"number": number})


async def test_a_killed_postgresql_comes_back_with_every_acknowledged_row(own: Servers) -> None:
    supervisor = own.supervisors["postgresql"]
    acknowledged: list[int] = []
    async with open_database(own.database_url) as database:
        async with database.transaction() as connection:
            await connection.execute(text("CREATE TABLE numbers (number integer)"))

        async def write_on() -> None:
            for number in range(1_000_000):
                try:
                    await write(database, number)
                    acknowledged.append(number)
                except Unavailable:
                    await asyncio.sleep(0.01)

        writing = asyncio.create_task(write_on())
        for _ in range(2):
            await asyncio.sleep(0.2)
            await kill(supervisor)
        await asyncio.sleep(0.2)
        writing.cancel()
        await asyncio.wait([writing])
        async with database.reading() as connection:
            found = {row[0] for row in await connection.execute(text("SELECT number FROM numbers"))}
    assert len(acknowledged) > 10
    assert set(acknowledged) <= found


async def test_a_killed_valkey_comes_back_with_its_data(own: Servers) -> None:
    async with open_store(own.redis_url) as store:
        run_id = await store.run_id()
        await store.set("kept", b"value")
        await asyncio.sleep(1.1)  # what everysec promises
        await kill(own.supervisors["valkey"])
        assert await store.get("kept") == b"value"
        assert await store.run_id() != run_id


async def test_while_a_server_is_down_callers_hear_unavailable(own: Servers) -> None:
    supervisor = own.supervisors["valkey"]
    assert supervisor.pid is not None
    async with open_store(own.redis_url) as store:
        await store.set("key", b"value")
        os.kill(supervisor.pid, signal.SIGSTOP)
        with pytest.raises(Unavailable):
            await store.get("key")
        os.kill(supervisor.pid, signal.SIGCONT)
        assert await store.get("key") == b"value"


async def test_data_survives_an_orderly_stop(tmp_path: Path) -> None:
    for expected in (None, b"value"):
        async with open_servers(tmp_path) as servers, open_store(servers.redis_url) as store:
            assert await store.get("key") == expected
            await store.set("key", b"value")


async def test_the_servers_die_with_a_killed_parent_and_the_next_start_succeeds(tmp_path: Path) -> None:
    with subprocess.Popen(  # noqa: ASYNC220  # takes milliseconds
        [sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        line = await asyncio.to_thread(parent.stdout.readline)
        pids = [int(word) for word in line.split()]
        assert len(pids) == 2
        parent.kill()
    # At once, while the old servers may still be ending: the start waits for them.
    async with open_servers(tmp_path) as servers, open_store(servers.redis_url) as store:
        await store.check()
        assert not any(is_alive(pid) for pid in pids)


async def test_what_a_killed_server_had_started_does_not_outlive_it(tmp_path: Path) -> None:
    """As Nginx's workers do, which go on serving beside those of the next one."""
    told = tmp_path / "worker"

    async def prepare() -> None:
        told.unlink(missing_ok=True)

    async def is_ready(_pid: int) -> bool:
        return told.exists()

    server = Server(
        name="master",
        command=("/bin/sh", "-c", f"sleep 3600 & echo $! > {told}.new && mv {told}.new {told}; wait"),
        environment={"PATH": os.environ["PATH"]},
        folder=tmp_path,
        log_file=tmp_path / "log",
        owner=None,
        stop_signal=signal.SIGTERM,
        prepare=prepare,
        is_ready=is_ready,
    )
    async with supervised(server) as supervisor:
        first = int(told.read_text())
        await kill(supervisor)
        second = int(told.read_text())
        assert not is_alive(first)
        assert is_alive(second)
    async with asyncio.timeout(PATIENCE_S):
        while is_alive(second):  # noqa: ASYNC110  # not our child: nothing tells us
            await asyncio.sleep(0.01)


async def test_two_processes_do_not_share_a_data_folder(own: Servers, tmp_path: Path) -> None:
    with pytest.raises(DataFolderInUse, match="another meeting-system runs"):
        async with open_servers(tmp_path / "data"):
            pass


async def test_no_server_is_started_where_addresses_are_configured(tmp_path: Path) -> None:
    async with open_servers(
        tmp_path / "none", database_url="postgresql://a", redis_url="redis://b"
    ) as servers:
        assert servers == Servers("postgresql://a", "redis://b")
    assert not (tmp_path / "none").exists()


async def test_a_long_data_path_gets_short_sockets(tmp_path: Path) -> None:
    long = tmp_path / ("long-" * 20) / "data"
    assert len(str(socket_folder(long))) <= LONGEST_SOCKET_FOLDER
    assert socket_folder(long) == socket_folder(long)
    async with (
        open_servers(long, database_url="postgresql://a") as servers,
        open_store(servers.redis_url) as store,
    ):
        await store.check()
    socket_folder(long.resolve()).rmdir()


async def test_nobody_else_on_the_machine_may_enter_the_data(own: Servers, tmp_path: Path) -> None:
    for name in ("postgres", "valkey", "run"):
        assert (tmp_path / "data" / name).stat().st_mode & 0o077 == 0
