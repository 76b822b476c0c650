"""Objects as services have them: where the store is away they say so at once, in words for whoever asked.

What exactly is wrong is in the log: an error's detail goes to browsers, and the store's words name addresses.
After a failure nothing is asked for a moment, so that nobody waits for a store that has just been silent.
"""

from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager

from meeting_system.kernel.clock import Clock
from meeting_system.kernel.errors import Forbidden, NotFound, Unavailable
from meeting_system.kernel.ports import Listed, Objects, Stored
from meeting_system.kit.log import logger

PAUSE_S = 2.0

log = logger(__name__)


class ObjectsAway(Unavailable):
    """The store of files and pictures does not answer, has no bucket for us, or does not let us in."""

    code = "objects_away"


class GuardedObjects:
    """Implements Objects on others. Raises NotFound of a single object, else ObjectsAway alone."""

    def __init__(self, objects: Objects, clock: Clock) -> None:
        self._objects = objects
        self._clock = clock
        self._again_at = 0.0

    async def put(self, key: str, content: AsyncIterable[bytes]) -> Stored:
        """Write an object. A store that is silent is found out before anything is sent; what `content` raises
        is raised."""
        source = _Source(content)
        with self._watching(source):
            await self._objects.check()
            return await self._objects.put(key, source.pieces())

    async def get(self, key: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """Yield the bytes from `start`, `length` of them or all. Raises NotFound where there is none."""
        with self._watching(None, NotFound):
            async for piece in self._objects.get(key, start=start, length=length):
                yield piece

    async def delete(self, key: str) -> None:
        """Delete an object; one that is not there is no error."""
        with self._watching():
            await self._objects.delete(key)

    async def list(self, prefix: str = "") -> list[Listed]:
        """Return the objects below `prefix`, by key."""
        with self._watching():
            return await self._objects.list(prefix)

    async def check(self) -> None:
        """Ask the store itself, also where it has just failed."""
        await self._objects.check()

    @contextmanager
    def _watching(self, source: "_Source | None" = None, *passed: type[NotFound]) -> Iterator[None]:
        if self._clock.monotonic() < self._again_at:
            raise _away()
        try:
            yield
        except passed:
            raise
        except (Unavailable, NotFound, Forbidden) as error:
            if source is not None and source.failure is not None:
                raise source.failure from None  # whoever sends is away: no fault of the store
            self._again_at = self._clock.monotonic() + PAUSE_S
            log.warning("objects_away", code=error.code, detail=error.detail)
            raise _away() from error


class _Source:
    """What is to be written, and why it broke off."""

    def __init__(self, content: AsyncIterable[bytes]) -> None:
        self._content = content
        self.failure: Exception | None = None

    async def pieces(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._content:
                yield piece
        except Exception as error:
            self.failure = error
            raise


def _away() -> ObjectsAway:
    return ObjectsAway(
        "files and pictures can't be stored or shown at present, try again", retry_after_s=2 * PAUSE_S
    )
