"""The bus of one process, without others: everything is handled here, still encoded and decoded as JSON."""

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from meeting_system.contracts.call import Event, Message, Request
from meeting_system.kernel.errors import AppError, FieldError, Invalid, Unavailable
from meeting_system.kit.bus import Handler, Listener
from meeting_system.kit.log import logger
from meeting_system.kit.metrics import BUS_SECONDS, EVENTS_DROPPED, QUEUES
from meeting_system.kit.tasks import alongside
from meeting_system.kit.trace import current_traceparent, span, traced

log = logger(__name__)

ReplyT = TypeVar("ReplyT", bound=Message)

HERE = "here"
INBOX = 10_000
"""Events that wait for one listener; when it is full, the oldest is dropped."""


@dataclass(frozen=True)
class Route:
    """Who answers a topic."""

    request: type[Request[Any]]
    reply: type[Message]
    handler: Handler


class Inbox:
    """The events that wait for one listener, told one after the other."""

    def __init__(self, event: type[Event], listener: Listener) -> None:
        self._event = event
        self._listener = listener
        self._queue: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(INBOX)
        EVENTS_DROPPED.labels(event.topic)  # so that 0 is told from unknown

    def __len__(self) -> int:
        return self._queue.qsize()

    def put(self, traceparent: str, payload: bytes) -> None:
        """Add an event; drop the oldest when the inbox is full."""
        if self._queue.full():
            self._queue.get_nowait()
            self._queue.task_done()
            EVENTS_DROPPED.labels(self._event.topic).inc()
        self._queue.put_nowait((traceparent, payload))

    async def run(self) -> None:
        """Tell the listener each event; one that fails is logged and left."""
        while True:
            traceparent, payload = await self._queue.get()
            with traced(traceparent), span(self._event.topic, "consumer"):
                try:
                    await self._listener(self._event.model_validate_json(payload))
                except Exception:
                    log.exception("listener_failed", topic=self._event.topic)
                finally:
                    self._queue.task_done()

    async def settle(self) -> None:
        """Wait until every event was told."""
        await self._queue.join()


class LocalBus:
    """Calls handlers and listeners of this process. `connect` comes after all services are made: they need
    the bus to be made themselves."""

    def __init__(self) -> None:
        self._routes: dict[str, Route] = {}
        self._inboxes: dict[str, list[Inbox]] = {}

    def connect(
        self,
        handlers: Mapping[type[Request[Any]], Handler],
        listeners: Mapping[type[Event], Sequence[Listener]],
    ) -> None:
        """Add the handlers and listeners of a service."""
        for request, handler in handlers.items():
            if request.topic in self._routes:
                raise ValueError(f"two handlers answer {request.topic}")
            self._routes[request.topic] = Route(request, request.reply_type(), handler)
        for event, functions in listeners.items():
            inboxes = self._inboxes.setdefault(event.topic, [])
            inboxes.extend(Inbox(event, function) for function in functions)

    @property
    def topics(self) -> list[str]:
        """Topics that are answered here."""
        return list(self._routes)

    @property
    def event_topics(self) -> list[str]:
        """Topics that are listened to here."""
        return list(self._inboxes)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Tell listeners their events while the block runs."""
        inboxes = [inbox for listeners in self._inboxes.values() for inbox in listeners]
        with QUEUES.watch("bus_events", lambda: max(map(len, inboxes), default=0)):
            async with alongside(*(inbox.run() for inbox in inboxes)):
                yield

    @property
    def is_alone(self) -> bool:
        return True

    @property
    def address(self) -> str:
        """Address of this process."""
        return HERE

    async def find_absent(self, addresses: Collection[str]) -> set[str]:
        """Return those that are not this process."""
        return set(addresses) - {HERE}

    async def call(
        self, request: Request[ReplyT], *, timeout_s: float = 5.0, to: str | None = None
    ) -> ReplyT:
        payload = request.model_dump_json().encode()
        answer = await self.forward(request.topic, payload, timeout_s=timeout_s, to=to)
        reply: Any = request.reply_type().model_validate_json(answer)
        return reply  # type: ignore[no-any-return]

    async def forward(
        self, topic: str, payload: bytes, *, timeout_s: float = 5.0, to: str | None = None
    ) -> bytes:
        """Have `topic` answered, by the process `to` or by any: JSON in, JSON out."""
        started, outcome = time.perf_counter(), "unavailable"
        try:
            async with asyncio.timeout(timeout_s):
                answer = await self._answer(topic, payload, timeout_s, to)
            outcome = "answered"
        except TimeoutError:
            raise Unavailable(f"{topic} was not answered within {timeout_s} s") from None
        except AppError as error:
            outcome = error.code
            raise
        finally:
            BUS_SECONDS.labels(topic, outcome).observe(time.perf_counter() - started)
        return answer

    async def _answer(self, topic: str, payload: bytes, timeout_s: float, to: str | None) -> bytes:
        if to not in (None, self.address):
            raise Unavailable(f"nobody answers {topic} at {to}")
        return await self.handle(topic, payload)

    async def handle(self, topic: str, payload: bytes) -> bytes:
        """Run the handler of `topic` in this process."""
        route = self._routes.get(topic)
        if route is None:
            raise Unavailable(f"nobody answers {topic}")
        try:
            request = route.request.model_validate_json(payload)
        except ValidationError as error:
            raise Invalid(f"{topic}: {error}", errors=_field_errors(error)) from error
        with span(topic, "server"):
            reply = await route.handler(request)
        return reply.model_dump_json().encode()

    async def publish(self, event: Event) -> None:
        self.tell(event.topic, current_traceparent(), event.model_dump_json().encode())

    def tell(self, topic: str, traceparent: str, payload: bytes) -> None:
        """Put an event into the inboxes of this process."""
        for inbox in self._inboxes.get(topic, ()):
            inbox.put(traceparent, payload)

    async def settle(self) -> None:
        """Wait until every listener was told every event: for tests."""
        for inboxes in list(self._inboxes.values()):
            for inbox in inboxes:
                await inbox.settle()


def _field_errors(error: ValidationError) -> list[FieldError]:
    return [
        FieldError("/" + "/".join(str(part) for part in problem["loc"]), problem["msg"])
        for problem in error.errors(include_url=False, include_context=False, include_input=False)
    ]
