"""Documents in backups: those in PostgreSQL are in its dump, those in MongoDB are lines of a member.

A backup of one kind is restored onto the other as well.
"""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO

from meeting_system.adapters.documents import Kept
from meeting_system.adapters.documents_mongo import open_mongo
from meeting_system.adapters.documents_sql import SqlDocuments
from meeting_system.app.backup import archive
from meeting_system.app.backup.archive import Manifest
from meeting_system.app.documents import open_configured_documents
from meeting_system.app.settings import Settings
from meeting_system.kernel.errors import AppError
from meeting_system.kit.sql import Database


class DocumentsIncomplete(AppError):
    """Other documents were written than the backup says."""

    code = "restore_incomplete"


@dataclass(frozen=True)
class Exported:
    """The documents of MongoDB as lines, and how many of each collection."""

    lines: IO[bytes]
    counts: dict[str, int]


@asynccontextmanager
async def exported(settings: Settings, database: Database) -> AsyncIterator[Exported | None]:
    """Give the documents that are not in the database, as a file that vanishes; None: they are in it."""
    if settings.documents_url is None:
        yield None
        return
    with tempfile.TemporaryFile() as lines:
        counts: dict[str, int] = {}
        async with open_configured_documents(settings, database) as documents:
            async for each in documents.export():
                lines.write(each.to_line())
                counts[each.collection] = counts.get(each.collection, 0) + 1
        lines.seek(0)
        yield Exported(lines, counts)


async def count_outside(settings: Settings) -> int:
    """Return how many documents lie outside the database. Raises Unavailable when that server is away."""
    if settings.documents_url is None:
        return 0
    async with open_mongo(settings.documents_url.get_secret_value()) as documents:
        await documents.check()
        return sum((await documents.count()).values())


async def bring_back(settings: Settings, database: Database, file: IO[bytes], manifest: Manifest) -> None:
    """Put the documents of a backup, whose dump is loaded into `database`, where they are kept now."""
    inside = SqlDocuments(database)
    if manifest.documents is None and settings.documents_url is None:
        return
    wanted = await inside.count() if manifest.documents is None else manifest.documents
    source = inside.export() if manifest.documents is None else _read(file)
    async with open_configured_documents(settings, database) as documents:
        written = await documents.replace(source)
    if written != wanted:
        raise DocumentsIncomplete(f"documents written: {written}, the backup says {wanted}")


async def _read(file: IO[bytes]) -> AsyncIterator[Kept]:
    for line in archive.read_documents(file):
        yield Kept.of_line(line)
