"""What rows break: PostgreSQL and Redis that nobody starts again but us, two processes, clients."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.reliability.proxy import Proxy, open_proxy
from benchmarks.rooms.clients import Clients, Reply, open_clients
from benchmarks.rooms.site import Site, open_processes
from tests.outside import free_port

from meeting_system.adapters.embedded_place import open_place
from meeting_system.adapters.embedded_process import Supervisor
from meeting_system.adapters.redis_store import open_store
from meeting_system.app.cluster.postgres import describe_postgres, postgres_url
from meeting_system.app.cluster.redis import describe_redis, redis_url

ONE_ADDRESS = {"MEETING_SIGNALING__MAX_UNAUTHENTICATED_PER_ADDRESS": "1000"}
"""Clients have an address each, but the proxy hides that: together they are no crowd of one address."""
FAULTS = ("lost", "doubled", "reordered")


@dataclass(frozen=True)
class Found:
    """What a row came to: its figures, whether its target was met, and what there is to say of it."""

    figures: dict[str, float]
    met: bool
    note: str = ""


@dataclass
class Server:
    """PostgreSQL or Redis: ended and started by the row alone."""

    supervisor: Supervisor
    url: str
    folder: Path

    async def kill(self) -> None:
        """End it as a power cut would."""
        assert self.supervisor.pid is not None
        os.killpg(self.supervisor.pid, signal.SIGKILL)
        await self.supervisor.stop()

    async def start(self) -> None:
        """Start it again on what it has written."""
        await self.supervisor.start()


@dataclass
class Ground:
    """Everything that a row may break, and the clients that notice."""

    postgres: Server
    redis: Server
    site: Site
    clients: Clients
    proxy: Proxy
    meetings: list[str] = field(default_factory=list)
    each: int = 0

    async def wipe_redis(self) -> None:
        """Throw everything in Redis away, as somebody does by mistake."""
        async with open_store(self.redis.url) as store:
            await store.client.flushall()

    async def restart_signaling(self) -> None:
        """Kill signaling, and start it as its supervisor does."""
        await self.site.signaling.end(signal.SIGKILL)
        await self.site.signaling.start()
        await self.site.signaling.wait_ready()


@asynccontextmanager
async def open_ground(
    folder: Path, *, meetings: int, each: int, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Ground]:
    """Run it all with `each` guests in every meeting, who come through the proxy."""
    async with AsyncExitStack() as stack:
        place = open_place(folder / "servers")
        tables, store = free_port(), free_port()
        postgres = Server(
            Supervisor(describe_postgres(place, tables)), postgres_url(place, tables), place.data
        )
        redis = Server(
            Supervisor(describe_redis(place, store)), redis_url(place, store), place.folder("redis")
        )
        for server in (postgres, redis):
            stack.push_async_callback(server.supervisor.stop)
            await server.start()
        enter = stack.enter_async_context
        site = await enter(
            open_processes(folder, postgres.url, redis.url, {**ONE_ADDRESS, **(settings or {})})
        )
        proxy = await enter(open_proxy(site.signaling.address))
        ground = Ground(postgres, redis, site, await enter(open_clients()), proxy, each=each)
        ground.meetings = await site.create_meetings(meetings)
        await ground.clients.open(site.api.address, proxy.address, ground.meetings, each)
        yield ground


def on_ground(
    measure: Callable[[Ground], Awaitable[Found]], *, meetings: int, each: int
) -> Callable[[Path], Awaitable[Found]]:
    """Return a measurement that has ground of its own."""

    async def measure_there(folder: Path) -> Found:
        async with open_ground(folder, meetings=meetings, each=each) as ground:
            return await measure(ground)

    return measure_there


async def saved_tail(ground: Ground, to: Path) -> None:
    """Copy what Redis has on its disk now, to go back to it later."""
    await asyncio.to_thread(shutil.copytree, ground.redis.folder, to)


async def roll_back(ground: Ground, saved: Path) -> None:
    """Kill Redis and bring it back at an earlier moment, as a restored volume is."""
    await ground.redis.kill()
    for name in ("appendonlydir",):
        shutil.rmtree(ground.redis.folder / name)
        await asyncio.to_thread(shutil.copytree, saved / name, ground.redis.folder / name)
    for path in [ground.redis.folder / "appendonlydir", *(ground.redis.folder / "appendonlydir").iterdir()]:
        owner = ground.redis.folder.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
    await ground.redis.start()


def faults(*replies: Reply) -> dict[str, float]:
    """Sum up what was not as promised."""
    return {name: sum(float(reply["faults"][name]) for reply in replies) for name in FAULTS}


def has_none(figures: Mapping[str, Any]) -> bool:
    """Tell whether nothing was lost, doubled or reordered."""
    return not any(figures[name] for name in FAULTS)


def seconds(times: Mapping[str, float], share: str = "p99_ms") -> float:
    """Return a time of a reply in seconds."""
    return round(times[share] / 1000, 2)
