"""Debian's PostgreSQL 15 as an outside server: on a socket, in a folder of the test's own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from meeting_system.adapters.embedded_place import open_place
from meeting_system.adapters.embedded_postgres import (
    DATABASE,
    database_url,
    describe,
    init_data,
    make_database,
)
from meeting_system.adapters.embedded_process import supervised

PROGRAMS = Path("/usr/lib/postgresql/15/bin")


@asynccontextmanager
async def postgres_15(folder: Path) -> AsyncIterator[str]:
    """Run it for the length of the block; give the URL of an empty database."""
    if not (PROGRAMS / "postgres").exists():
        pytest.skip("Debian's PostgreSQL 15 is not installed: apt install postgresql-15")
    place = open_place(folder)
    data = place.folder("postgres")
    await asyncio.to_thread(init_data, PROGRAMS, data, place.owner, False)
    async with supervised(describe(place, PROGRAMS, data, False)):
        await make_database(place.sockets)
        yield database_url(place.sockets, DATABASE)
