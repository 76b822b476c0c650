"""`meeting-system backup`: one moment of the database and the durable files, while the system runs."""

import asyncio
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from meeting_system import __version__
from meeting_system.adapters import postgres_dump
from meeting_system.adapters.data_folder import LAST_BACKUP, durable_files
from meeting_system.adapters.postgres_dump import Snapshot
from meeting_system.app.backup import archive
from meeting_system.app.backup.documents import Exported, exported
from meeting_system.app.backup.objects import add_objects
from meeting_system.app.backup.place import choose_place, written_whole
from meeting_system.app.backup.target import NothingToBackUp, reach_database
from meeting_system.app.objects import OWN
from meeting_system.app.settings import PREFIX, Settings
from meeting_system.kernel.clock import Clock
from meeting_system.kit.migrations import SCHEMAS, find_revision
from meeting_system.kit.sql import Database, open_database

_SECRET = ("SECRET", "URL", "KEY", "PASSWORD", "TOKEN")


@dataclass(frozen=True)
class Backup:
    """A backup that was written: where, bytes of what it holds, and its manifest."""

    place: str
    size: int
    manifest: archive.Manifest


async def back_up(settings: Settings, given: str | None, clock: Clock) -> Backup:
    """Write a backup to `given`: file, folder or bucket; else to where MEETING_OBJECTS__URL says."""
    now = clock.now()
    place = choose_place(settings, given, now)
    async with written_whole(settings, place) as file:
        manifest = await write_backup(settings, file, now)
    await asyncio.to_thread(remember, settings.data, str(place), now)
    size = sum(member.size for member in manifest.members)
    return Backup(str(place), size, manifest)


async def write_backup(settings: Settings, file: IO[bytes], now: datetime) -> archive.Manifest:
    """Write the archive into `file`."""
    async with reach_database(settings) as url, open_database(url, pool_size=2) as database:
        revision = await read_revision(database)
        async with (
            postgres_dump.open_snapshot(url, SCHEMAS) as snapshot,
            exported(settings, database) as documents,
        ):
            major = int(snapshot.server_version.split(".")[0])
            programs = await asyncio.to_thread(postgres_dump.find_dump_programs, major)
            source = Source(url, programs, snapshot, revision, documents)
            writer = archive.Writer(file)
            await asyncio.to_thread(_add_files, settings, writer)
            await asyncio.to_thread(_add_data, source, writer)
            await add_objects(settings, writer)
            manifest = describe(source, writer, now)
            await asyncio.to_thread(writer.finish, manifest)
            return manifest


async def read_revision(database: Database) -> str:
    """Return the schema's revision; raise NothingToBackUp where there is none."""
    revision = await find_revision(database)
    if revision is None:
        raise NothingToBackUp("the database is empty: the system was never started on it")
    return revision


@dataclass(frozen=True)
class Source:
    """What is backed up beside the files: the database as it was at one moment, and what it does not hold."""

    url: str
    programs: Path
    snapshot: Snapshot
    revision: str
    documents: Exported | None


def _add_files(settings: Settings, writer: archive.Writer) -> None:
    for path in durable_files(settings.data):
        if path.parts[0] == OWN:
            continue  # an object, if it is still one: those have their own way
        with suppress(FileNotFoundError), (settings.data / path).open("rb") as content:
            mode = os.fstat(content.fileno()).st_mode & 0o644
            writer.add(f"{archive.DATA}{path.as_posix()}", archive.chunks_of(content), mode=mode)


def _add_data(source: Source, writer: archive.Writer) -> None:
    dump = postgres_dump.dump(source.programs, source.url, SCHEMAS, source.snapshot.name)
    writer.add(archive.DATABASE, dump)
    if source.documents is not None:
        writer.add(archive.DOCUMENTS, archive.chunks_of(source.documents.lines))


def describe(source: Source, writer: archive.Writer, now: datetime) -> archive.Manifest:
    """Return what the backup says of itself."""
    return archive.Manifest(
        made_at=now.astimezone(UTC).isoformat(timespec="seconds"),
        version=__version__,
        revision=source.revision,
        postgresql=source.snapshot.server_version,
        schemas=SCHEMAS,
        tables=source.snapshot.tables,
        configuration=dict(public_configuration()),
        members=tuple(writer.members),
        documents=source.documents.counts if source.documents is not None else None,
    )


def public_configuration() -> Iterator[tuple[str, str]]:
    """Yield the variables that are set, for whoever restores, without what may be a secret."""
    for name, value in sorted(os.environ.items()):
        if name.startswith(PREFIX):
            yield name, "(set, not copied)" if any(word in name for word in _SECRET) else value


def remember(data: Path, place: str, now: datetime) -> None:
    """Note in the data folder when the last backup was taken, and where it lies."""
    with suppress(OSError):
        draft = data / f"{LAST_BACKUP}.new"
        draft.write_text(json.dumps({"made_at": now.astimezone(UTC).isoformat(), "place": place}))
        draft.rename(data / LAST_BACKUP)


def last_backup(data: Path) -> tuple[datetime, str] | None:
    """Return when the last backup was taken, and where it lies."""
    try:
        found: dict[str, Any] = json.loads((data / LAST_BACKUP).read_text())
        return datetime.fromisoformat(found["made_at"]), str(found["place"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
