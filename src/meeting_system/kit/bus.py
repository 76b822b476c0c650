"""The bus as services see it: ask the owner of a topic, tell whoever listens."""

from collections.abc import Awaitable, Callable, Collection
from typing import Any, Protocol, TypeVar

from meeting_system.contracts.call import Event, Message, Request

ReplyT = TypeVar("ReplyT", bound=Message)

Handler = Callable[[Any], Awaitable[Message]]
Listener = Callable[[Any], Awaitable[None]]


class Bus(Protocol):
    """In-process where the handler runs here (still encoded and decoded as JSON), else through Valkey.

    `call` raises the handler's AppError (as RemoteError when it ran elsewhere), and Unavailable when nobody
    answers within `timeout_s`. Where several processes have a service any of them answers, or with `to` the
    one of that address. `publish` is at most once; listeners run on their own, after it returned.
    """

    @property
    def is_alone(self) -> bool:
        """Whether there is no other process, nor can there be one."""
        ...

    @property
    def address(self) -> str:
        """Of this process, for `to`. Each start of a process has another."""
        ...

    async def call(
        self, request: Request[ReplyT], *, timeout_s: float = 5.0, to: str | None = None
    ) -> ReplyT: ...
    async def find_absent(self, addresses: Collection[str]) -> set[str]:
        """Return which of these processes don't listen: they are dead, or lost their connection just now."""
        ...

    async def publish(self, event: Event) -> None: ...


class Courier(Protocol):
    """The bus as the outbox sees it: it has the request as JSON, and nobody waits for the reply."""

    async def forward(self, topic: str, payload: bytes, *, timeout_s: float = 5.0) -> bytes: ...
