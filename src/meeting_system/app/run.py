"""`meeting-system serve`: from settings to a process that listens."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import uvloop

from meeting_system.adapters.embedded import DataFolderInUse
from meeting_system.adapters.embedded_process import ServerNotStarted
from meeting_system.app import network
from meeting_system.app.certificate import find_certificate
from meeting_system.app.lifespan import Report, SchemaOutdated, open_configured_servers, open_process
from meeting_system.app.server import serve
from meeting_system.app.services import SERVICES
from meeting_system.app.settings import Settings
from meeting_system.kernel.errors import AppError
from meeting_system.kit.migrations import migrate
from meeting_system.kit.sql import open_database

START_ERRORS = (
    AppError,
    DataFolderInUse,
    SchemaOutdated,
    ServerNotStarted,
    network.AddressInUse,
    network.NameUnknown,
    PermissionError,
)
"""What may hinder a start and says itself what to do."""


def run_server(
    settings: Settings, services: Sequence[str], *, report: Report, on_listening: Callable[[], None]
) -> None:
    """Serve until a signal ends it."""
    uvloop.run(_run_server(settings, services or tuple(SERVICES), report, on_listening))


async def _run_server(
    settings: Settings, services: Sequence[str], report: Report, on_listening: Callable[[], None]
) -> None:
    task = asyncio.current_task()
    assert task is not None
    # Until we listen, a signal just ends the start; what was opened is closed.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    sockets = network.listen(settings.bind_addresses, settings.http.port)
    try:
        tls = find_certificate(settings, datetime.now(UTC))
        async with open_process(settings, services, tls=tls, report=report) as process:
            await serve(process, settings, sockets, tls=tls, on_listening=on_listening)
    finally:
        network.close(sockets)


def run_migration(settings: Settings) -> bool:
    """Bring the database to the present schema; tell whether anything had to be done."""
    return asyncio.run(_run_migration(settings))


async def _run_migration(settings: Settings) -> bool:
    async with (
        open_configured_servers(settings) as servers,
        open_database(servers.database_url, pool_size=2) as database,
    ):
        return await migrate(database)
