"""Who is there: one contract on Valkey, on Debian's Redis and on etcd, all real, killed and wiped."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.outside import free_port, need, open_etcd

from meeting_system.adapters.embedded_place import Place, open_place
from meeting_system.adapters.embedded_process import Supervisor, supervised
from meeting_system.adapters.embedded_valkey import run_valkey
from meeting_system.adapters.redis_store import open_store
from meeting_system.adapters.registry import open_registry
from meeting_system.app.cluster.programs import REDIS
from meeting_system.app.cluster.redis import describe_redis, redis_url
from meeting_system.kernel.errors import Unavailable
from meeting_system.kernel.ports import Registry

TTL_S = 1.0
LONG_S = 60.0
GRACE_S = 3.0
PATIENCE_S = 15.0

Sets = AsyncIterator[dict[str, bytes]]

OWNER = """
import asyncio, sys
from tests.adapters.test_registry import Backend

async def main():
    backend = Backend(sys.argv[1], sys.argv[2] or None)
    async with backend.registry() as registry:
        async with registry.announce("node/child", b"alive", ttl_s=1.0):
            await asyncio.sleep(3600)

asyncio.run(main())
"""


@dataclass(frozen=True)
class Backend:
    """Addresses of a server: each `registry` is what another process would open."""

    redis_url: str
    registry_url: str | None = None

    @asynccontextmanager
    async def registry(self) -> AsyncIterator[Registry]:
        async with (
            open_store(self.redis_url) as store,
            open_registry(self.registry_url, store, grace_s=GRACE_S) as registry,
        ):
            yield registry


@dataclass(frozen=True)
class Running(Backend):
    """A server of this test's own. Killed it comes back empty: its data is not durable or is moved away."""

    supervisor: Supervisor | None = None
    data: Path | None = None

    @property
    def pid(self) -> int:
        assert self.supervisor is not None
        assert self.supervisor.pid is not None
        return self.supervisor.pid

    async def stop(self) -> None:
        """Have it hang, until SIGCONT."""
        os.kill(self.pid, signal.SIGSTOP)
        # A process of many threads stops a little later than the signal returns.
        await asyncio.to_thread(os.waitid, os.P_PID, self.pid, os.WSTOPPED | os.WNOWAIT)

    async def wipe(self) -> None:
        """Kill it and wait until another one runs that knows nothing."""
        assert self.supervisor is not None
        restarts = self.supervisor.restarts
        if self.data is not None:
            self.data.rename(self.data.with_name("gone"))
        os.kill(self.pid, signal.SIGKILL)
        async with asyncio.timeout(PATIENCE_S):
            while self.supervisor.restarts == restarts:  # noqa: ASYNC110  # it has no event for tests
                await asyncio.sleep(0.01)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return open_place(tmp_path)


@pytest.fixture(params=["valkey", "redis", "etcd"])
async def server(request: pytest.FixtureRequest, place: Place) -> AsyncIterator[Running]:
    """A real server."""
    if request.param == "valkey":
        async with run_valkey(place, durable=False) as (url, supervisor):
            yield Running(url, None, supervisor)
    elif request.param == "redis":
        need(REDIS)
        port = free_port()
        async with supervised(describe_redis(place, port, durable=False)) as supervisor:
            yield Running(redis_url(place, port), None, supervisor)
    else:
        async with open_etcd(place) as etcd:
            yield Running("redis://127.0.0.1:1", etcd.url, etcd.supervisor, place.folder("etcd") / "member")


@pytest.fixture
async def registry(server: Running) -> AsyncIterator[Registry]:
    async with server.registry() as registry:
        yield registry


@pytest.fixture
async def other(server: Running) -> AsyncIterator[Registry]:
    """The registry as another process has it."""
    async with server.registry() as registry:
        yield registry


async def wait_for(sets: Sets, wanted: dict[str, bytes]) -> list[dict[str, bytes]]:
    """Return the sets seen until the wanted one came, with it."""
    seen = []
    try:
        async with asyncio.timeout(PATIENCE_S):
            async for entries in sets:
                seen.append(entries)
                if entries == wanted:
                    return seen
    except TimeoutError:
        pass
    raise AssertionError(f"never {wanted}, but {seen}")


async def test_who_comes_and_leaves_is_seen_at_once(registry: Registry, other: Registry) -> None:
    async with other.watch("node/") as sets:
        await wait_for(sets, {})
        # Sooner than the leases run out.
        async with (
            registry.announce("node/1", b"\x00one\xff", ttl_s=LONG_S),
            registry.announce("else/1", b"no", ttl_s=LONG_S),
        ):
            await wait_for(sets, {"node/1": b"\x00one\xff"})
            async with registry.announce("node/2", b"two", ttl_s=LONG_S):
                await wait_for(sets, {"node/1": b"\x00one\xff", "node/2": b"two"})
            await wait_for(sets, {"node/1": b"\x00one\xff"})
            assert await other.list("else/") == {"else/1": b"no"}
        await wait_for(sets, {})
        assert await other.list("") == {}


