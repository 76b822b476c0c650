"""The file: an uncompressed tar, so that it can be looked into everywhere. Its last member is the manifest.

    data/secrets/tokens, data/tls/authority.key, …
    database.dump        pg_dump's custom format, compressed
    documents.ndjson     where MongoDB keeps them: a document a line
    objects/<key>        pictures and files, wherever they are kept
    manifest.json        versions, time, and of every other member size and sha256

A file that was cut off has no manifest; one that was changed does not agree with it.
"""

import hashlib
import os
import shutil
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from pydantic import BaseModel, ConfigDict, ValidationError

from meeting_system.kernel.errors import Invalid

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "database.dump"
DOCUMENTS = "documents.ndjson"
DATA = "data/"
OBJECTS = "objects/"
LARGEST_MANIFEST = 8 << 20
_CHUNK = 1 << 20


class BackupDamaged(Invalid):
    """The file is not a whole backup."""

    code = "backup_damaged"


class Member(BaseModel):
    """A part of the backup: its length in bytes and its checksum (hexadecimal)."""

    model_config = ConfigDict(frozen=True)

    name: str
    size: int
    sha256: str


class Manifest(BaseModel):
    """What a backup says of itself. `tables` has the rows of each table, `revision` is the schema's.

    `documents` has the number of each collection that lies in `documents.ndjson`; null: they are in the dump.
    """

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    made_at: str
    version: str
    revision: str
    postgresql: str
    schemas: tuple[str, ...]
    tables: dict[str, int]
    configuration: dict[str, str]
    members: tuple[Member, ...]
    documents: dict[str, int] | None = None


class Writer:
    """Appends members to a tar whose lengths are known only afterwards."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.members: list[Member] = []

    def add(self, name: str, chunks: Iterable[bytes], *, mode: int = 0o600) -> None:
        """Append a member; its header is written over when its length is known."""
        start = self._file.tell()
        self._file.write(_header(name, 0, mode))
        digest, size = hashlib.sha256(), 0
        for chunk in chunks:
            self._file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        self._file.write(bytes(-size % tarfile.BLOCKSIZE))
        self._file.seek(start)
        self._file.write(_header(name, size, mode))
        self._file.seek(0, os.SEEK_END)
        self.members.append(Member(name=name, size=size, sha256=digest.hexdigest()))

    def finish(self, manifest: Manifest) -> None:
        """Append the manifest and the end."""
        self.add(MANIFEST, [manifest.model_dump_json(indent=1).encode()])
        self._file.write(bytes(2 * tarfile.BLOCKSIZE))


def _header(name: str, size: int, mode: int) -> bytes:
    """Return what stands before a member: as long for one name whatever the size."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, mode
    return info.tobuf(tarfile.GNU_FORMAT)


def chunks_of(file: IO[bytes]) -> Iterator[bytes]:
    """Yield what is left of a file."""
    while chunk := file.read(_CHUNK):
        yield chunk


def check(file: IO[bytes], name: str) -> Manifest:
    """Return the manifest of a backup after reading all of it; raise BackupDamaged when anything differs."""
    file.seek(0)
    try:
        with tarfile.open(fileobj=file, mode="r:") as tar:
            found, manifest = _read(tar)
    except tarfile.TarError as error:
        raise BackupDamaged(f"{name} is no backup, or only a part of one: {error}") from None
    if manifest is None:
        raise BackupDamaged(f"{name} has no manifest: it was cut off. Take another backup")
    if found != list(manifest.members):
        raise BackupDamaged(
            f"{name} was changed: {_difference(found, manifest)} does not agree with its checksum"
        )
    if not any(member.name == DATABASE for member in found):
        raise BackupDamaged(f"{name} has no database in it")
    return manifest


def _read(tar: tarfile.TarFile) -> tuple[list[Member], Manifest | None]:
    found: list[Member] = []
    for info in tar:
        content = tar.extractfile(info)
        if not info.isreg() or content is None or not is_safe(info.name):
            raise BackupDamaged(f"{info.name!r} is nothing that a backup of ours holds")
        if info.name == MANIFEST:
            return found, parse_manifest(content.read(LARGEST_MANIFEST))
        digest = hashlib.sha256()
        for chunk in chunks_of(content):
            digest.update(chunk)
        found.append(Member(name=info.name, size=info.size, sha256=digest.hexdigest()))
    return found, None


def parse_manifest(content: bytes) -> Manifest:
    """Return the manifest in `content`."""
    try:
        manifest = Manifest.model_validate_json(content)
    except ValidationError:
        raise BackupDamaged("the manifest can't be read: another program's file, or damaged") from None
    if manifest.format > FORMAT:
        raise BackupDamaged(
            f"format {manifest.format} is of a newer version ({manifest.version}): upgrade first"
        )
    return manifest


def is_safe(name: str) -> bool:
    """Tell whether a member may be written: nothing outside the folder."""
    path = PurePosixPath(name)
    known = name in {MANIFEST, DATABASE, DOCUMENTS} or name.startswith((DATA, OBJECTS))
    return known and not path.is_absolute() and ".." not in path.parts


def _difference(found: list[Member], manifest: Manifest) -> str:
    wanted = {member.name: member for member in manifest.members}
    names = [member.name for member in found if wanted.pop(member.name, None) != member]
    return ", ".join([*names, *wanted])


def extract_data(file: IO[bytes], folder: Path) -> None:
    """Write the durable files of a checked backup into `folder`."""
    file.seek(0)
    with tarfile.open(fileobj=file, mode="r:") as tar:
        for info in tar:
            content = tar.extractfile(info)
            if content is None or not info.name.startswith(DATA):
                continue
            target = folder / info.name.removeprefix(DATA)
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, info.mode & 0o644)
            with os.fdopen(descriptor, "wb") as stream:
                shutil.copyfileobj(content, stream)
                stream.flush()
                os.fsync(stream.fileno())


def seek_dump(file: IO[bytes]) -> None:
    """Let a program that gets the file read the database's dump: it begins here and knows its end."""
    file.seek(0)
    with tarfile.open(fileobj=file, mode="r:") as tar:
        start = tar.getmember(DATABASE).offset_data
    # Of the file itself, past our buffer: the program has the descriptor only.
    os.lseek(file.fileno(), start, os.SEEK_SET)


def read_documents(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines of the documents of a checked backup."""
    file.seek(0)
    with tarfile.open(fileobj=file, mode="r:") as tar:
        content = tar.extractfile(DOCUMENTS)
        assert content is not None  # a manifest that counts them has been checked
        yield from content


def read_objects(file: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield key and content of each object of a checked backup."""
    file.seek(0)
    with tarfile.open(fileobj=file, mode="r:") as tar:
        for info in tar:
            content = tar.extractfile(info)
            if content is not None and info.name.startswith(OBJECTS):
                yield info.name.removeprefix(OBJECTS), content
