"""Whose database a backup is taken from: a configured one, the running system's, or our own, started."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from meeting_system.adapters.data_folder import has_database, settle
from meeting_system.adapters.embedded import DataFolderInUse, locked
from meeting_system.adapters.embedded_place import open_place
from meeting_system.adapters.embedded_postgres import DATABASE, database_url, run_postgres
from meeting_system.app.settings import Settings
from meeting_system.kernel.errors import NotFound


class NothingToBackUp(NotFound):
    """There is no database in the data folder."""

    code = "nothing_to_back_up"


@asynccontextmanager
async def reach_database(settings: Settings) -> AsyncIterator[str]:
    """Give the URL of the database for the length of the block, whether the system runs or not."""
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    if not has_database(settings.data):
        raise NothingToBackUp(
            f"{settings.data.absolute()} holds no database: give the right folder with MEETING_DATA"
        )
    place = open_place(settings.data)
    try:
        with locked(place.data):
            settle(place.data)
            async with run_postgres(place, durable=True) as (url, _supervisor):
                yield url
    except DataFolderInUse:
        # The system runs: its database answers on the socket.
        yield database_url(place.sockets, DATABASE)
