"""When what is queued gets written: at once while it is quiet, else every few milliseconds, many frames by
one write. A write is a system call, and costs more than everything else that a delivery needs: the longer
writing takes, the more is written together."""

import asyncio
from typing import Protocol

PACE_S = 0.005
"""Far below what a person notices."""
LONGEST_PACE_S = 0.025
"""Half of what an event may take to everybody; only where the processor is busy with writing."""
WRITING_SHARE = 0.2
"""Of the time, until the longest pace is reached."""


class Flushable(Protocol):
    """Something that writes what it has queued."""

    def flush(self) -> None: ...


def pace_s(writing_s: float) -> float:
    """Return how long to gather after a round of writes that took so long."""
    return min(max(PACE_S, writing_s / WRITING_SHARE), LONGEST_PACE_S)


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
        began_s = self._loop.time()
        self._next_s = began_s + PACE_S
        for one in waiting:
            one.flush()
        self._next_s = began_s + pace_s(self._loop.time() - began_s)
