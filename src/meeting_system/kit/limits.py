"""Rate limits kept in Valkey, shared by all processes."""

from typing import Protocol

from meeting_system.kernel.errors import TooMany
from meeting_system.kernel.ports import Store
from meeting_system.kit.exchange import LimitState, note_limit
from meeting_system.kit.raised import raises


class RateLimiter(Protocol):
    """Counts attempts in windows."""

    @raises(TooMany)
    async def hit(self, name: str, key: str, *, limit: int, window_s: float) -> None:
        """Count one attempt of `key` and note where it stands with the limit.

        Raises TooMany with `retry_after_s` beyond `limit` in `window_s`.
        """
        ...


# A window starts with its first attempt. Refused attempts are not counted, so they don't make it longer.
_HIT = """
local count = tonumber(redis.call('GET', KEYS[1]) or '0')
local refused = count >= tonumber(ARGV[1])
if not refused then
  count = redis.call('INCR', KEYS[1])
  if count == 1 then
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
  end
end
return {refused and 1 or 0, count, redis.call('PTTL', KEYS[1])}
"""


class StoreRateLimiter:
    """Windows in the Store. When it is away, attempts are refused with Unavailable: an attacker who brings
    Valkey down gains no guesses."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def hit(self, name: str, key: str, *, limit: int, window_s: float) -> None:
        refused, count, left_ms = await self._store.run(
            _HIT, keys=[f"limit:{name}:{key}"], args=[limit, int(window_s * 1000)]
        )
        reset_s = max(int(left_ms) / 1000, 0.001)
        note_limit(LimitState(name, limit, window_s, max(limit - int(count), 0), reset_s))
        if refused:
            raise TooMany(f"too many attempts, come back in {reset_s:.0f} s", retry_after_s=reset_s)
