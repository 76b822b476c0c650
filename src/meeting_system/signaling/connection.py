"""One WebSocket of meet.v1 from hello to close. Three loops share it; one future says why it ends.

The socket itself is behind `Socket`, so that this module knows no web framework.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from meeting_system.contracts.signal import (
    AUTH_TIMEOUT_S,
    DEAD_AFTER_S,
    HEARTBEAT_S,
    MAX_FRAME_BYTES,
    MAX_FRAME_BYTES_BEFORE_AUTH,
    Bye,
    CloseCode,
    Command,
    Hello,
    Identify,
    Ping,
    Pong,
    Position,
    Resume,
)
from meeting_system.kernel.errors import AppError, Unavailable
from meeting_system.kit.log import logger
from meeting_system.kit.tasks import alongside
from meeting_system.kit.trace import new_trace, span, traced
from meeting_system.signaling import presence, rules
from meeting_system.signaling.attach import identify, resume
from meeting_system.signaling.commands import confirm_token, handle
from meeting_system.signaling.core import Core
from meeting_system.signaling.errors import BadFrame, CloseSocket, EpochChanged, LogAway, SessionChanged
from meeting_system.signaling.frames import decode, encode, iso
from meeting_system.signaling.hub import Hub
from meeting_system.signaling.metrics import ATTACHED, CLOSED, SESSIONS, SOCKETS
from meeting_system.signaling.records import Attachment
from meeting_system.signaling.send_queue import SendQueue

ROOMY = 64
"""A queue this short takes another chunk of a replay."""
FLUSH_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 1.0
INBOX = 512

log = logger(__name__)


class Disconnected(Exception):
    """The other side is gone."""


class Socket(Protocol):
    """A WebSocket: `receive` gives text (None: it was binary) or raises Disconnected."""

    async def receive(self) -> str | None: ...
    async def send(self, text: str) -> None: ...
    async def close(self, code: int, reason: str) -> None: ...


@dataclass(slots=True, frozen=True)
class Ending:
    """Why a connection ended: by us with a code, by a goodbye, or just lost."""

    code: CloseCode | None = None
    reason: str = ""
    has_left: bool = False


class SocketQueue(SendQueue):
    """A send queue that can be waited for."""

    def __init__(self, changed: Callable[[], None]) -> None:
        super().__init__(changed=changed)
        self.popped = asyncio.Event()

    def pop(self) -> str | None:
        self.popped.set()
        return super().pop()

    async def flushed(self) -> None:
        try:
            async with asyncio.timeout(FLUSH_TIMEOUT_S):
                while len(self) > ROOMY and self.closing is None:
                    self.popped.clear()
                    await self.popped.wait()
        except TimeoutError:
            self.close(CloseCode.SLOW)


class Connection:
    """One socket. `last_heard`: when anything came; `confirmed_ro`: what the client says it has applied."""

    def __init__(self, core: Core, hub: Hub, socket: Socket) -> None:
        self.last_heard = core.clock.monotonic()
        self.confirmed_ro = 0
        self.held: Attachment | None = None
        self._core = core
        self._hub = hub
        self._socket = socket
        self._wake = asyncio.Event()
        self._end: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self.queue = SocketQueue(self._changed)
        self._inbox: asyncio.Queue[Command | Position] = asyncio.Queue(INBOX)
        self._commands = rules.TokenBucket.full(
            rules.COMMANDS_A_SECOND, rules.COMMANDS_BURST, self.last_heard
        )
        self._others = rules.TokenBucket.full(rules.OTHERS_A_SECOND, rules.OTHERS_BURST, self.last_heard)

    @property
    def commands_waiting(self) -> int:
        """What was read, and waits for the command before it."""
        return self._inbox.qsize()

    async def serve(
        self, opening: Identify | None, on_attached: Callable[[], None], on_refused: CloseSocket | None = None
    ) -> None:
        """Live the connection's whole life. `opening` is the first frame where the URL brought it."""
        SOCKETS.inc()
        ending = Ending()
        try:
            async with alongside(self._guard(self._send_all)):
                if on_refused is not None:
                    self.finish(on_refused.code, on_refused.reason)
                else:
                    self._say_hello()
                    await self._guard(lambda: self._attach(opening))
                    on_attached()
                if self.held is not None:
                    async with alongside(self._guard(self._read_all), self._guard(self._work_all)):
                        ending = await self._end
                else:
                    ending = await self._end
        finally:
            SOCKETS.dec()
            await self._stop(ending)

    def finish(self, code: CloseCode | None, reason: str = "") -> None:
        """End the connection now; the first reason counts."""
        if not self._end.done():
            self._end.set_result(Ending(code, reason))

    def go_away(self, deadline_ms: int) -> None:
        """Tell the client that this server stops soon."""
        self.queue.push(f'{{"f":"goaway","deadline_ms":{deadline_ms},"why":"draining"}}')

    def check_heartbeat(self, now: float) -> None:
        """End a connection from which nothing came for too long."""
        if self.held is not None and now - self.last_heard > DEAD_AFTER_S:
            self.queue.close(CloseCode.HEARTBEAT_LOST)

    async def _guard(self, loop: Callable[[], Awaitable[None]]) -> None:
        """Turn every way in which a loop can stop into an ending."""
        try:
            await loop()
        except CloseSocket as end:
            self.finish(end.code, end.reason)
        except Disconnected:
            self.finish(None)
        except AppError as error:
            log.info("signaling_unavailable", code=error.code)
            self.finish(CloseCode.DRAINING, error.code)
        except Exception:
            log.exception("connection_failed")
            self.finish(CloseCode.DRAINING, "internal")

    def _changed(self) -> None:
        self._wake.set()
        if self.queue.closing is CloseCode.SLOW:
            self.finish(CloseCode.SLOW)
        elif self.queue.closing is not None:
            # What was queued before leaves first, if the socket takes it.
            code = self.queue.closing
            asyncio.get_running_loop().call_later(CLOSE_TIMEOUT_S, self.finish, code)

    def _say_hello(self) -> None:
        hello = Hello(
            hb_ms=int(HEARTBEAT_S * 1000),
            dead_ms=int(DEAD_AFTER_S * 1000),
            max_frame=MAX_FRAME_BYTES,
            server_time=iso(self._core.clock.now()),
        )
        self.queue.push(encode(hello))

    async def _attach(self, opening: Identify | None) -> None:
        frame: Any = opening
        try:
            async with asyncio.timeout(AUTH_TIMEOUT_S):
                frame = frame or await self._receive(MAX_FRAME_BYTES_BEFORE_AUTH)
        except TimeoutError:
            raise CloseSocket(CloseCode.NOT_AUTHENTICATED, "nothing came in time") from None
        if isinstance(frame, Identify):
            held = await identify(self._core, frame, self.queue)
        elif isinstance(frame, Resume):
            with traced(new_trace()), span("signaling.resume", "server"):
                held = await resume(self._core, frame, self.queue)
            self._commands.grant(rules.RESENT_BURST)
        else:
            raise CloseSocket(CloseCode.NOT_AUTHENTICATED, "identify or resume first")
        ATTACHED.labels(frame.f).inc()
        SESSIONS.inc()
        self.held = held
        await self._hub.enter(held)

    async def _receive(self, max_bytes: int) -> Any:
        text = await self._socket.receive()
        if text is None:
            raise BadFrame("binary frame")
        self.last_heard = self._core.clock.monotonic()
        return decode(text, max_bytes=max_bytes)

    async def _read_all(self) -> None:
        while True:
            frame = await self._receive(MAX_FRAME_BYTES)
            bucket = self._commands if isinstance(frame, Command) else self._others
            if not bucket.take(self.last_heard):
                raise CloseSocket(CloseCode.RATE_LIMITED)
            await self._take(frame)

    async def _take(self, frame: Any) -> None:
        held = self.held
        assert held is not None
        if isinstance(frame, Ping):
            pong = Pong(n=frame.n, t=frame.t, top_ro=held.sent_ro, top_po=held.sent_po)
            self.queue.push(encode(pong))
        elif isinstance(frame, Command | Position):
            await self._inbox.put(frame)
        elif isinstance(frame, Bye):
            if not self._end.done():
                self._end.set_result(Ending(has_left=True))
        elif isinstance(frame, Identify | Resume):
            raise BadFrame("this socket has its session already")

    async def _work_all(self) -> None:
        held = self.held
        assert held is not None
        while True:
            frame = await self._inbox.get()
            if isinstance(frame, Position):
                self.confirmed_ro = min(frame.ro, held.sent_ro)
            await self._until_done(held, frame)

    async def _until_done(self, held: Attachment, frame: Command | Position) -> None:
        while True:
            try:
                await confirm_token(self._core, held)
                if isinstance(frame, Command):
                    await handle(self._core, held, frame)
            except EpochChanged:
                self._hub.mark(held.run)
                await self._core.pause(0.05)
            except SessionChanged:
                await presence.recover(self._core, self._hub, held)
                await self._core.pause(0.05)
            except (LogAway, Unavailable):
                await self._core.pause(0.2)
            else:
                return

    async def _send_all(self) -> None:
        while True:
            frame = self.queue.pop()
            if frame is not None:
                await self._socket.send(frame)
            elif self.queue.closing is not None:
                raise CloseSocket(self.queue.closing)
            else:
                self._wake.clear()
                await self._wake.wait()

    async def _stop(self, ending: Ending) -> None:
        held = self.held
        if held is not None:
            SESSIONS.dec()
            await self._hub.exit(held)
        if ending.code is not None:
            CLOSED.labels(str(int(ending.code))).inc()
            with suppress(TimeoutError, Disconnected):
                async with asyncio.timeout(CLOSE_TIMEOUT_S):
                    await self._socket.close(ending.code, ending.reason)
        if held is None:
            return
        # With Valkey away the lease runs out, and any process does the same later.
        with suppress(Unavailable):
            if ending.has_left:
                await presence.leave(self._core, held)
            else:
                await presence.lose(self._core, held)
