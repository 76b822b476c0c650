"""What a Registry needs of its server: entries that stay as long as their owners renew them."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Sight:
    """The entries that the server has. Another `epoch` than before: it has lost data since;
    "" is that of a server that was never told anything."""

    epoch: str
    entries: dict[str, bytes]


class Lease(Protocol):
    """One owner's hold on one name."""

    async def tell(self, value: bytes, *, take: bool) -> bool:
        """Set the value and renew the lease, made anew when the server lost it.

        With `take` the name becomes ours whoever has it; without, nothing happens to another owner's and the
        answer is False. Raises Unavailable.
        """
        ...

    async def end(self) -> None:
        """Remove the entry if it is ours. Raises Unavailable."""
        ...


class Leases(Protocol):
    """A server that keeps entries as long as their leases are renewed."""

    def lease(self, name: str, *, ttl_s: float) -> Lease: ...
    async def look(self, prefix: str) -> Sight: ...
    def hearing(self, prefix: str, on_change: Callable[[], None]) -> AbstractAsyncContextManager[None]:
        """Call `on_change` after each change while the block runs. Unavailable ends it."""
        ...
