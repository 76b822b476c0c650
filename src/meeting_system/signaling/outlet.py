"""When what is queued gets written: at once while it is quiet, else every few milliseconds, many frames by
one write. A write is a system call, and costs more than everything else that a delivery needs."""

import asyncio
from typing import Protocol

PACE_S = 0.005
"""Far below what a person notices; at 250,000 deliveries a second it makes a fourth of the writes."""


class Flushable(Protocol):
    """Something that writes what it has queued."""

    def flush(self) -> None: ...


class Outlet:
    """Flushes what asks for it, all together."""

    def __init__(self) -> None:
        self._waiting: list[Flushable] = []
        self._next_s = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None

    def flush_soon(self, one: Flushable) -> None:
        """Have `one` flushed once, soon; it asks again when it has more."""
        if not self._waiting:
            self._schedule()
        self._waiting.append(one)

    def _schedule(self) -> None:
        loop = self._loop or asyncio.get_running_loop()
        self._loop = loop
        wait_s = self._next_s - loop.time()
        if wait_s <= 0:
            loop.call_soon(self._flush)
        else:
            loop.call_later(wait_s, self._flush)

    def _flush(self) -> None:
        assert self._loop is not None
        waiting, self._waiting = self._waiting, []
        self._next_s = self._loop.time() + PACE_S
        for one in waiting:
            one.flush()
