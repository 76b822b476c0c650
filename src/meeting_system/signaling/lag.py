"""How far the rooms here are behind their logs, by a look at their tops now and then. No I/O here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Position:
    """One room at one look: where its log ends, and up to where it was told here."""

    epoch: str
    top: int
    told_epoch: str
    told: int

    @property
    def untold(self) -> int:
        """Entries that wait; in another epoch nothing of it was told."""
        return max(0, self.top - (self.told if self.told_epoch == self.epoch else 0))


@dataclass(frozen=True, slots=True)
class _Mark:
    """An end of a log that was not told when it was first seen."""

    epoch: str
    top: int
    seen_at: float

    def was_reached(self, at: Position) -> bool:
        return at.told_epoch == self.epoch and at.told >= self.top


class LogLag:
    """Remembers for each room the first end of the log that was found untold, until it is told."""

    def __init__(self) -> None:
        self._marks: dict[str, _Mark] = {}

    def look(self, rooms: dict[str, Position], now: float) -> tuple[int, float]:
        """Take the present positions; return the entries that wait, and for how many seconds the oldest was
        seen to. An entry on its way at the time of one look counts for 0 s."""
        marks: dict[str, _Mark] = {}
        for run, at in rooms.items():
            mark = self._marks.get(run)
            if mark is not None and not mark.was_reached(at) and mark.epoch == at.epoch:
                marks[run] = mark
            elif at.untold:
                marks[run] = _Mark(at.epoch, at.top, now)
        self._marks = marks
        waiting = sum(at.untold for at in rooms.values())
        return waiting, max((now - mark.seen_at for mark in marks.values()), default=0.0)
