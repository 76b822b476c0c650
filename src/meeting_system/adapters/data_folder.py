"""What lies in a data folder, and how a restored one takes the place of the present one.

    postgres/ valkey/ run/ log/ lock   the own servers: not copied file by file
    secrets/ tls/ and what else is there   durable: copied
    restore/new/       a restore in the making; without `ready` beside it, it is thrown away at the next start
    restore/ready      the new one is whole: from here on every start goes forward
    restore/old/       what was there before
    replaced-<time>/   what was there before, once the restore succeeded

Every step is a rename inside the folder (which may be a mount point), so that a kill at any moment leaves
either the old data or the new.
"""

import os
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

LOCK = "lock"
RESTORE = "restore"
REPLACED = "replaced-"
SUFFIX = ".backup"

ENDING_S = 10.0
LOOK_AGAIN_S = 0.1

LAST_BACKUP = "last-backup.json"
SERVERS = ("postgres", "postgresql", "valkey", "redis", "etcd", "nginx")
MADE_ANEW = ("run", "log", LOCK, RESTORE, "processes.json", "settings.env")

TRANSIENT = frozenset({*SERVERS, *MADE_ANEW, LAST_BACKUP})
"""Names, at any depth, that are never copied: servers' files have their own ways, the rest is made anew."""


def durable_files(data: Path) -> Iterator[Path]:
    """Yield the files to copy, relative to the folder, in a stable order."""
    seen: set[Path] = set()
    for folder, folders, names in os.walk(data, followlinks=True):
        real = Path(folder).resolve()
        if real in seen:  # a link that leads back
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(
            name for name in folders if name not in TRANSIENT and not name.startswith(REPLACED)
        )
        for name in sorted(names):
            path = Path(folder) / name
            if name not in TRANSIENT and path.is_file() and _is_ours(name):
                yield path.relative_to(data)


def _is_ours(name: str) -> bool:
    return SUFFIX not in name and not name.endswith((".new", ".pid", ".sock"))


def is_empty(data: Path) -> bool:
    """Tell whether a restore would replace nothing: no database, no durable file."""
    return not has_database(data) and next(durable_files(data), None) is None


def has_database(data: Path) -> bool:
    """Tell whether our own PostgreSQL was ever started here."""
    return (data / "postgres" / "PG_VERSION").exists()


def begin(data: Path) -> Path:
    """Return an empty folder to build the new one in."""
    settle(data)
    new = data / RESTORE / "new"
    new.mkdir(mode=0o700, parents=True)
    return new


def commit(data: Path) -> Path | None:
    """Put the new folder into the place of the present one; return where the replaced one lies, if any."""
    _mark(data / RESTORE / "ready")
    return settle(data)


def settle(data: Path) -> Path | None:
    """Finish a restore that was interrupted after it was whole, throw away one that was not.

    The caller holds the folder's lock. Returns where the replaced data lies when a restore was finished.
    """
    folder = data / RESTORE
    if not folder.exists():
        return None
    if not (folder / "ready").exists():
        _throw_away(folder)
        return None
    old = folder / "old"
    old.mkdir(mode=0o700, exist_ok=True)
    if not (folder / "emptied").exists():
        _move(data, old)
        _mark(folder / "emptied")
    _move(folder / "new", data)
    return _put_aside(data, folder)


def _throw_away(folder: Path) -> None:
    """Remove a folder in which the PostgreSQL of a killed restore may still be about to end."""
    deadline = time.monotonic() + ENDING_S
    while True:
        try:
            shutil.rmtree(folder)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(LOOK_AGAIN_S)
        else:
            return


def remove_traces(new: Path, sockets: Path) -> None:
    """Remove what a server leaves that ran in the new folder: sockets and logs."""
    for folder in (sockets, new / "run", new / "log"):
        shutil.rmtree(folder, ignore_errors=True)


def _move(source: Path, target: Path) -> None:
    for entry in sorted(source.iterdir()):
        if entry.name not in MADE_ANEW and not entry.name.startswith(REPLACED):
            entry.rename(target / entry.name)
    sync_folder(source)
    sync_folder(target)


def _put_aside(data: Path, folder: Path) -> Path | None:
    kept = None
    if any((folder / "old").iterdir()):
        kept = data / f"{REPLACED}{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
        (folder / "old").rename(kept)
    # What is left says nothing any more, but without `ready` first it would read as one in the making.
    shutil.rmtree(folder)
    sync_folder(data)
    return kept


def _mark(file: Path) -> None:
    with file.open("w") as stream:
        os.fsync(stream.fileno())
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder written to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
