"""The default installation's own servers: a real PostgreSQL and a real Valkey, in one data folder.

Both are started again when they die, and end with us. An address that is configured
selects that server instead, and none is started for it.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

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


@asynccontextmanager
async def open_servers(
    data: Path, *, database_url: str | None = None, redis_url: str | None = None, durable: bool = True
) -> AsyncIterator[Servers]:
    """Start what is not configured, and stop it at the end. `durable` False is for tests."""
    if database_url and redis_url:
        yield Servers(database_url, redis_url)
        return
    place = open_place(data)
    supervisors: dict[str, Supervisor] = {}
    async with AsyncExitStack() as stack:
        if not redis_url:
            valkey = run_valkey(place, durable=durable)
            redis_url, supervisors["valkey"] = await stack.enter_async_context(valkey)
        if not database_url:
            postgres = run_postgres(place, durable=durable)
            database_url, supervisors["postgresql"] = await stack.enter_async_context(postgres)
        yield Servers(database_url, redis_url, supervisors)
