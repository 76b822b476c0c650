"""`meeting-system restore`: all is checked first, built beside the present data, and swapped at the end."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from meeting_system.adapters import data_folder, postgres_dump
from meeting_system.adapters.embedded import DataFolderInUse, locked
from meeting_system.adapters.embedded_place import open_place
from meeting_system.adapters.embedded_postgres import run_postgres
from meeting_system.adapters.postgres_dump import connected
from meeting_system.adapters.redis_store import open_store
from meeting_system.app.backup import archive
from meeting_system.app.backup.archive import Manifest
from meeting_system.app.backup.documents import bring_back, count_outside
from meeting_system.app.backup.objects import bring_objects_back
from meeting_system.app.backup.place import NotWritten, opened
from meeting_system.app.settings import Settings
from meeting_system.kernel.errors import AppError, Conflict, Invalid
from meeting_system.kit.migrations import SCHEMAS, migrate, newest_revision
from meeting_system.kit.sql import APPLICATION, open_database

ROOMS = "sg:*"
"""Keys of signaling: rooms as they were after the backup, which the restored database knows nothing of."""


class BackupTooNew(Invalid):
    """Made by a newer version than this one."""

    code = "backup_too_new"


class SystemRuns(Conflict):
    """A restore needs the system stopped."""

    code = "system_runs"


class TargetNotEmpty(Conflict):
    """There is data; it is replaced only when told."""

    code = "target_not_empty"


class RestoreIncomplete(AppError):
    """The database holds something else than the backup says."""

    code = "restore_incomplete"


@dataclass(frozen=True)
class Restored:
    """What was restored, and where the data lies that it replaced (None: there was none)."""

    manifest: Manifest
    replaced: Path | None


async def restore(settings: Settings, source: str, *, replace: bool) -> Restored:
    """Bring back what the backup at `source` holds. Until it is whole the present data is not touched."""
    async with opened(settings, source) as file:
        manifest = await asyncio.to_thread(archive.check, file, source)
        return await _restore_checked(settings, file, manifest, replace=replace)


async def _restore_checked(
    settings: Settings, file: IO[bytes], manifest: Manifest, *, replace: bool
) -> Restored:
    refuse_newer(manifest)
    place = open_place(settings.data)
    try:
        with locked(place.data):
            await asyncio.to_thread(data_folder.settle, place.data)
            await refuse_unasked(settings, place.data, replace=replace)
            return await _restore(settings, place.data, file, manifest)
    except OSError as error:
        raise NotWritten(
            f"{place.data} could not be written: {error.strerror or error}. The present data is as it was"
        ) from error
    except DataFolderInUse:
        raise SystemRuns(f"meeting-system runs on {place.data}: stop it first") from None


def refuse_newer(manifest: Manifest) -> None:
    """Raise BackupTooNew for a schema that this version does not know."""
    if manifest.revision > newest_revision():
        raise BackupTooNew(
            f"the backup is of version {manifest.version} with schema {manifest.revision}, "
            f"this version knows schemas up to {newest_revision()}: upgrade meeting-system first"
        )


async def refuse_unasked(settings: Settings, data: Path, *, replace: bool) -> None:
    """Raise SystemRuns while others use the database, TargetNotEmpty where data would be replaced unasked."""
    there = [] if data_folder.is_empty(data) else [str(data)]
    if settings.database_url is not None:
        async with connected(settings.database_url.get_secret_value()) as connection:
            if sessions := await postgres_dump.count_sessions(connection, APPLICATION):
                raise SystemRuns(
                    f"{sessions} connections of meeting-system use the database: stop every process first"
                )
            found = await postgres_dump.find_schemas(connection, SCHEMAS)
        there += [f"the database (schemas {', '.join(found)})"] if found else []
    if documents := await count_outside(settings):
        there.append(f"MongoDB ({documents} documents)")
    if there and not replace:
        raise TargetNotEmpty(
            f"there is data in {' and '.join(there)}: restore elsewhere, or replace it with --replace"
        )


async def _restore(settings: Settings, data: Path, file: IO[bytes], manifest: Manifest) -> Restored:
    new = await asyncio.to_thread(data_folder.begin, data)
    try:
        await asyncio.to_thread(archive.extract_data, file, new)
        await bring_objects_back(settings, file, new)
        if settings.database_url is None:
            await _build_database(settings, new, file, manifest)
        else:
            await _fill(settings, settings.database_url.get_secret_value(), file, manifest)
        await forget_rooms(settings)
    except BaseException:
        await asyncio.to_thread(data_folder.settle, data)
        raise
    return Restored(manifest, await asyncio.to_thread(data_folder.commit, data))


async def _build_database(settings: Settings, new: Path, file: IO[bytes], manifest: Manifest) -> None:
    place = open_place(new)
    try:
        async with run_postgres(place, durable=True) as (url, _supervisor):
            await _fill(settings, url, file, manifest)
    finally:
        await asyncio.to_thread(data_folder.remove_traces, new, place.sockets)


async def _fill(settings: Settings, url: str, file: IO[bytes], manifest: Manifest) -> None:
    """Load the dump in one transaction, compare the rows, bring an older schema to the present one; then
    the documents."""
    major = await postgres_dump.find_server_major(url)
    programs = await asyncio.to_thread(postgres_dump.find_newest_programs)
    drop = sorted({*SCHEMAS, *manifest.schemas})
    await asyncio.to_thread(_load, programs, url, file, major, drop)
    async with connected(url) as connection:
        there = await postgres_dump.count_rows(connection, manifest.schemas)
    if there != manifest.tables:
        raise RestoreIncomplete(f"the database holds {there}, the backup says {manifest.tables}")
    async with open_database(url, pool_size=2) as database:
        await migrate(database)
        await bring_back(settings, database, file, manifest)


def _load(programs: Path, url: str, file: IO[bytes], major: int, drop: list[str]) -> None:
    archive.seek_dump(file)
    postgres_dump.load(programs, url, file, server_major=major, drop=drop)


async def forget_rooms(settings: Settings) -> None:
    """Delete the rooms' logs in an outside Valkey: they go on from a later moment than the database."""
    if settings.redis_url is None:
        return
    async with open_store(settings.redis_url.get_secret_value()) as store:
        await store.forget(ROOMS)
