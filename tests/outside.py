"""Servers as operators run them: PostgreSQL 15, Redis 7 and etcd 3.4 of Debian's packages, own instances on
free ports. A test that needs one which isn't installed is skipped and says what to install; CI fails then."""

import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from meeting_system.adapters.embedded import Servers
from meeting_system.adapters.embedded_place import Place, open_place
from meeting_system.adapters.embedded_process import Supervisor, supervised
from meeting_system.app.cluster.etcd import describe_etcd, etcd_url
from meeting_system.app.cluster.postgres import describe_postgres, postgres_url
from meeting_system.app.cluster.programs import ETCD, POSTGRES, REDIS, Program, find_missing
from meeting_system.app.cluster.redis import describe_redis, redis_url

# Below those that Linux hands out by itself: no connection that another test opens can take one meanwhile.
PORTS = range(10_000, 32_768)


def free_port() -> int:
    """Return a port that is free for TCP and UDP on this machine right now."""
    while True:
        port = secrets.choice(PORTS)
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp, suppress(OSError):
            tcp.bind(("127.0.0.1", port))
            udp.bind(("127.0.0.1", port))
            return port


def need(*programs: Program) -> None:
    """Skip where a package is missing."""
    if missing := find_missing(programs):
        pytest.skip(f"not installed: apt install {' '.join(missing)}")


@asynccontextmanager
async def open_outside(folder: Path, *, durable: bool = False) -> AsyncIterator[Servers]:
    """Run PostgreSQL and Redis of Debian while the block runs."""
    need(POSTGRES, REDIS)
    place = open_place(folder)
    tables, store = free_port(), free_port()
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        yield Servers(
            postgres_url(place, tables),
            redis_url(place, store),
            {
                "postgresql": await enter(supervised(describe_postgres(place, tables, durable=durable))),
                "redis": await enter(supervised(describe_redis(place, store, durable=durable))),
            },
        )


@dataclass(frozen=True)
class Etcd:
    """A running etcd."""

    url: str
    supervisor: Supervisor


@asynccontextmanager
async def open_etcd(place: Place) -> AsyncIterator[Etcd]:
    """Run etcd of Debian while the block runs."""
    need(ETCD)
    port = free_port()
    async with supervised(describe_etcd(place, port, free_port())) as supervisor:
        yield Etcd(etcd_url(port), supervisor)
