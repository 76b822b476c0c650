"""The bus as services see it: ask the owner of a topic, tell whoever listens."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from meeting_system.contracts.call import Event, Message, Request

ReplyT = TypeVar("ReplyT", bound=Message)

Handler = Callable[[Any], Awaitable[Message]]
Listener = Callable[[Any], Awaitable[None]]


class Bus(Protocol):
    """In-process where the handler runs here (still encoded and decoded as JSON), else through Valkey.

    `call` raises the handler's AppError (as RemoteError when it ran elsewhere), and Unavailable when nobody
    answers within `timeout_s`. `publish` is at most once; listeners run on their own, after it returned.
    """

    async def call(self, request: Request[ReplyT], *, timeout_s: float = 5.0) -> ReplyT: ...
    async def publish(self, event: Event) -> None: ...


class Courier(Protocol):
    """The bus as the outbox sees it: it has the request as JSON, and nobody waits for the reply."""

    async def forward(self, topic: str, payload: bytes, *, timeout_s: float = 5.0) -> bytes: ...
