"""Valkey (or Redis) as the Store."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from hashlib import sha1
from typing import Any, cast

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from meeting_system.adapters.redis_pipe import Pipe, Word
from meeting_system.kernel.errors import Unavailable
from meeting_system.kernel.ports import Subscription

TIMEOUT_S = 2.0
CONNECT_S = 2.0
CONNECTIONS = 64

_AWAY = (RedisConnectionError, RedisTimeoutError, OSError, TimeoutError)
_FAILURES = (*_AWAY, ResponseError)
_AWAY_ANSWERS = ("LOADING", "MASTERDOWN", "READONLY", "CLUSTERDOWN", "OOM", "MISCONF")


@asynccontextmanager
async def calling(timeout_s: float | None = TIMEOUT_S) -> AsyncIterator[None]:
    """Raise Unavailable where the server is away or does not answer in time, anything else as it is.

    The time limit is ours: the driver's own (`socket_timeout`) is `asyncio.wait_for`, which in Python 3.11
    may swallow a cancellation.
    """
    try:
        async with asyncio.timeout(timeout_s):
            yield
    except _FAILURES as error:
        away = _away(error)
        if away is None:
            raise
        raise away from error


def _away(error: Exception) -> Unavailable | None:
    """Return how it is said that the server is away, if that is what an error means."""
    if isinstance(error, _AWAY):
        return Unavailable("the store is away, try again")
    if str(error).startswith(_AWAY_ANSWERS):
        return Unavailable("the store can't answer now, try again")
    return None


@dataclass(frozen=True)
class About:
    """What a server says of itself: version, clock (Unix seconds), what it throws out when memory is short
    (None: it doesn't say)."""

    version: str
    time_s: float
    eviction: str | None


class RedisStore:
    """kernel.ports.Store. Commands are not repeated after a lost connection: whether they took effect is for
    the caller to find out. What is answered at once goes through one connection for all."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._pipe = Pipe(client.connection_pool, TIMEOUT_S)
        self._shas: dict[str, str] = {}

    @property
    def client(self) -> Redis:
        """The driver, for other adapters."""
        return self._client

    async def get(self, key: str) -> bytes | None:
        return cast("bytes | None", await self._ask("GET", key))

    async def set(
        self, key: str, value: bytes, *, ttl_s: float | None = None, only_new: bool = False
    ) -> bool:
        ttl_ms = None if ttl_s is None else max(1, int(ttl_s * 1000))
        options: list[str | int] = [] if ttl_ms is None else ["PX", ttl_ms]
        return bool(await self._ask("SET", key, value, *options, *(["NX"] if only_new else [])))

    async def take(self, key: str) -> bytes | None:
        return cast("bytes | None", await self._ask("GETDEL", key))

    async def delete(self, *keys: str) -> None:
        if keys:
            await self._ask("DEL", *keys)

    async def increment(self, key: str, *, ttl_s: float) -> int:
        return int(await self.run(_INCREMENT, keys=[key], args=[int(ttl_s * 1000)]))

    async def run(self, script: str, *, keys: list[str], args: list[bytes | str | int | float]) -> Any:
        sha = self._shas.get(script)
        if sha is None:
            sha = self._shas[script] = sha1(script.encode(), usedforsecurity=False).hexdigest()
        try:
            return await self._ask("EVALSHA", sha, len(keys), *keys, *args)
        except NoScriptError:
            return await self._ask("EVAL", script, len(keys), *keys, *args)

    async def publish(self, channel: str, payload: bytes) -> None:
        await self._ask("PUBLISH", channel, payload)

    async def _ask(self, *words: Word) -> Any:
        """Ask by the pipe, which keeps the time limit: one timer for all who wait."""
        try:
            return await self._pipe.ask(*words)
        except _FAILURES as error:
            away = _away(error)
            if away is None:
                raise
            raise away from error

    def subscribe(self, *channels: str) -> AbstractAsyncContextManager[Subscription]:
        return self._subscribe(channels)

    @asynccontextmanager
    async def _subscribe(self, channels: tuple[str, ...]) -> AsyncIterator[Subscription]:
        pubsub = self._client.pubsub()
        try:
            subscription = RedisSubscription(pubsub)
            await subscription.open(channels)
            yield subscription
        finally:
            await pubsub.aclose()  # type: ignore[no-untyped-call]

    async def close(self) -> None:
        """Close all connections."""
        await self._pipe.close()
        with suppress(RedisError):
            await self._client.aclose()

    async def run_id(self) -> str:
        async with calling():
            return str((await self._client.info("server"))["run_id"])

    async def check(self) -> None:
        """Return when the server answers; raise Unavailable else."""
        await self._ask("PING")

    async def about(self) -> About:
        """Ask the server for what doctor judges."""
        async with calling():
            said = await self._client.info()
            seconds, microseconds = await self._client.time()
        # Valkey names itself apart from the Redis that it is compatible with.
        version = str(said.get("valkey_version") or said["redis_version"])
        return About(version, seconds + microseconds / 1e6, said.get("maxmemory_policy"))

    async def forget(self, pattern: str) -> None:
        """Delete every key that matches `pattern` (such as `sg:*`), a few at a time."""
        async for key in self._client.scan_iter(match=pattern, count=1000):
            async with calling():
                await self._client.unlink(key)


_INCREMENT = """
local value = redis.call('INCR', KEYS[1])
if value == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return value
"""

_ALWAYS = "subscription"
"""A channel that nobody publishes to: a subscription without channels would not be one."""


class RedisSubscription:
    """kernel.ports.Subscription over one connection of its own."""

    def __init__(self, pubsub: PubSub) -> None:
        self._pubsub = pubsub
        self._waiting: list[tuple[str, bytes]] = []

    async def open(self, channels: tuple[str, ...]) -> None:
        """Subscribe, and return when the server has confirmed it: what is published from now on arrives."""
        async with calling():
            await self._pubsub.subscribe(_ALWAYS, *channels)
            confirmations = 1 + len(set(channels) - {_ALWAYS})
            while confirmations:
                message = await self._pubsub.get_message(timeout=None)
                if message is not None and message["type"] == "subscribe":
                    confirmations -= 1
                elif message is not None and message["type"] == "message":
                    self._waiting.append(_to_pair(message))

    async def __aiter__(self) -> AsyncIterator[tuple[str, bytes]]:
        while self._waiting:
            yield self._waiting.pop(0)
        while True:
            async with calling(timeout_s=None):
                try:
                    message = await self._pubsub.get_message(timeout=None)
                except RuntimeError as error:  # the connection was given back
                    raise Unavailable("the subscription is closed") from error
            if message is not None and message["type"] == "message":
                yield _to_pair(message)

    async def add(self, *channels: str) -> None:
        async with calling():
            await self._pubsub.subscribe(*channels)

    async def remove(self, *channels: str) -> None:
        async with calling():
            await self._pubsub.unsubscribe(*channels)


def _to_pair(message: dict[str, Any]) -> tuple[str, bytes]:
    return message["channel"].decode(), message["data"]


@asynccontextmanager
async def open_store(url: str) -> AsyncIterator[RedisStore]:
    """Open the pool for a `redis://`, `rediss://` or `unix://` URL and close it at the end."""
    pool = BlockingConnectionPool.from_url(
        url,
        timeout=TIMEOUT_S,
        socket_timeout=None,
        socket_connect_timeout=CONNECT_S,
        max_connections=CONNECTIONS,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
    )
    store = RedisStore(Redis.from_pool(pool))
    try:
        yield store
    finally:
        await store.close()
