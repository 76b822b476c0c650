"""Where a backup goes and comes from, never half written: a file of this machine, or an object."""

import asyncio
import fcntl
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from meeting_system.adapters.data_folder import SUFFIX, sync_folder
from meeting_system.adapters.objects import PART
from meeting_system.app.objects import objects_at
from meeting_system.app.settings import Settings
from meeting_system.kernel.errors import AppError, Conflict, Invalid, NotFound, Unavailable

PARTIAL = ".partial"
BUCKETS = ("s3://", "file://")
FOLDER = "backups"
"""Below MEETING_OBJECTS__URL, where other things may lie as well."""


class BackupExists(Conflict):
    """There is a backup of this name; it is never overwritten."""

    code = "backup_exists"


class NotWritten(Unavailable):
    """The disk is full, or the folder can't be written to."""

    code = "backup_not_written"


class PlaceMissing(Invalid):
    """Nobody said where to."""

    code = "backup_place_missing"


class BackupNotFound(NotFound):
    """There is no such backup; the message names those that there are."""

    code = "backup_not_found"


class TransferDamaged(AppError):
    """The store gives back something else than was sent."""

    code = "backup_transfer_damaged"


@dataclass(frozen=True)
class InBucket:
    """An object: `url` of the bucket or folder, and the key below it."""

    url: str
    key: str

    def __str__(self) -> str:
        return f"{self.url}/{self.key}"


def file_name(now: datetime) -> str:
    """Return the name of a backup that was taken now: in the order of time."""
    return f"meeting-system-{now:%Y%m%dT%H%M%SZ}{SUFFIX}"


def choose_place(settings: Settings, given: str | None, now: datetime) -> Path | InBucket:
    """Return where to write: in a folder or bucket under a name of its own."""
    if given is None:
        if settings.objects.url is None:
            raise PlaceMissing(
                "where to? Give a file, a folder or s3://bucket/prefix, or set MEETING_OBJECTS__URL"
            )
        return InBucket(f"{settings.objects.url.rstrip('/')}/{FOLDER}", file_name(now))
    if given.startswith(BUCKETS):
        return InBucket(given.rstrip("/"), file_name(now))
    path = Path(given).expanduser().absolute()
    return path / file_name(now) if path.is_dir() else path


def written_whole(settings: Settings, place: Path | InBucket) -> AbstractAsyncContextManager[IO[bytes]]:
    """Give a file whose content is at `place` once the block ended well; else nothing is left there."""
    return _written_file(place) if isinstance(place, Path) else _sent(settings, place)


@asynccontextmanager
async def _written_file(target: Path) -> AsyncIterator[IO[bytes]]:
    with written_file(target) as file:
        yield file


@contextmanager
def written_file(target: Path) -> Iterator[IO[bytes]]:
    """Give a file that takes its name when the block ends well, readable by us only; else nothing is left.

    Raises BackupExists, and NotWritten where the disk or the permissions are in the way.
    """
    if target.exists():
        raise BackupExists(f"{target} exists already: choose another name, or give a folder")
    draft = target.with_name(f".{target.name}.{os.getpid()}{PARTIAL}")
    try:
        remove_leftovers(target.parent)
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield file
                file.flush()
                os.fsync(file.fileno())
                # A link, unlike a rename, does not replace what came into being meanwhile.
                os.link(draft, target)
        finally:
            draft.unlink(missing_ok=True)
        sync_folder(target.parent)
    except FileExistsError:
        raise BackupExists(f"{target} exists already: choose another name, or give a folder") from None
    except OSError as error:
        raise NotWritten(f"{target} could not be written: {error.strerror or error}") from error


def remove_leftovers(folder: Path) -> None:
    """Remove what a backup that was killed left: nobody holds it any more."""
    for draft in folder.glob(f".*{SUFFIX}.*{PARTIAL}"):
        with suppress(OSError), draft.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            draft.unlink()


# ---------------------------------------------------------------- buckets


@asynccontextmanager
async def _sent(settings: Settings, place: InBucket) -> AsyncIterator[IO[bytes]]:
    """Write a nameless file here first (its length is known only then), send it, and read it back."""
    objects = objects_at(settings, place.url)
    # A wrong key or a store that is away is told before the work.
    if any(each.key == place.key for each in await objects.list()):
        raise BackupExists(f"{place} exists already")
    with nameless_file(settings.data) as file:
        yield file
        sent = await objects.put(place.key, _chunks(file))
        there = hashlib.sha256()
        async for chunk in objects.get(place.key):
            there.update(chunk)
        if there.hexdigest() != sent.sha256:
            await objects.delete(place.key)
            raise TransferDamaged(f"{place}: the store gave back something else than was sent")


@contextmanager
def nameless_file(data: Path) -> Iterator[IO[bytes]]:
    """Give a file that vanishes with us, however we end: on the data folder's disk, which has room."""
    folder = data if data.is_dir() else data.absolute().parent
    try:
        with tempfile.TemporaryFile(dir=folder if folder.is_dir() else None) as file:
            yield file
    except OSError as error:
        raise NotWritten(f"{folder}: {error.strerror or error}") from error


async def _chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    await asyncio.to_thread(file.seek, 0)
    while chunk := await asyncio.to_thread(file.read, PART):
        yield chunk


def opened(settings: Settings, source: str) -> AbstractAsyncContextManager[IO[bytes]]:
    """Open the backup at `source`, a file's path or an object's URL; raise BackupNotFound."""
    if source.startswith(BUCKETS):
        return _fetched(settings, source)
    return _opened_file(Path(source).expanduser())


@asynccontextmanager
async def _opened_file(path: Path) -> AsyncIterator[IO[bytes]]:
    try:
        file = await asyncio.to_thread(path.open, "rb")
    except OSError as error:
        raise BackupNotFound(f"{path}: {error.strerror}") from None
    with file:
        yield file


@asynccontextmanager
async def _fetched(settings: Settings, source: str) -> AsyncIterator[IO[bytes]]:
    url, _, key = source.rstrip("/").rpartition("/")
    if not key.endswith(SUFFIX):
        raise BackupNotFound(f"{source}: give one of {await _names(settings, source)}")
    with nameless_file(settings.data) as file:
        async for chunk in objects_at(settings, url).get(key):
            await asyncio.to_thread(file.write, chunk)
        yield file


async def _names(settings: Settings, url: str) -> str:
    found = await objects_at(settings, url.rstrip("/")).list()
    return ", ".join(each.key for each in found if each.key.endswith(SUFFIX)) or "(there is none)"
