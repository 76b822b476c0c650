"""The bus between processes: what is not answered here travels through Valkey.

A call is pushed to the list of the service that owns its topic, any process of that service takes it, and the
answer comes back on the list of the calling process. A call to one process is pushed to a list of its own.
Events travel by publish and subscribe.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from typing import Any

import orjson

from meeting_system.adapters.bus import LocalBus
from meeting_system.adapters.redis_store import TIMEOUT_S, RedisStore, calling
from meeting_system.contracts.call import Event
from meeting_system.kernel.errors import AppError, FieldError, RemoteError, Unavailable
from meeting_system.kit.every import every
from meeting_system.kit.log import logger
from meeting_system.kit.metrics import QUEUES
from meeting_system.kit.tasks import alongside
from meeting_system.kit.trace import current_traceparent, new_trace_id, span, traced

log = logger(__name__)

TAKE_S = 1.0
"""How long one look at a list waits."""

PAUSE_S = 0.2
REPLY_LIFETIME_MS = 30_000
AT_ONCE = 512
LAST_CALLS_S = 5.0
MEASURE_S = 5.0

_PUSH = "redis.call('RPUSH', KEYS[1], ARGV[1]) return redis.call('PEXPIRE', KEYS[1], ARGV[2])"

_TIME = "return redis.call('TIME')"

_COUNT = """
local counts = {}
for at, channel in ipairs(ARGV) do counts[at] = redis.call('PUBSUB', 'NUMSUB', channel)[2] end
return counts
"""

_LENGTHS = """
local lengths = {}
for at, key in ipairs(KEYS) do lengths[at] = redis.call('LLEN', key) end
return lengths
"""


class RemoteBus(LocalBus):
    """LocalBus for what is connected here, Valkey for the rest."""

    def __init__(self, store: RedisStore, now: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._own_now = now
        self._ahead_s = 0.0
        self.calls_waiting = 0
        """In the longest list of a service that is here, when it was last measured."""
        self._store = store
        self._process = new_trace_id()
        self._waiting: dict[str, asyncio.Future[bytes]] = {}
        self._handling: set[asyncio.Task[None]] = set()
        self._subscribed = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Take calls, answers and events while the block runs; then finish the calls in hand."""
        with suppress(Unavailable):  # it is looked at again
            await self._look_at_clock()
        async with super().running(), alongside(self._take_replies(), self._measuring()):
            async with alongside(self._take_calls(), self._take_events()):
                await self._subscribed.wait()
                yield
            await self._finish_calls()

    async def _finish_calls(self) -> None:
        if self._handling:
            await asyncio.wait(self._handling, timeout=LAST_CALLS_S)
        for task in self._handling:
            task.cancel()

    @property
    def is_alone(self) -> bool:
        return False

    @property
    def address(self) -> str:
        return self._process

    async def find_absent(self, addresses: Collection[str]) -> set[str]:
        """Ask Valkey who is subscribed: the kernel of whoever dies closes its connection."""
        each = sorted(addresses)
        counts = await self._store.run(_COUNT, keys=[], args=[process_channel(address) for address in each])
        return {address for address, count in zip(each, counts, strict=True) if not count}

    # Asking

    async def _answer(self, topic: str, payload: bytes, timeout_s: float, to: str | None) -> bytes:
        if to == self._process or (to is None and topic in self.topics):
            return await self.handle(topic, payload)
        with span(topic, "client"):
            return await self._ask(topic, payload, timeout_s, to)

    async def _ask(self, topic: str, payload: bytes, timeout_s: float, to: str | None) -> bytes:
        call_id = new_trace_id()
        call = {
            "id": call_id,
            "topic": topic,
            "payload": payload.decode(),
            "traceparent": current_traceparent(),
            "reply_to": self._process,
            "deadline": self._now() + timeout_s,
        }
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[call_id] = future
        try:
            key = calls_key(topic) if to is None else calls_of_process_key(to)
            await self._push(key, call, int(timeout_s * 1000) + 1000)
            return await future
        finally:
            del self._waiting[call_id]

    async def _take_replies(self) -> None:
        async for reply in self._take([replies_key(self._process)]):
            future = self._waiting.get(reply["id"])
            if future is None or future.done():
                continue
            if "problem" in reply:
                future.set_exception(to_error(reply["problem"]))
            else:
                future.set_result(reply["payload"].encode())

    # Answering

    async def _take_calls(self) -> None:
        shared = self._shared_lists()
        if not shared:
            return
        keys = [calls_of_process_key(self._process), *shared]  # nobody else can take what is for this process
        places = asyncio.Semaphore(AT_ONCE)
        async for call in self._take(keys):
            if call["deadline"] < self._now():
                continue  # nobody waits any more
            await places.acquire()
            task = asyncio.get_running_loop().create_task(self._answer_call(call))
            self._handling.add(task)
            task.add_done_callback(self._handling.discard)
            task.add_done_callback(lambda _: places.release())

    async def _answer_call(self, call: dict[str, Any]) -> None:
        reply: dict[str, Any] = {"id": call["id"]}
        with traced(call["traceparent"]):
            try:
                async with asyncio.timeout(call["deadline"] - self._now()):
                    reply["payload"] = (await self.handle(call["topic"], call["payload"].encode())).decode()
            except TimeoutError:
                return  # nobody waits any more
            except AppError as error:
                reply["problem"] = to_problem(error)
            except Exception:
                log.exception("handler_failed", topic=call["topic"])
                reply["problem"] = {"status": 500, "code": "internal", "detail": "the handler failed"}
        with suppress(Unavailable):  # the caller's own timeout tells it
            await self._push(replies_key(call["reply_to"]), reply, REPLY_LIFETIME_MS)

    # Events

    async def publish(self, event: Event) -> None:
        payload = event.model_dump_json()
        traceparent = current_traceparent()
        self.tell(event.topic, traceparent, payload.encode())
        told = {"from": self._process, "traceparent": traceparent, "payload": payload}
        await self._store.publish(events_channel(event.topic), orjson.dumps(told))

    async def _take_events(self) -> None:
        channels = {events_channel(topic): topic for topic in self.event_topics}
        while True:
            with suppress(Unavailable):
                async with self._store.subscribe(process_channel(self._process), *channels) as subscription:
                    self._subscribed.set()
                    async for channel, message in subscription:
                        self._tell_remote(channels.get(channel), message)
            await asyncio.sleep(PAUSE_S)

    def _tell_remote(self, topic: str | None, message: bytes) -> None:
        told = read_envelope(message)
        if topic is not None and told is not None and told["from"] != self._process:
            self.tell(topic, told["traceparent"], told["payload"].encode())

    # Lists

    async def _measuring(self) -> None:
        with QUEUES.watch("bus_calls", lambda: self.calls_waiting):
            await every(MEASURE_S, self.measure, name="bus_measure")

    async def measure(self) -> None:
        """Count the calls that wait for the services of this process, for metrics."""
        lengths = await self._store.run(_LENGTHS, keys=self._shared_lists(), args=[])
        self.calls_waiting = max(lengths, default=0)
        await self._look_at_clock()

    async def _look_at_clock(self) -> None:
        """Deadlines are told in Valkey's time, which all have: a process's own date may be wrong by a day."""
        seconds, micros = await self._store.run(_TIME, keys=[], args=[])
        self._ahead_s = int(seconds) + int(micros) / 1e6 - self._own_now()

    def _now(self) -> float:
        return self._own_now() + self._ahead_s

    def _shared_lists(self) -> list[str]:
        """Those of the services that are here."""
        return sorted({calls_key(topic) for topic in self.topics})

    async def _push(self, key: str, envelope: dict[str, Any], lifetime_ms: int) -> None:
        await self._store.run(_PUSH, keys=[key], args=[orjson.dumps(envelope), lifetime_ms])

    async def _take(self, keys: list[str]) -> AsyncIterator[dict[str, Any]]:
        """Give what arrives on the lists, for ever."""
        take: Callable[..., Awaitable[Any]] = self._store.client.blpop
        while True:
            try:
                async with calling(TAKE_S + TIMEOUT_S):
                    found = await take(keys, timeout=TAKE_S)
            except Unavailable:
                await asyncio.sleep(PAUSE_S)
                continue
            envelope = read_envelope(found[1]) if found else None
            if envelope is not None:
                yield envelope


