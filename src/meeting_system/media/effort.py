"""How much of the machine this process uses."""

from collections.abc import Callable

SHORTEST_S = 0.5
"""The two clocks don't tick alike: over less they tell nothing."""


class Effort:
    """Processor time over elapsed time, since the last measurement."""

    def __init__(self, clock: Callable[[], float], processor: Callable[[], float], cores: int) -> None:
        """`clock` and `processor` give seconds: elapsed ones, and those that all threads have used."""
        self._clock = clock
        self._processor = processor
        self._cores = cores
        self._last = (clock(), processor())
        self._share = 0.0

    def measure(self) -> float:
        """Return the fraction of all cores."""
        now, used = self._clock(), self._processor()
        elapsed = now - self._last[0]
        if elapsed >= SHORTEST_S:
            self._share = (used - self._last[1]) / elapsed / self._cores
            self._last = (now, used)
        return self._share
