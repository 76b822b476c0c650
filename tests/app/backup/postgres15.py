"""Debian's PostgreSQL 15 as an outside server: on a socket, in a folder of the test's own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.outside import need

from meeting_system.adapters.embedded_place import open_place
from meeting_system.adapters.embedded_postgres import (
    DATABASE,
    database_url,
    describe,
    init_data,
    make_database,
)
from meeting_system.adapters.embedded_process import supervised
from meeting_system.app.cluster.programs import POSTGRES


@asynccontextmanager
async def postgres_15(folder: Path) -> AsyncIterator[str]:
    """Run it for the length of the block; give the URL of an empty database."""
    need(POSTGRES)
    programs = Path(POSTGRES.path).parent
    place = open_place(folder)
    data = place.folder("postgres")
    await asyncio.to_thread(init_data, programs, data, place.owner, False)
    async with supervised(describe(place, programs, data, False)):
        await make_database(place.sockets)
        yield database_url(place.sockets, DATABASE)
