"""Many children with one owner: started together, each started again when it dies, stopped together."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from meeting_system.adapters.embedded_process import Server, Supervisor
from meeting_system.kit.tasks import alongside


@asynccontextmanager
async def supervised_together(servers: Sequence[Server]) -> AsyncIterator[dict[str, Supervisor]]:
    """Keep `servers` running while the block runs; give their supervisors by name."""
    supervisors = {server.name: Supervisor(server) for server in servers}
    try:
        await start_all(list(supervisors.values()))
        async with alongside(*(supervisor.keep() for supervisor in supervisors.values())):
            yield supervisors
    finally:
        # All are asked at the same time: a stop takes as long as the slowest.
        await asyncio.gather(*(supervisor.stop() for supervisor in supervisors.values()))


async def start_all(supervisors: Sequence[Supervisor]) -> None:
    """Start them at the same time; the first failure is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for supervisor in supervisors:
                group.create_task(supervisor.start())
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
