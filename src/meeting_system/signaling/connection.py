"""One WebSocket of meet.v1 from hello to close. What comes is taken by a call, what goes is queued and
flushed; only commands have a task, while there are any. One future says why it ends.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

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
from meeting_system.kit.trace import new_trace, span, traced
from meeting_system.kit.websocket import Wire, encode_text
from meeting_system.signaling import presence, rules
from meeting_system.signaling.attach import identify, resume
from meeting_system.signaling.commands import confirm_token, handle
from meeting_system.signaling.core import Core
from meeting_system.signaling.errors import BadFrame, CloseSocket, EpochChanged, LogAway, SessionChanged
from meeting_system.signaling.frames import Told, decode, encode, iso
from meeting_system.signaling.hub import Hub
from meeting_system.signaling.metrics import ATTACHED, CLOSED, SESSIONS, SOCKETS
from meeting_system.signaling.outlet import Outlet
from meeting_system.signaling.records import Attachment
from meeting_system.signaling.send_queue import MANY, SendQueue

ROOMY = 64
"""A queue this short takes another chunk of a replay."""
WRITE_BYTES = 64 * 1024
LOOKED_EVERY_S = 1.0
"""Heartbeats are looked at about so often (jobs.py): silence is noticed within DEAD_AFTER_S, not after it."""
FLUSH_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 1.0
INBOX = 512
MAX_REASON = 120
"""A close frame holds 123 bytes of it (RFC 6455, section 5.5); reasons are ASCII."""

log = logger(__name__)


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
        self._taken: asyncio.Event | None = None

    def take(self, most_bytes: int) -> list[str]:
        if self._taken is not None:
            self._taken.set()
        return super().take(most_bytes)

    async def flushed(self) -> None:
        if len(self) <= ROOMY:
            return
        self._taken = asyncio.Event()
        try:
            async with asyncio.timeout(FLUSH_TIMEOUT_S):
                while len(self) > ROOMY and self.closing is None:
                    self._taken.clear()
                    await self._taken.wait()
        except TimeoutError:
            self.close(CloseCode.SLOW)
        finally:
            self._taken = None


class Connection:
    """One socket. `last_heard`: when anything came; `confirmed_ro`: what the client says it has applied."""

    __slots__ = (
        "_arrived",
        "_commands",
        "_core",
        "_early",
        "_end",
        "_hub",
        "_inbox",
        "_others",
        "_outlet",
        "_wire",
        "_work",
        "confirmed_ro",
        "held",
        "last_heard",
        "queue",
    )

    def __init__(self, core: Core, hub: Hub, outlet: Outlet, wire: Wire) -> None:
        self.last_heard = core.clock.monotonic()
        self.confirmed_ro = 0
        self.held: Attachment | None = None
        self.queue = SocketQueue(self._changed)
        self._core = core
        self._hub = hub
        self._outlet = outlet
        self._wire = wire
        self._end: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._early: deque[str | None] | None = deque()
        self._arrived: asyncio.Future[None] | None = None
        self._inbox: deque[Command | Position] | None = None
        self._work: asyncio.Task[None] | None = None
        self._commands = rules.TokenBucket.full(
            rules.COMMANDS_A_SECOND, rules.COMMANDS_BURST, self.last_heard
        )
        self._others = rules.TokenBucket.full(rules.OTHERS_A_SECOND, rules.OTHERS_BURST, self.last_heard)

    @property
    def commands_waiting(self) -> int:
        """What was read, and waits for the command before it."""
        return len(self._inbox or ())

    async def serve(
        self, opening: Identify | None, on_attached: Callable[[], None], on_refused: CloseSocket | None = None
    ) -> None:
        """Live the connection's whole life. `opening` is the first frame where the URL brought it."""
        SOCKETS.inc()
        ending = Ending()
        try:
            if on_refused is not None:
                self.finish(on_refused.code, on_refused.reason)
            else:
                self._say_hello()
                self._wire.listen(self)
                await self._guard(lambda: self._attach(opening))
                on_attached()
                self._take_early()
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
        if self.held is not None and now - self.last_heard > DEAD_AFTER_S - 2 * LOOKED_EVERY_S:
            self.queue.close(CloseCode.HEARTBEAT_LOST)

    def take(self, text: str | None) -> None:
        """Take what the client sent; before it has its session that waits, and nothing more is read."""
        if self._early is not None:
            self._arrive(text)
            self._wire.pause()
        elif not self._end.done():
            self._take(text)

    def _arrive(self, text: str | None) -> None:
        assert self._early is not None
        self._early.append(text)
        if self._arrived is not None and not self._arrived.done():
            self._arrived.set_result(None)

    def drained(self) -> None:
        """The socket takes more again."""
        self.flush()

    def lost(self) -> None:
        """The socket is gone."""
        self.finish(None)
        if self._early is not None:
            self._arrive(None)

    def flush(self) -> None:
        """Write what is queued, as far as the socket takes it; end the connection after its last frame."""
        queue, wire = self.queue, self._wire
        while wire.is_writable and (frames := queue.take(WRITE_BYTES)):
            wire.write([frame.wire if type(frame) is Told else encode_text(frame) for frame in frames])
        if queue.closing is not None and not len(queue):
            self.finish(queue.closing)

    async def _guard(self, loop: Callable[[], Awaitable[None]]) -> None:
        """Turn every way in which something can stop into an ending."""
        try:
            await loop()
        except (CloseSocket, AppError) as error:
            self._finish_for(error)
        except Exception:
            log.exception("connection_failed")
            self.finish(CloseCode.DRAINING, "internal")

    def _finish_for(self, error: CloseSocket | AppError) -> None:
        if isinstance(error, CloseSocket):
            self.finish(error.code, error.reason)
        else:
            log.info("signaling_unavailable", code=error.code)
            self.finish(CloseCode.DRAINING, error.code)

    def _changed(self) -> None:
        closing = self.queue.closing
        if closing is CloseCode.SLOW:
            self.finish(CloseCode.SLOW)
        elif closing is not None:
            # What was queued before leaves first, if the socket takes it.
            asyncio.get_running_loop().call_later(CLOSE_TIMEOUT_S, self.finish, closing)
        if len(self.queue) >= MANY:
            # A burst must not make a quick client look slow.
            self.flush()
        else:
            self._outlet.flush_soon(self)

    def _say_hello(self) -> None:
        hello = Hello(
            hb_ms=int(HEARTBEAT_S * 1000),
            dead_ms=int(DEAD_AFTER_S * 1000),
            max_frame=MAX_FRAME_BYTES,
            server_time=iso(self._core.clock.now()),
        )
        # Past the queue: it leaves with the answer to the handshake.
        self._wire.write([encode_text(encode(hello))])

    async def _attach(self, opening: Identify | None) -> None:
        frame: Any = opening or await self._first()
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
        self.flush()
        await self._hub.enter(held)

    async def _first(self) -> Any:
        assert self._early is not None
        if not self._early:
            await self._await_first()
        return self._read(self._early.popleft(), MAX_FRAME_BYTES_BEFORE_AUTH)

    async def _await_first(self) -> None:
        loop = asyncio.get_running_loop()
        self._arrived = arrived = loop.create_future()

        def give_up() -> None:
            if not arrived.done():
                arrived.set_exception(CloseSocket(CloseCode.NOT_AUTHENTICATED, "nothing came in time"))

        timer = loop.call_later(AUTH_TIMEOUT_S, give_up)
        try:
            await arrived
        finally:
            timer.cancel()
            self._arrived = None

    def _take_early(self) -> None:
        """Take what came while the session was looked for, and read on."""
        early, self._early = self._early, None
        while early and not self._end.done():
            self._take(early.popleft())
        self._wire.resume()

    def _read(self, text: str | None, max_bytes: int) -> Any:
        if text is None:
            raise BadFrame("binary frame")
        self.last_heard = self._core.clock.monotonic()
        return decode(text, max_bytes=max_bytes)

    def _take(self, text: str | None) -> None:
        try:
            frame = self._read(text, MAX_FRAME_BYTES)
            bucket = self._commands if isinstance(frame, Command) else self._others
            if bucket.take(self.last_heard):
                self._do(frame)
            else:
                self.finish(CloseCode.RATE_LIMITED)
        except (CloseSocket, AppError) as error:
            self._finish_for(error)
        except Exception:
            log.exception("connection_failed")
            self.finish(CloseCode.DRAINING, "internal")

    def _do(self, frame: Any) -> None:
        held = self.held
        assert held is not None
        if isinstance(frame, Ping):
            # Who waits follows the room's log unseen: of its top they know nothing.
            top_ro = None if held.is_waiting or held.needs_reset else held.sent_ro
            pong = Pong(n=frame.n, t=frame.t, top_ro=top_ro, top_po=held.sent_po)
            self.queue.push(encode(pong))
        elif isinstance(frame, Command):
            self._put(frame)
        elif isinstance(frame, Position):
            self.confirmed_ro = min(frame.ro, held.sent_ro)
            if held.before is not None:
                self._hub.unconfirmed.append(held)
            elif not held.token_confirmed:
                self._put(frame)
        elif isinstance(frame, Bye):
            if not self._end.done():
                self._end.set_result(Ending(has_left=True))
        elif isinstance(frame, Identify | Resume):
            raise BadFrame("this socket has its session already")

    def _put(self, frame: Command | Position) -> None:
        """Have it done after what came before it, by a task that lives while there is something to do."""
        if self._inbox is not None:
            self._inbox.append(frame)
            if len(self._inbox) >= INBOX:
                self._wire.pause()
            return
        self._inbox = deque((frame,))
        self._work = asyncio.get_running_loop().create_task(self._guard(self._work_off))

    async def _work_off(self) -> None:
        held, inbox = self.held, self._inbox
        assert held is not None
        while inbox and not self._end.done():
            await self._until_done(held, inbox[0])
            inbox.popleft()
            if len(inbox) == INBOX // 2:
                self._wire.resume()
        self._inbox = self._work = None

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

    async def _stop(self, ending: Ending) -> None:
        held = self.held
        if self._work is not None:
            self._work.cancel()
            with suppress(asyncio.CancelledError):
                await self._work
        if held is not None:
            SESSIONS.dec()
            await self._hub.exit(held)
        if ending.code is not None:
            CLOSED.labels(str(int(ending.code))).inc()
            self._wire.close(ending.code, ending.reason[:MAX_REASON])
        self.queue.abandon()
        if held is None:
            return
        # With Valkey away the lease runs out, and any process does the same later.
        with suppress(Unavailable):
            if ending.has_left:
                await presence.leave(self._core, held)
            else:
                await presence.lose(self._core, held)
