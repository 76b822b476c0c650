"""When a process that has hung up on the bus counts as dead. Pure.

A process that is killed hangs up at once: its machine's kernel says so. A lease tells it only when it ends.
But one that lost its connection for another reason is back within a moment, so a look is not enough; and
where the bus itself was away everybody had hung up, so nothing is believed until this process has listened
for a while again.
"""

from collections.abc import Set
from dataclasses import dataclass, field

HUNG_UP_S = 0.6
"""A connection that was lost is made again within 0.2 s, on a busy machine somewhat later."""
TRUSTED_AFTER_S = 2.0


@dataclass
class Absences:
    """Since when (monotonic seconds) this process has listened, and others have not."""

    present_since_s: float | None = None
    absent_since_s: dict[str, float] = field(default_factory=dict)

    def see(self, absent: Set[str], me: str, now_s: float) -> set[str]:
        """Take a look at who has hung up, and return who has for so long that it is dead."""
        if me in absent:
            self.forget()
            return set()
        if self.present_since_s is None:
            self.present_since_s = now_s
        self.absent_since_s = {each: self.absent_since_s.get(each, now_s) for each in absent}
        if now_s < self.present_since_s + TRUSTED_AFTER_S:
            return set()
        return {each for each, since_s in self.absent_since_s.items() if now_s >= since_s + HUNG_UP_S}

    def forget(self) -> None:
        """The look failed: begin anew."""
        self.present_since_s = None
        self.absent_since_s = {}
