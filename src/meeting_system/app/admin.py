"""`meeting-system admin`: accounts and the audit trail, from the machine that the system runs on.

Works while the system runs and while it doesn't, on the database that is configured or our own.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from meeting_system.app.backup.target import reach_database
from meeting_system.app.lifespan import SchemaOutdated
from meeting_system.app.settings import Settings
from meeting_system.kernel.clock import SystemClock
from meeting_system.kernel.principal import AccountRole
from meeting_system.kit.migrations import find_revision, newest_revision
from meeting_system.kit.sql import Database, open_database
from meeting_system.user import founding
from meeting_system.user.audit import verify_trail
from meeting_system.user.schemas import AuditCheck


@asynccontextmanager
async def open_tables(settings: Settings) -> AsyncIterator[Database]:
    """Give the database for the length of the block. Raises SchemaOutdated where it is another version's."""
    async with reach_database(settings) as url, open_database(url, pool_size=2) as database:
        if await find_revision(database) != newest_revision():
            raise SchemaOutdated("the database is of another version: start the system once, or migrate it")
        yield database


async def create(
    settings: Settings, *, email: str, display_name: str, role: AccountRole, password: str
) -> str:
    """Make an account with a role; return its id."""
    async with open_tables(settings) as database:
        return await founding.create_admin(
            database,
            SystemClock(),
            email=email,
            display_name=display_name,
            role=role,
            password=password,
        )


async def promote(settings: Settings, *, email: str, role: AccountRole) -> None:
    """Give an account another role."""
    async with open_tables(settings) as database:
        await founding.promote(database, SystemClock(), email=email, role=role)


async def verify_audit(settings: Settings, expected: str | None) -> AuditCheck:
    """Look whether every entry of the audit trail is as it was written, and `expected` one of its hashes."""
    async with open_tables(settings) as database:
        return await verify_trail(database, expected)
