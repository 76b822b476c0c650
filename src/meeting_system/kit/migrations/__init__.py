"""Bring the database to the present schema: one linear chain of Alembic versions, `versions/NNNN_name.py`.

The revision's id is the file's name. Several processes may start at once: one migrates, the others wait.
"""

from pathlib import Path

from sqlalchemy import Connection, text

from meeting_system.kit.log import logger
from meeting_system.kit.sql import Database

log = logger(__name__)

FOLDER = Path(__file__).parent
SCHEMAS = ("bigbluebutton", "documents", "kit", "meetings", "users", "webhooks")
"""Every schema that is ours: what a backup holds."""

LOCK = 0x6D656574
"""Number of the advisory lock: "meet"."""


def newest_revision() -> str:
    """Return the revision that the code needs."""
    return max(file.stem for file in (FOLDER / "versions").glob("[0-9]*.py"))


async def find_revision(database: Database) -> str | None:
    """Return the revision that the database has, None when it has none."""
    async with database.reading() as connection:
        if await connection.scalar(text("SELECT to_regclass('kit.migration')")) is None:
            return None
        revision: str | None = await connection.scalar(text("SELECT version_num FROM kit.migration"))
        return revision


async def migrate(database: Database) -> bool:
    """Apply what is missing; tell whether anything was. A present database costs one query."""
    before = await find_revision(database)
    if before == newest_revision():
        return False
    async with database.engine.begin() as connection:
        # A migration may take longer than a request may.
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        await connection.execute(text("CREATE SCHEMA IF NOT EXISTS kit"))
        await connection.run_sync(_upgrade)
    log.info("database_migrated", before=before, now=newest_revision())
    return True


def _upgrade(connection: Connection) -> None:
    # Imported here: Alembic takes 100 ms, and most starts have nothing to migrate.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
