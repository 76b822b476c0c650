"""Objects by obstore: in a folder (`file:///srv/objects`) or on S3 and its like (`s3://bucket/prefix`).

Large objects are sent in parts of 16 MiB and appear at once, when the last part is there; S3 checks the
SHA-256 of each part. Every request has a timeout and is retried where that is safe: questions, that a store
answers at once if at all, a short one.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote, urlsplit

import obstore
from obstore import exceptions
from obstore.store import LocalStore, ObjectStore, S3Store

from meeting_system.kernel.errors import AppError, Forbidden, Invalid, NotFound, Unavailable
from meeting_system.kernel.ports import Listed, Objects, Stored

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import S3Config

AnswerT = TypeVar("AnswerT")

PART = 16 << 20
"""Bytes. S3 takes 10,000 parts: objects up to 156 GiB."""

ANSWER_S = 4.0
"""For a question: whether something is there, what is there. A store that is stopped takes connections, and
says nothing for ever."""
CONNECT_S = 5
REQUEST_S = 300
SILENCE_S = 30
NOWHERE = "nowhere"
"""A prefix that no key has: to list it costs nothing, and tells whether the bucket is there."""
RETRIES = 2
RETRY_S = 15


class ObjectsUrlInvalid(Invalid):
    """Neither a folder nor a bucket."""

    code = "objects_url_invalid"


class ObjectNotFound(NotFound):
    """There is no such object, or no such bucket."""

    code = "object_not_found"


class ObjectsRefused(Forbidden):
    """The keys are wrong, or may not do this."""

    code = "objects_refused"


def open_objects(
    url: str,
    *,
    endpoint: str | None = None,
    region: str = "us-east-1",
    access_key: str | None = None,
    secret_key: str | None = None,
) -> Objects:
    """Return the objects below `url`. Nothing is asked until the first call; there is nothing to close."""
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path.startswith("/"):
        folder = Path(unquote(parts.path))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return StoredObjects(LocalStore(folder), url)
    if parts.scheme != "s3" or not parts.netloc:
        raise ObjectsUrlInvalid(f"{url!r} is no place for objects: give s3://bucket/prefix or file:///folder")
    config: S3Config = {"checksum_algorithm": "sha256", "region": region}
    if endpoint is not None:
        config["endpoint"] = endpoint
    if access_key is not None and secret_key is not None:
        config |= {"access_key_id": access_key, "secret_access_key": secret_key}
    store = S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        config=config,
        client_options={
            "allow_http": endpoint is not None and endpoint.startswith("http://"),
            "connect_timeout": timedelta(seconds=CONNECT_S),
            "read_timeout": timedelta(seconds=SILENCE_S),
            "timeout": timedelta(seconds=REQUEST_S),
        },
        retry_config={"max_retries": RETRIES, "retry_timeout": timedelta(seconds=RETRY_S)},
    )
    return StoredObjects(store, url)


class StoredObjects:
    """Implements Objects on a store of obstore's."""

    def __init__(self, store: ObjectStore, url: str) -> None:
        self._store = store
        self._url = url

    async def put(self, key: str, content: AsyncIterable[bytes]) -> Stored:
        """Write an object; it is there wholly or not at all."""
        digest, size = hashlib.sha256(), 0

        async def counted() -> AsyncIterator[bytes]:
            nonlocal size
            async for chunk in content:
                digest.update(chunk)
                size += len(chunk)
                yield chunk

        with translating(f"{self._url}: {key}"):
            await obstore.put_async(
                self._store, key, counted(), use_multipart=True, chunk_size=PART, max_concurrency=4
            )
        return Stored(size, digest.hexdigest())

    async def get(self, key: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """Yield the bytes from `start`, `length` of them or all, in pieces of at most 16 MiB."""
        with translating(f"{self._url}: {key}"):
            size = (await _answered(obstore.head_async(self._store, key)))["size"]
            end = size if length is None else min(size, start + length)
            for at in range(start, end, PART):
                # Asked piece by piece: each has a timeout and is retried alone.
                piece = await obstore.get_range_async(self._store, key, start=at, end=min(end, at + PART))
                yield bytes(piece)

    async def delete(self, key: str) -> None:
        """Delete an object; one that is not there is no error."""
        with translating(f"{self._url}: {key}"):
            try:
                await _answered(obstore.delete_async(self._store, key))
            except FileNotFoundError:
                return

    async def list(self, prefix: str = "") -> list[Listed]:
        """Return the objects below `prefix` (whole segments between slashes), by key."""
        with translating(f"{self._url}: {prefix}"):
            found = [
                Listed(each["path"], each["size"]) async for page in self._pages(prefix) for each in page
            ]
        return sorted(found, key=lambda each: each.key)

    async def check(self) -> None:
        """Return when the store answers and has the bucket."""
        with translating(self._url):
            async for _page in self._pages(NOWHERE):
                return

    async def _pages(self, prefix: str) -> "AsyncIterator[Sequence[ObjectMeta]]":
        pages = obstore.list(self._store, prefix or None)
        while (page := await _answered(anext(pages, None))) is not None:
            yield page


async def _answered(answer: Awaitable[AnswerT]) -> AnswerT:
    async with asyncio.timeout(ANSWER_S):
        return await answer


@contextmanager
def translating(what: str) -> Iterator[None]:
    """Raise what obstore says in our words: not there, not allowed, away."""
    try:
        yield
    except (FileNotFoundError, exceptions.NotFoundError):
        raise ObjectNotFound(f"{what}: there is no such object or bucket") from None
    except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError) as error:
        raise _refused(what, error) from None
    except AppError:
        raise
    except (exceptions.BaseError, OSError, TimeoutError) as error:
        # Of a listing obstore says so in words only.
        if any(f"status code: {status}" in str(error) for status in (401, 403)):
            raise _refused(what, error) from None
        if "NoSuchBucket" in str(error):
            raise ObjectNotFound(f"{what}: there is no such bucket, make it first") from None
        raise Unavailable(f"{what}: the store is away or refuses: {_first_line(error)}") from error


def _refused(what: str, error: Exception) -> ObjectsRefused:
    return ObjectsRefused(f"{what}: refused, check the keys and their rights: {_first_line(error)}")


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0][:300]