def calls_key(topic: str) -> str:
    """Return the list that the service of `topic` takes its calls from."""
    return f"bus:calls:{topic.partition('.')[0]}"


def calls_of_process_key(process: str) -> str:
    """Return the list that one process alone takes calls from."""
    return f"bus:calls:@{process}"


def process_channel(process: str) -> str:
    """Return the channel to which a process is subscribed while it lives, for nothing but that."""
    return f"bus:process:{process}"


def replies_key(process: str) -> str:
    return f"bus:replies:{process}"


def events_channel(topic: str) -> str:
    return f"bus:events:{topic}"


def read_envelope(message: bytes) -> dict[str, Any] | None:
    """Return an envelope; what is none is logged and left: one bad message must not stop the bus."""
    try:
        envelope = orjson.loads(message)
    except orjson.JSONDecodeError:
        envelope = None
    if not isinstance(envelope, dict):
        log.error("bus_message_unreadable", size=len(message))
        return None
    return envelope


def to_problem(error: AppError) -> dict[str, Any]:
    """Return an error as it travels."""
    return {
        "status": error.status,
        "code": error.code,
        "detail": error.detail,
        "errors": [[each.pointer, each.detail] for each in error.errors],
        "retry_after_s": error.retry_after_s,
    }


def to_error(problem: dict[str, Any]) -> RemoteError:
    """Return the error that travelled."""
    return RemoteError(
        problem["detail"],
        status=problem["status"],
        code=problem["code"],
        errors=[FieldError(pointer, detail) for pointer, detail in problem.get("errors", ())],
        retry_after_s=problem.get("retry_after_s"),
    )
