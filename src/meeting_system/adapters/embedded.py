"""The default installation's own servers: a real PostgreSQL and a real Valkey, in one data folder.

Both are started again when they die, and end with us. An address that is configured
selects that server instead, and none is started for it.
"""

import fcntl
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from meeting_system.adapters.data_folder import RESTORE, settle
from meeting_system.adapters.embedded_place import open_place
from meeting_system.adapters.embedded_postgres import run_postgres
from meeting_system.adapters.embedded_process import Supervisor
from meeting_system.adapters.embedded_valkey import run_valkey


@dataclass(frozen=True)
class Servers:
    """Addresses of the servers, own or configured, and the supervisors of the own ones."""

    database_url: str
    redis_url: str
    supervisors: dict[str, Supervisor] = field(default_factory=dict)


class DataFolderInUse(RuntimeError):
    """Another process of ours runs on this data folder."""


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """Hold the data folder: a second process would take our servers for leftovers and end them."""
    with (data / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataFolderInUse(
                f"another meeting-system runs on {data}: stop it first, "
                "or choose another folder with MEETING_DATA"
            ) from None
        yield


@asynccontextmanager
async def open_servers(
    data: Path, *, database_url: str | None = None, redis_url: str | None = None, durable: bool = True
) -> AsyncIterator[Servers]:
    """Start what is not configured, and stop it at the end. `durable` False is for tests."""
    if database_url and redis_url:
        if (data / RESTORE).exists():
            with locked(data):
                settle(data)
        yield Servers(database_url, redis_url)
        return
    place = open_place(data)
    async with AsyncExitStack() as stack:
        stack.enter_context(locked(place.data))
        settle(place.data)
        supervisors: dict[str, Supervisor] = {}
        store, tables = redis_url or "", database_url or ""
        if not store:
            valkey = run_valkey(place, durable=durable)
            store, supervisors["valkey"] = await stack.enter_async_context(valkey)
        if not tables:
            postgres = run_postgres(place, durable=durable)
            tables, supervisors["postgresql"] = await stack.enter_async_context(postgres)
        yield Servers(tables, store, supervisors)
