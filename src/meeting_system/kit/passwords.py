"""Hashing of passwords: argon2id in a few threads behind a bound, so that log-ins never starve the loop."""

import asyncio
import threading
import unicodedata
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from pwdlib.hashers.argon2 import Argon2Hasher

from meeting_system.kernel.errors import Unavailable

# OWASP's second profile: m = 19 MiB, t = 2, p = 1; about 58 ms of one core.
_HASHER = Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_OF_NOBODY = (
    "$argon2id$v=19$m=19456,t=2,p=1$ntPO9RoL0M7PuNZ2yWrtFw$tO1VQCKjOvRbQQM7zsNRkbJTK+MiLUsqc0PlpWLgTZU"
)
"""Verified against when there is no hash, so that an unknown account takes as long as a wrong password."""


class HashingBusy(Unavailable):
    """Too many passwords are waiting to be checked."""

    code = "busy"


class Passwords:
    """Hashes and verifies in `threads` threads; beyond `waiting` more requests it says HashingBusy."""

    def __init__(self, *, threads: int = 2, waiting: int = 64) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._room = threading.BoundedSemaphore(threads + waiting)

    async def hash(self, password: str) -> str:
        """Return the argon2id hash of a password, with its parameters and salt inside."""
        hashed: str = await self._run(_HASHER.hash, _normal(password))
        return hashed

    async def matches(self, password: str, hashed: str | None) -> bool:
        """Tell whether `password` is the hashed one. None matches nothing and takes as long."""
        if hashed is None:
            await self._run(_HASHER.verify, _normal(password), _OF_NOBODY)
            return False
        matches: bool = await self._run(_HASHER.verify, _normal(password), hashed)
        return matches

    def close(self) -> None:
        """Stop the threads; what waits is cancelled."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Any, *args: str) -> Any:
        if not self._room.acquire(blocking=False):
            raise HashingBusy("too many log-ins at this moment; try again in a second", retry_after_s=1)
        future = self._executor.submit(work, *args)
        # Released by the thread, not by the waiter: a caller who gave up still occupies it.
        future.add_done_callback(self._leave)
        return await asyncio.wrap_future(future)

    def _leave(self, _: "Future[Any]") -> None:
        self._room.release()


def _normal(password: str) -> str:
    """Return the one spelling of a password (NIST SP 800-63B 5.1.1.2): keyboards differ in composing."""
    return unicodedata.normalize("NFKC", password)
