"""Rate limits kept in Valkey, shared by all processes."""

from typing import Protocol

from meeting_system.kernel.errors import TooMany
from meeting_system.kernel.ports import Store


class RateLimiter(Protocol):
    """Counts attempts in windows."""

    async def hit(self, name: str, key: str, *, limit: int, window_s: float) -> None:
        """Count one attempt of `key`; raise TooMany with `retry_after_s` beyond `limit` in `window_s`."""
        ...


# A window starts with its first attempt. Refused attempts are not counted, so they don't make it longer.
_HIT = """
local count = tonumber(redis.call('GET', KEYS[1]) or '0')
if count >= tonumber(ARGV[1]) then
  return redis.call('PTTL', KEYS[1])
end
if redis.call('INCR', KEYS[1]) == 1 then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return -1
"""


class StoreRateLimiter:
    """Windows in the Store. When it is away, attempts are refused with Unavailable: an attacker who brings
    Valkey down gains no guesses."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def hit(self, name: str, key: str, *, limit: int, window_s: float) -> None:
        wait_ms = await self._store.run(
            _HIT, keys=[f"limit:{name}:{key}"], args=[limit, int(window_s * 1000)]
        )
        if int(wait_ms) >= 0:
            wait_s = max(int(wait_ms) / 1000, 0.001)
            raise TooMany(f"too many attempts, come back in {wait_s:.0f} s", retry_after_s=wait_s)
