"""What both keepers of documents have in common: what can be kept, the errors, and how documents travel.

The rules are the narrower ones of PostgreSQL and MongoDB together: what one keeps the other keeps too.
"""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Protocol

import orjson

from meeting_system.kernel.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from meeting_system.kernel.ports import Collection, Documents

LARGEST = 8 << 20
"""Bytes of a document as JSON. MongoDB takes 16 MiB of BSON, which may be longer than the JSON."""

DEEPEST = 64
LONGEST_VALUE = 256
LARGEST_NUMBER = 2**53
MOST_FOUND = 1000

_ID = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
_NAME = re.compile(r"[a-z][a-z_]{0,39}")


class DocumentNotFound(NotFound):
    """There is no such document."""

    code = "document_not_found"


class DocumentChanged(Conflict):
    """It has another version than was expected."""

    code = "document_changed"


class DocumentInvalid(Invalid):
    """Nothing that can be kept, or asked for."""

    code = "document_invalid"


class DocumentsRefused(Forbidden):
    """The server knows our name and password not, or allows them too little."""

    code = "documents_refused"


@dataclass(frozen=True)
class Kept:
    """A document as it travels between keepers, and into backups: a line of JSON."""

    collection: str
    id: str
    version: int
    fields: dict[str, str]
    content: dict[str, Any]

    def to_line(self) -> bytes:
        """Return it as a line."""
        return orjson.dumps(self, option=orjson.OPT_APPEND_NEWLINE)

    @classmethod
    def of_line(cls, line: bytes) -> "Kept":
        """Read a line."""
        return cls(**orjson.loads(line))


class Keeper(Documents, Protocol):
    """A server of documents as backups see it."""

    async def check(self) -> None:
        """Return when the server answers; raise Unavailable or Forbidden else."""
        ...

    async def count(self) -> dict[str, int]:
        """Return the number of documents of each collection that has any."""
        ...

    def export(self) -> AsyncIterator[Kept]:
        """Yield all documents, each as it is when its turn comes."""
        ...

    async def replace(self, documents: AsyncIterator[Kept]) -> dict[str, int]:
        """Put these in the place of all that are there; return the number of each collection."""
        ...


def check_id(document_id: str) -> None:
    """Raise DocumentInvalid for what can be no id."""
    if not _ID.fullmatch(document_id):
        raise _invalid("/id", "an id is 1 to 128 characters of A-Z a-z 0-9 _ . : -")


def check_collection(collection: Collection) -> None:
    """Raise DocumentInvalid for names that a server might not take."""
    for name in (collection.name, *collection.indexed):
        if not _NAME.fullmatch(name):
            raise _invalid("/collection", f"{name!r} is no name of a collection or of an indexed field")


def check_where(collection: Collection, where: Mapping[str, str]) -> None:
    """Raise DocumentInvalid for fields that are not indexed: a search through everything."""
    check_collection(collection)
    for name, value in where.items():
        if name not in collection.indexed:
            raise _invalid(f"/{name}", f"not an indexed field of {collection.name}")
        _check_indexed(name, value)


def check_limit(limit: int) -> None:
    """Raise DocumentInvalid for what is no number of documents to return."""
    if not 1 <= limit <= MOST_FOUND:
        raise _invalid("/limit", f"from 1 to {MOST_FOUND}")


def indexed_fields(collection: Collection, content: dict[str, Any]) -> dict[str, str]:
    """Return what a document is found by. A field that is absent or null is not found by."""
    found = {name: content[name] for name in collection.indexed if content.get(name) is not None}
    for name, value in found.items():
        _check_indexed(name, value)
    return found


def _check_indexed(name: str, value: object) -> None:
    if not isinstance(value, str) or len(value) > LONGEST_VALUE or "\0" in value:
        raise _invalid(f"/{name}", f"an indexed field is text of at most {LONGEST_VALUE} characters")


def check_content(content: dict[str, Any]) -> None:
    """Raise DocumentInvalid for what is not JSON that every server keeps as it is."""
    try:
        size = len(orjson.dumps(content))
    except orjson.JSONEncodeError as error:
        raise _invalid("", f"not JSON: {error}") from None
    if size > LARGEST:
        raise _invalid("", f"longer than {LARGEST >> 20} MiB as JSON")
    waiting: list[tuple[str, object, int]] = [("", content, 1)]
    while waiting:
        pointer, value, depth = waiting.pop()
        if depth > DEEPEST:
            raise _invalid(pointer, f"nested deeper than {DEEPEST}")
        _check_value(pointer, value)
        if isinstance(value, dict):
            for name in value:
                _check_name(pointer, name)
            waiting += [(f"{pointer}/{name}", each, depth + 1) for name, each in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{pointer}/{at}", each, depth + 1) for at, each in enumerate(value)]


def _check_value(pointer: str, value: object) -> None:
    if isinstance(value, str):
        if "\0" in value:
            raise _invalid(pointer, "text with a NUL in it")
    elif isinstance(value, int | float):
        if not isfinite(value) or abs(value) > LARGEST_NUMBER:
            raise _invalid(pointer, "a number beyond 2^53")
    elif value is not None and not isinstance(value, dict | list):
        raise _invalid(pointer, f"{type(value).__name__} is nothing that JSON has")


def _check_name(pointer: str, name: object) -> None:
    if not isinstance(name, str) or not name or name.startswith("$") or "." in name or "\0" in name:
        raise _invalid(pointer, f"{name!r} is no name of a field: not empty, no $ in front, no point or NUL")


def _invalid(pointer: str, what: str) -> DocumentInvalid:
    return DocumentInvalid(f"{pointer or 'the document'}: {what}", errors=[FieldError(pointer, what)])


def changed(document_id: str, expected: int) -> DocumentChanged:
    """Return the error for a version that was not met."""
    what = "is there already" if expected == 0 else f"is not at version {expected} any more"
    return DocumentChanged(f"{document_id} {what}: read it again")


def not_found(collection: Collection, document_id: str) -> DocumentNotFound:
    """Return the error for a document that is not there."""
    return DocumentNotFound(f"{collection.name} has no document {document_id}")