async def test_a_watcher_that_comes_late_is_given_the_whole_set(registry: Registry, other: Registry) -> None:
    async with (
        registry.announce("node/1", b"1"),
        registry.announce("node/2", b"2"),
        other.watch("node/") as sets,
    ):
        assert await anext(sets) == {"node/1": b"1", "node/2": b"2"}


async def test_an_update_is_seen_and_keeps_the_lease(registry: Registry, other: Registry) -> None:
    async with (
        other.watch("node/") as sets,
        registry.announce("node/1", b"0", ttl_s=TTL_S) as announcement,
    ):
        for value in (b"1", b"2", b""):
            await announcement.update(value)
            await wait_for(sets, {"node/1": value})


async def test_an_owner_that_lives_stays(registry: Registry, other: Registry) -> None:
    async with registry.announce("node/1", b"1", ttl_s=TTL_S), other.watch("node/") as sets:
        await wait_for(sets, {"node/1": b"1"})
        with suppress(TimeoutError):
            async with asyncio.timeout(TTL_S * 2.5):
                raise AssertionError(f"nothing changed, yet told: {await anext(sets)}")


async def test_an_owner_that_is_killed_vanishes_with_its_lease(server: Running, other: Registry) -> None:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", OWNER, server.redis_url, server.registry_url or ""),
        cwd=Path(__file__).parents[2],
    )
    async with other.watch("node/") as sets:
        await wait_for(sets, {"node/child": b"alive"})
        child.kill()
        await child.wait()
        await wait_for(sets, {})


async def test_who_announces_a_name_again_takes_it_over(registry: Registry, other: Registry) -> None:
    async with registry.announce("node/1", b"old", ttl_s=TTL_S) as old:
        async with other.announce("node/1", b"new", ttl_s=TTL_S):
            await old.update(b"old again")
            await asyncio.sleep(TTL_S)  # renewals of both
            assert await registry.list("node/") == {"node/1": b"new"}
        async with registry.watch("node/") as sets:
            await wait_for(sets, {"node/1": b"old again"})


async def test_the_former_owner_takes_nothing_away_when_it_leaves(
    registry: Registry, other: Registry
) -> None:
    async with AsyncExitStack() as stack:
        async with registry.announce("node/1", b"old", ttl_s=TTL_S):
            await stack.enter_async_context(other.announce("node/1", b"new", ttl_s=TTL_S))
        assert await registry.list("node/") == {"node/1": b"new"}


async def test_a_wiped_server_is_told_again_and_watchers_miss_nobody(
    server: Running, registry: Registry, other: Registry
) -> None:
    async with (
        registry.announce("node/1", b"1", ttl_s=GRACE_S) as announcement,
        other.watch("node/") as sets,
    ):
        await wait_for(sets, {"node/1": b"1"})
        await server.wipe()
        wiped = asyncio.get_running_loop().time()
        while await list_patiently(other) != {"node/1": b"1"}:  # noqa: ASYNC110  # the watch won't tell it
            await asyncio.sleep(0.02)
        assert asyncio.get_running_loop().time() - wiped < GRACE_S
        await announcement.update(b"2")
        # Not once was the set seen without it.
        assert await wait_for(sets, {"node/1": b"2"}) == [{"node/1": b"2"}]


async def list_patiently(registry: Registry) -> dict[str, bytes] | None:
    with suppress(Unavailable):
        return await registry.list("node/")
    return None


async def test_who_left_while_the_server_was_wiped_is_not_kept_for_ever(
    server: Running, registry: Registry, other: Registry
) -> None:
    async with other.watch("node/") as sets, registry.announce("node/stays", b"", ttl_s=TTL_S):
        async with registry.announce("node/leaves", b"", ttl_s=TTL_S):
            await wait_for(sets, {"node/stays": b"", "node/leaves": b""})
            await server.wipe()
        await wait_for(sets, {"node/stays": b""})


async def test_what_a_hanging_server_did_not_hear_is_told_later(
    server: Running, registry: Registry, other: Registry
) -> None:
    async with other.watch("node/") as sets, registry.announce("node/1", b"1", ttl_s=LONG_S) as announcement:
        await wait_for(sets, {"node/1": b"1"})
        await server.stop()
        async with AsyncExitStack() as stack:
            outcomes = await asyncio.gather(
                registry.list("node/"),
                announcement.update(b"2"),
                stack.enter_async_context(registry.announce("node/2", b"late", ttl_s=TTL_S)),
                return_exceptions=True,
            )
            os.kill(server.pid, signal.SIGCONT)
            assert isinstance(outcomes[0], Unavailable)
            await wait_for(sets, {"node/1": b"2", "node/2": b"late"})
