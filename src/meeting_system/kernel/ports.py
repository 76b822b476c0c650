"""What a service may ask of the outside. The adapters implement these; `app` hands them in."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol


class Store(Protocol):
    """Valkey as services see it: short-lived values, counters and atomic scripts. Keys are bytes-safe text.

    Raises Unavailable when the server is away. Every call has a timeout.
    """

    async def get(self, key: str) -> bytes | None: ...
    async def set(
        self, key: str, value: bytes, *, ttl_s: float | None = None, only_new: bool = False
    ) -> bool: ...
    async def take(self, key: str) -> bytes | None:
        """Read and delete in one step: tickets."""
        ...

    async def delete(self, *keys: str) -> None: ...
    async def increment(self, key: str, *, ttl_s: float) -> int:
        """Add one; the time to live is set when the counter is born."""
        ...

    async def run(self, script: str, *, keys: list[str], args: list[bytes | str | int | float]) -> Any:
        """Run a Lua script atomically (EVALSHA, loaded when missing)."""
        ...

    async def publish(self, channel: str, payload: bytes) -> None: ...
    def subscribe(self, *channels: str) -> AbstractAsyncContextManager["Subscription"]: ...
    async def run_id(self) -> str:
        """Identity of the server's data: changes when Valkey restarts."""
        ...


class Subscription(Protocol):
    """Messages of the channels subscribed to. Ends with Unavailable when the connection is lost."""

    def __aiter__(self) -> AsyncIterator[tuple[str, bytes]]: ...
    async def add(self, *channels: str) -> None: ...
    async def remove(self, *channels: str) -> None: ...


Check = Callable[[], Awaitable[None]]
"""A readiness check: returns when the dependency answers, raises what is wrong with it."""
