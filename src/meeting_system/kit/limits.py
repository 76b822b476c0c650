"""Rate limits kept in Valkey, shared by all processes."""

from typing import Protocol


class RateLimiter(Protocol):
    """Counts attempts in windows."""

    async def hit(self, name: str, key: str, *, limit: int, window_s: float) -> None:
        """Count one attempt of `key`; raise TooMany with `retry_after_s` beyond `limit` in `window_s`."""
        ...
