"""One connection that carries the commands of everybody at once: written together, answered in order.

The driver's pool takes a connection out and waits for the answer, a write and a read for each command; here
all commands of one turn of the event loop are one write, and one timer watches over the answers. Only for
commands that Valkey answers at once.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

import hiredis
from redis.asyncio.connection import ConnectionPool, SSLConnection, UnixDomainSocketConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, ResponseError

Word = bytes | str | int | float

STUCK_S = 1.5
"""Who waited so long in vain, with nothing heard meanwhile, had a connection that leads nowhere."""
KEPT_BYTES = 256 * 1024
"""Answers are large, and come in pieces: a reader's buffer of this size is kept between them."""


class Pipe:
    """Opens its connection with the first command, and again after a loss. Commands are never repeated."""

    def __init__(self, pool: ConnectionPool, timeout_s: float) -> None:
        self._pool = pool
        self._timeout_s = timeout_s
        self._wire: _Wire | None = None
        self._opening: asyncio.Task[_Wire] | None = None

    async def ask(self, *words: Word) -> Any:
        """Send a command and return its answer. Raises ConnectionError or TimeoutError when it may or may not
        have been done, ResponseError for an answer that is an error."""
        wire = self._wire
        if wire is None or wire.is_closed:
            async with asyncio.timeout(self._timeout_s):
                wire = await self._open()
        asked_s = asyncio.get_running_loop().time()
        try:
            answer = await wire.ask(_pack(words))
        except asyncio.CancelledError:
            wire.suspect(asked_s)
            raise
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def close(self) -> None:
        """Close the connection."""
        if self._opening is not None:
            self._opening.cancel()
            with suppress(asyncio.CancelledError, RedisConnectionError, ResponseError, OSError):
                await self._opening
        if self._wire is not None:
            self._wire.close()

    async def _open(self) -> "_Wire":
        """Open one connection for all who wait for it; who gives up doesn't take it from the others."""
        if self._opening is None:
            self._opening = asyncio.get_running_loop().create_task(self._connect())
            self._opening.add_done_callback(self._opened)
        return await asyncio.shield(self._opening)

    def _opened(self, task: "asyncio.Task[_Wire]") -> None:
        self._opening = None
        if not task.cancelled() and task.exception() is None:
            self._wire = task.result()

    async def _connect(self) -> "_Wire":
        # Made by the driver, never connected by it: it knows what the URL's options mean.
        plan = self._pool.make_connection()  # type: ignore[no-untyped-call]
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(plan.socket_connect_timeout):
            if isinstance(plan, UnixDomainSocketConnection):
                _, wire = await loop.create_unix_connection(self._new_wire, plan.path)
            else:
                ssl = plan.ssl_context.get() if isinstance(plan, SSLConnection) else None
                _, wire = await loop.create_connection(self._new_wire, plan.host, plan.port, ssl=ssl)
            try:
                await self._introduce(wire, self._pool.connection_kwargs)
            except BaseException:
                wire.close()
                raise
        return wire

    def _new_wire(self) -> "_Wire":
        return _Wire(self._timeout_s)

    async def _introduce(self, wire: "_Wire", given: Mapping[str, Any]) -> None:
        words: list[tuple[Word, ...]] = []
        if given.get("password") is not None:
            names = (given["username"],) if given.get("username") else ()
            words.append(("AUTH", *names, given["password"]))
        if given.get("db"):
            words.append(("SELECT", given["db"]))
        for each in words:
            answer = await wire.ask(_pack(each))
            if isinstance(answer, Exception):
                raise RedisConnectionError(str(answer))


class _Wire(asyncio.Protocol):
    """The connection: who waits for which answer is told by the order, and so is whose time is up first."""

    def __init__(self, timeout_s: float) -> None:
        self.is_closed = False
        self._timeout_s = timeout_s
        self._watching: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None
        self._reader = hiredis.Reader(replyError=_to_error, protocolError=RedisConnectionError)
        self._reader.setmaxbuf(KEPT_BYTES)
        self._waiting: deque[tuple[float, asyncio.Future[Any]]] = deque()
        """When it was asked, and who waits."""
        self._unsent: list[bytes] = []
        self._loop = asyncio.get_running_loop()
        self._heard_s = self._loop.time()

    def ask(self, packed: bytes) -> "asyncio.Future[Any]":
        """Send a packed command, with all others of this turn; the future holds the answer, or the error."""
        future: asyncio.Future[Any] = self._loop.create_future()
        if self.is_closed:
            future.set_exception(RedisConnectionError("the connection is closed"))
            return future
        now_s = self._loop.time()
        self._waiting.append((now_s, future))
        if self._watching is None:
            self._watching = self._loop.call_at(now_s + self._timeout_s, self._give_up)
        if not self._unsent:
            self._loop.call_soon(self._send)
        self._unsent.append(packed)
        return future

    def _send(self) -> None:
        unsent, self._unsent = self._unsent, []
        if self._transport is not None and not self.is_closed:
            self._transport.write(b"".join(unsent))

    def _give_up(self) -> None:
        """Tell those who have waited too long; the answers that still come are passed over."""
        self._watching = None
        overdue_s = self._loop.time() - self._timeout_s
        first_s = 0.0
        for asked_s, future in self._waiting:
            if asked_s > overdue_s:
                self._watching = self._loop.call_at(asked_s + self._timeout_s, self._give_up)
                break
            if not future.done():
                first_s = first_s or asked_s
                future.set_exception(TimeoutError())
        if first_s:
            self.suspect(first_s)

    def suspect(self, asked_s: float) -> None:
        """Somebody gave up waiting for what was asked then."""
        if self._heard_s <= asked_s and self._loop.time() - asked_s >= STUCK_S:
            self.close()

    def close(self) -> None:
        """Close it; who waits is told."""
        if self._transport is not None:
            self._transport.abort()
        self._fail()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._heard_s = self._loop.time()
        try:
            self._reader.feed(data)
            while (answer := self._reader.gets()) is not False:
                # Who gave up waiting is passed over: the order counts.
                _, future = self._waiting.popleft()
                if not future.done():
                    future.set_result(answer)
        except (RedisConnectionError, IndexError):
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail()

    def _fail(self) -> None:
        self.is_closed = True
        if self._watching is not None:
            self._watching.cancel()
            self._watching = None
        waiting, self._waiting = self._waiting, deque()
        for _, future in waiting:
            if not future.done():
                future.set_exception(RedisConnectionError("the connection was lost"))


def _pack(words: tuple[Word, ...]) -> bytes:
    packed: bytes = hiredis.pack_command(cast("Any", words))
    return packed


def _to_error(text: str) -> Exception:
    """Return the driver's error for an answer that is one."""
    return NoScriptError(text) if text.startswith("NOSCRIPT") else ResponseError(text)
