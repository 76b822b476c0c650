"""When to open the next socket: the pause after a loss, and the change to another server before there is one.

Pure: seconds go in and come out, and `share` is drawn in [0, 1). docs/protocol/signaling.md has the rule.
"""

from enum import Enum

SHORTEST_S = 0.3
LONGEST_S = 8.0
STABLE_S = 5.0
"""A session that lasted so long shows that all was well."""
BRIEF = -3.0
QUICK_S = 0.1
"""So many tries more are quick, by this pause, where the session was there a moment ago."""
FIRST_WITHIN = 0.4
"""In which share of a server's last time its clients open their next sockets."""
AGAIN_AFTER = 0.1
"""The pause after such a socket was refused, as a share of that time."""


class Ending(Enum):
    """How a socket ended."""

    STABLE = "it had its session for long"
    BRIEF = "it had its session, and was lost soon"
    ANSWERED = "the server said hello, and it was lost"
    UNANSWERED = "it was refused, or lost before the server said anything"
    TURNED_AWAY = "the server closed it"


def judge_ending(*, is_answered: bool, lived_s: float | None, is_closed: bool) -> Ending:
    """Tell how a socket ended. `lived_s`: how long the session was there; `is_closed`: a close frame came."""
    if lived_s is not None and lived_s >= STABLE_S:
        return Ending.STABLE
    if is_closed:
        return Ending.TURNED_AWAY
    if lived_s is not None:
        return Ending.BRIEF
    return Ending.ANSWERED if is_answered else Ending.UNANSWERED


def count_failures(failures: float, ending: Ending) -> float:
    """Count an ending: what `pause_s` goes by."""
    if ending is Ending.STABLE:
        return 0
    if ending is Ending.BRIEF:
        return BRIEF
    if ending is Ending.TURNED_AWAY:
        return max(0.0, failures) + 1
    return failures + (0.5 if ending is Ending.ANSWERED else 1)


def pause_s(failures: float, share: float) -> float:
    """Return the pause before the next socket."""
    if failures <= 0:
        return (QUICK_S if failures < 0 else SHORTEST_S) * share
    return float(min(LONGEST_S, SHORTEST_S * 2**failures)) * (1 + share) / 2


def first_move_s(deadline_s: float, share: float) -> float:
    """Return how long after `goaway` the next socket is opened beside the present one."""
    return deadline_s * FIRST_WITHIN * share


def next_move_s(deadline_s: float, share: float) -> float:
    """Return the pause after such a socket was refused."""
    return deadline_s * AGAIN_AFTER * (1 + share)
