"""Limits on being wrong: passwords and numbers that were guessed. Being right is never counted.

Look before the check, so that nothing is done for who was wrong too often, and after it again, so that many
guesses at the same moment learn no more than few one after the other.
"""

from meeting_system.kernel.errors import TooMany
from meeting_system.kernel.ports import Store
from meeting_system.kit.exchange import LimitState, note_limit


async def check_attempts(store: Store, key: str, *, limit: int, window_s: float) -> None:
    """Raise TooMany when `key` was wrong `limit` times in the window."""
    wrong = int(await store.get(_name(key)) or 0)
    _note(key, limit, window_s, wrong)
    if wrong >= limit:
        raise _too_many(window_s)


async def count_wrong_attempt(store: Store, key: str, *, limit: int, window_s: float) -> None:
    """Count that `key` was wrong; raise TooMany beyond `limit`. The window begins with the first."""
    wrong = await store.increment(_name(key), ttl_s=window_s)
    _note(key, limit, window_s, wrong)
    if wrong > limit:
        raise _too_many(window_s)


def _note(key: str, limit: int, window_s: float, wrong: int) -> None:
    """Tell the caller how often they may still be wrong; what is guessed at is the first word of the key."""
    note_limit(LimitState(f"wrong-{key.partition(':')[0]}", limit, window_s, max(limit - wrong, 0), window_s))


def _name(key: str) -> str:
    return f"wrong:{key}"


def _too_many(window_s: float) -> TooMany:
    return TooMany(
        f"too many wrong attempts: wait {max(1, round(window_s / 60))} minutes", retry_after_s=window_s
    )
