"""What a service may ask of the outside. The adapters implement these; `app` hands them in."""

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from meeting_system.kernel.mail import Letter


class Store(Protocol):
    """Valkey as services see it: short-lived values, counters and atomic scripts. Keys are bytes-safe text.

    Raises Unavailable when the server is away. Every call has a timeout.
    """

    async def get(self, key: str) -> bytes | None: ...
    async def set(
        self, key: str, value: bytes, *, ttl_s: float | None = None, only_new: bool = False
    ) -> bool: ...
    async def take(self, key: str) -> bytes | None:
        """Read and delete in one step: tickets."""
        ...

    async def delete(self, *keys: str) -> None: ...
    async def increment(self, key: str, *, ttl_s: float) -> int:
        """Add one; the time to live is set when the counter is born."""
        ...

    async def run(self, script: str, *, keys: list[str], args: list[bytes | str | int | float]) -> Any:
        """Run a Lua script atomically (EVALSHA, loaded when missing)."""
        ...

    async def publish(self, channel: str, payload: bytes) -> None: ...
    def subscribe(self, *channels: str) -> AbstractAsyncContextManager["Subscription"]: ...
    async def run_id(self) -> str:
        """Identity of the server's data: changes when Valkey restarts."""
        ...


class Subscription(Protocol):
    """Messages of the channels subscribed to. Ends with Unavailable when the connection is lost."""

    def __aiter__(self) -> AsyncIterator[tuple[str, bytes]]: ...
    async def add(self, *channels: str) -> None: ...
    async def remove(self, *channels: str) -> None: ...


class Announcement(Protocol):
    """An entry of ours in the registry."""

    async def update(self, value: bytes) -> None:
        """Change the value and keep the lease. Where the server is away, it is told when it is back."""
        ...


class Registry(Protocol):
    """Who is there: entries that vanish when their owner does.

    Names are text with slashes, such as `media/node-1`; values are at most some kilobytes.
    """

    def announce(
        self, name: str, value: bytes, *, ttl_s: float = 5.0
    ) -> AbstractAsyncContextManager[Announcement]:
        """Be there while the block runs: renewed every third of `ttl_s`, told again after the server lost it.

        A server that is away is no error, it is told when it is back. Leaving the block removes the entry at
        once. A name has one owner: who announces it last takes it over, and the former one's renewals,
        updates and leaving have no effect while the newer owner is there.
        """
        ...

    def watch(self, prefix: str) -> AbstractAsyncContextManager[AsyncIterator[dict[str, bytes]]]:
        """Give the whole set, value by name, once at first and after every change; "" is everything.

        Sets that nobody took yet are replaced by newer ones. While the server is away the last known set
        stays, and what is missing when it is back is kept for some seconds: its owner tells it again.
        """
        ...

    async def list(self, prefix: str) -> dict[str, bytes]:
        """Return the set as the server has it now. Raises Unavailable."""
        ...


@dataclass(frozen=True)
class Stored:
    """What was written: its length in bytes, and the SHA-256 (hexadecimal) of what was sent."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Listed:
    """An object that is there, whole."""

    key: str
    size: int


class Objects(Protocol):
    """Large pieces under keys such as `backups/2026.backup`: a folder or S3.

    Raises NotFound, Forbidden (wrong keys) and Unavailable (away). Every request has a timeout.
    """

    async def put(self, key: str, content: AsyncIterable[bytes]) -> Stored:
        """Write an object, replacing one of that key: it is there wholly or not at all."""
        ...

    def get(self, key: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """Yield the bytes from `start`: `length` of them, or all."""
        ...

    async def delete(self, key: str) -> None:
        """Delete an object; one that is not there is no error."""
        ...

    async def list(self, prefix: str = "") -> list[Listed]:
        """Return the objects below `prefix`, by key."""
        ...

    async def check(self) -> None:
        """Return when the store answers and has the bucket; raise NotFound, Forbidden or Unavailable else."""
        ...


@dataclass(frozen=True)
class Collection:
    """A kind of documents: its name (a-z and _), and the fields on their top level that find them."""

    name: str
    indexed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Document:
    """A JSON document. `version` counts its changes from 1."""

    id: str
    version: int
    content: dict[str, Any]


class Documents(Protocol):
    """JSON documents by collection and id, such as transcripts: JSONB in PostgreSQL, or MongoDB.

    An id is 1 to 128 characters of `A-Z a-z 0-9 _ . : -`. Numbers reach from -2^53 to 2^53, as in JavaScript.
    Raises Invalid `document_invalid` (no such document can be kept), Conflict `document_changed` (another
    version than expected), NotFound `document_not_found`, Forbidden `documents_refused` (wrong password) and
    Unavailable. Every call has a timeout; after Unavailable a write may or may not have taken effect.
    """

    async def put(
        self,
        collection: Collection,
        document_id: str,
        content: dict[str, Any],
        *,
        expected: int | None = None,
    ) -> int:
        """Write a document, return its version. `expected`: the version it must have, 0: it must be new."""
        ...

    async def get(self, collection: Collection, document_id: str) -> Document:
        """Return a document."""
        ...

    async def find(
        self, collection: Collection, where: Mapping[str, str], *, after: str | None = None, limit: int = 100
    ) -> list[Document]:
        """Return documents whose indexed fields are as `where` says, by id, beyond the id `after`."""
        ...

    async def delete(self, collection: Collection, document_id: str) -> None:
        """Delete a document; one that is not there is no error."""
        ...

    async def delete_where(self, collection: Collection, where: Mapping[str, str]) -> int:
        """Delete all documents whose indexed fields are as `where` says; return how many those were."""
        ...


class Mail(Protocol):
    """The way a letter leaves: an SMTP server, or the console where none is configured."""

    async def send(self, letter: Letter) -> None:
        """Hand it over. Raises Unavailable (try again later) and Invalid `mail_refused` (never will)."""
        ...


@dataclass(frozen=True)
class Posted:
    """How a request to a stranger was answered. `excerpt`: the beginning of the body."""

    status: int
    excerpt: str
    duration_s: float
    retry_after_s: float | None = None


class Refused(Exception):
    """A request that got no answer, or that was not sent. `code` says why, `detail` for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Outward(Protocol):
    """Requests to addresses that others chose: they never reach a network of our own."""

    async def post(self, url: str, headers: dict[str, str], body: bytes, *, timeout_s: float) -> Posted:
        """Send `body`; any status is an answer. Raises Refused."""
        ...


Check = Callable[[], Awaitable[None]]
"""A readiness check: returns when the dependency answers, raises what is wrong with it."""
