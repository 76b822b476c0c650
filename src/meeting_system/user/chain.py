"""The audit trail as a chain: the hash of each entry covers the hash of the one before. Without I/O.

What says where somebody was (the address) is not hashed itself but sealed with a salt: it can be erased with
its account, salt and all, and the chain still holds.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import orjson

START = bytes(32)
ERASING: Final = "account_deleted"
"""Only the entries about or by who has such an entry may be without their address."""
MOST_FLAWS = 100


@dataclass(frozen=True)
class Entry:
    """What one entry says; `seal` stands for the address."""

    at: datetime
    action: str
    user_id: str | None
    seal: bytes | None
    detail: Mapping[str, Any]


def seal_address(address: str | None) -> tuple[bytes | None, bytes | None]:
    """Return a new salt and the seal of an address; None for none."""
    if address is None:
        return None, None
    salt = secrets.token_bytes(16)
    return salt, seal_with(salt, address)


def seal_with(salt: bytes, address: str) -> bytes:
    return hashlib.sha256(salt + address.encode()).digest()


def link(previous: bytes, entry: Entry) -> bytes:
    """Return the hash of an entry that follows `previous`."""
    content = [
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.action,
        entry.user_id,
        None if entry.seal is None else entry.seal.hex(),
        entry.detail,
    ]
    return hashlib.sha256(previous + orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).digest()


class FlawKind(StrEnum):
    """What is wrong with an entry."""

    CHANGED = "changed"
    """It says something else than when it was written."""
    GAP = "gap"
    """What stood before it was deleted, inserted or put elsewhere."""
    NOT_SEALED = "not_sealed"
    """It was not written by this system, or by a version that knew no chain."""
    ERASED = "erased"
    """Its address is gone though its account was not deleted."""
    REWRITTEN = "rewritten"
    """The hash that was noted earlier is not in it: all of it was written anew, or a part cut off."""
    END_MISSING = "end_missing"
    """Entries at the end were deleted, or added past the system."""


@dataclass(frozen=True)
class Flaw:
    """A place where the trail doesn't hold; without an id: its end."""

    audit_id: int | None
    kind: FlawKind


@dataclass(frozen=True)
class Found:
    """An entry as it lies in the table."""

    audit_id: int
    entry: Entry
    address: str | None
    salt: bytes | None
    previous: bytes | None
    hash: bytes | None


@dataclass
class Inspection:
    """Takes the entries in their order and notes what doesn't hold."""

    expected: str | None = None
    """A hash in hexadecimal that was the last one some time ago."""
    entries: int = 0
    last: bytes = START
    flaws: list[Flaw] = field(default_factory=list)
    _deleted: set[str | None] = field(default_factory=set)
    _erased: dict[tuple[str | None, str | None], int] = field(default_factory=dict)

    def take(self, found: Found) -> None:
        """Look at the next entry."""
        if found.hash is None or found.previous is None:
            self._note(found.audit_id, FlawKind.NOT_SEALED)
            return
        self.entries += 1
        if found.previous != self.last:
            self._note(found.audit_id, FlawKind.GAP)
        if not self._is_unchanged(found):
            self._note(found.audit_id, FlawKind.CHANGED)
        if found.entry.action == ERASING and found.entry.user_id is not None:
            self._deleted.add(found.entry.user_id)
        self.last = found.hash
        if found.hash.hex() == self.expected:
            self.expected = None

    def finish(self, *, entries: int, head: bytes) -> None:
        """Compare with what the last writer noted."""
        for owners, audit_id in self._erased.items():
            if self._deleted.isdisjoint(owners):
                self._note(audit_id, FlawKind.ERASED)
        if self.expected is not None:
            self._note(None, FlawKind.REWRITTEN)
        if (entries, head) != (self.entries, self.last):
            self._note(None, FlawKind.END_MISSING)

    def _is_unchanged(self, found: Found) -> bool:
        entry = found.entry
        if entry.seal is not None and found.address is None and found.salt is None:
            self._erased.setdefault((entry.user_id, entry.detail.get("by")), found.audit_id)
        elif entry.seal is not None:
            if found.salt is None or found.address is None:
                return False
            if seal_with(found.salt, found.address) != entry.seal:
                return False
        elif found.address is not None:
            return False
        return found.previous is not None and link(found.previous, entry) == found.hash

    def _note(self, audit_id: int | None, kind: FlawKind) -> None:
        if len(self.flaws) < MOST_FLAWS:
            self.flaws.append(Flaw(audit_id, kind))
