"""The time that all processes share: Valkey's. Leases are written by one process and judged by another, and a
process whose own date is wrong by an hour would take all others' sessions for lost."""

from datetime import UTC, datetime, timedelta

from meeting_system.kernel.clock import Clock
from meeting_system.kernel.ports import Store

TOLERATED_S = 0.25
"""Below this a clock is left as it is: what was measured contains the way to Valkey and back."""

_TIME = "return redis.call('TIME')"


class SharedClock:
    """kernel.clock.Clock, set by the store's at each `look`."""

    def __init__(self, own: Clock, store: Store) -> None:
        self._own = own
        self._store = store
        self._ahead = timedelta()

    def now(self) -> datetime:
        return self._own.now() + self._ahead

    def monotonic(self) -> float:
        return self._own.monotonic()

    async def look(self) -> None:
        """Compare with the store's clock. Raises Unavailable."""
        before = self._own.now()
        seconds, micros = await self._store.run(_TIME, keys=[], args=[])
        way = self._own.now() - before
        there = datetime.fromtimestamp(int(seconds), UTC) + timedelta(microseconds=int(micros))
        ahead = there - (before + way / 2)
        if abs(ahead - self._ahead) > max(timedelta(seconds=TOLERATED_S), way):
            self._ahead = ahead
