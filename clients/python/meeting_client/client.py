"""A participant over real WebSockets: connects, comes back after every loss, loses and doubles no command."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection, connect

from meeting_client.core import ClientCore, Frame, RoomView
from meeting_client.reconnect import (
    Ending,
    count_failures,
    first_move_s,
    judge_ending,
    next_move_s,
    pause_s,
)

HEARTBEAT_S = 5.0
DEAD_AFTER_S = 15.0
LOOKS = 15
"""So often is looked, while a server may be silent, whether it is: that is noticed in time, not after it."""
ACK_TIMEOUT_S = 6.0
MAX_FRAME = 4 * 1024 * 1024
STOP = frozenset({4001, 4005, 4006, 4007, 4013, 4014, 4015})
IDENTIFY = frozenset({4002, 4003, 4004})
COMMANDS_AT_ONCE = 40
HELLO_TIMEOUT_S = 3.0
LOST = (OSError, websockets.WebSocketException, TimeoutError)

GetTicket = Callable[[], Awaitable[str]]


class Refused(Exception):
    """A command was answered with a problem."""

    def __init__(self, problem: Frame) -> None:
        super().__init__(problem.get("code", "unknown"))
        self.problem = problem


@dataclass
class Line:
    """One socket after another on which a session goes on: what there is to say of it at its end."""

    is_answered: bool = False
    attached_at: float | None = None
    close_code: int | None = None

    def ending(self, now: float) -> Ending:
        """Tell how it ended."""
        lived_s = None if self.attached_at is None else now - self.attached_at
        is_closed = self.close_code not in (None, websockets.CloseCode.ABNORMAL_CLOSURE)
        return judge_ending(is_answered=self.is_answered, lived_s=lived_s, is_closed=is_closed)


class MeetingClient:
    """One participant. `get_ticket` is asked whenever a new session begins.

    async with MeetingClient(url, meeting_id, device_id, get_ticket).running() as client:
        message = await client.send_chat("Hello")
    """

    def __init__(
        self,
        url: str,
        meeting_id: str,
        device_id: str,
        get_ticket: GetTicket,
        *,
        seed: int | None = None,
        on_event: Callable[[Frame], None] = lambda _event: None,
    ) -> None:
        self.core = ClientCore(meeting_id, device_id)
        self.closed: list[int] = []
        self.resumed = 0
        self.resets = 0
        self.goaways = 0
        self.moved = 0
        """How often the session went to another socket before the one before was closed."""
        self.has_media = False
        self._url = url
        self._get_ticket = get_ticket
        self._random = random.Random(seed)  # noqa: S311 - jitter
        self._on_event = on_event
        self._socket: ClientConnection | None = None
        self._moving: asyncio.Task[ClientConnection | None] | None = None
        self._answers: dict[int, asyncio.Future[Frame]] = {}
        self._changed = asyncio.Condition()
        self._heartbeat_s, self._dead_after_s = HEARTBEAT_S, DEAD_AFTER_S
        self._heard = 0.0
        self._oldest_sent: float | None = None
        self.is_over = asyncio.Event()

    @property
    def view(self) -> RoomView:
        """The room as this participant sees it."""
        return self.core.view

    @asynccontextmanager
    async def running(self) -> AsyncIterator["MeetingClient"]:
        """Be in the meeting while the block runs; leave it at the end."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self._live())
            try:
                await self.wait_until(lambda: self.core.sid is not None)
                yield self
            finally:
                await self._say_goodbye()
                task.cancel()

    async def wait_until(self, condition: Callable[[], bool], *, timeout_s: float = 10.0) -> None:
        """Wait until something about the client is so."""
        async with asyncio.timeout(timeout_s), self._changed:
            await self._changed.wait_for(lambda: condition() or self.is_over.is_set())
        if not condition():
            raise ConnectionError(f"the meeting is over for this client: closed with {self.closed}")

    async def command(self, t: str, d: Frame | None = None) -> Frame:
        """Have something done and return the ack's result; raises Refused. Waits as long as it takes."""
        cid = self.core.command(t, d or {}, size=len(json.dumps(d)))
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        frame = self.core.outbox[cid]
        self._answers[id(frame["d"])] = answer
        await self._send_outbox()
        ack = await answer
        if not ack["ok"]:
            raise Refused(ack["problem"])
        result: Frame = ack.get("res") or {}
        return result

    async def send_chat(self, body: str) -> Frame:
        """Send a chat message and return it as committed."""
        return await self.command("chat.send", {"body": body})

    async def update_self(self, **changes: Any) -> None:
        """Change what others see of oneself: microphone, camera, hand, display_name."""
        await self.command("self.update", changes)

    async def drop_socket(self) -> None:
        """Lose the connection without a goodbye, as a network does: for tests."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def send_raw(self, text: str) -> None:
        """Send anything: for tests."""
        if self._socket is not None:
            await self._socket.send(text)

    async def _live(self) -> None:
        failures = 0.0
        while not self.is_over.is_set():
            line = Line()
            with suppress(*LOST):
                await self._live_once(line)
            if self.is_over.is_set():
                break
            failures = count_failures(failures, line.ending(asyncio.get_running_loop().time()))
            await asyncio.sleep(pause_s(failures, self._random.random()))
        await self._tell()

    async def _live_once(self, line: Line) -> None:
        """Open a socket and live on it, and on those that take its place."""
        ticket = None if self.core.sid is not None else await self._get_ticket()
        socket: ClientConnection | None = await self._connect()
        self._begin(socket)
        await self._send(self.core.opening(ticket, has_media=self.has_media))
        while socket is not None:
            socket = await self._live_on(socket, line)

    async def _connect(self) -> ClientConnection:
        return await connect(self._url, max_size=MAX_FRAME, ping_interval=None, compression=None)

    def _begin(self, socket: ClientConnection | None) -> None:
        """From here on everything is sent on this socket, once it has the session."""
        self.core.opened()
        self._socket, self._heard = socket, asyncio.get_running_loop().time()
        self._oldest_sent = None

    async def _live_on(self, socket: ClientConnection, line: Line) -> ClientConnection | None:
        """Read a socket to its end; return the one that has taken its place."""
        beat = asyncio.create_task(self._beat(socket))
        try:
            async with socket:
                async for text in socket:
                    await self._receive(socket, json.loads(text), line)
        except websockets.ConnectionClosedError:
            pass
        finally:
            beat.cancel()
            successor = await self._find_successor(socket)
            if successor is None:
                self._socket, line.close_code = None, socket.close_code
                self._judge_close(socket.close_code)
        return successor

    async def _find_successor(self, former: ClientConnection) -> ClientConnection | None:
        """Return the socket that has the session now, or will in a moment; else give it up."""
        moving, self._moving = self._moving, None
        if moving is None:
            return None
        if self._socket is former or self.is_over.is_set():  # nothing has been said on another one yet
            moving.cancel()
        with suppress(asyncio.CancelledError):
            return await moving
        return None

    async def _move(self, former: ClientConnection, deadline_s: float) -> ClientConnection | None:
        """Have the session on another socket before its server stops; None: there is no other to be had."""
        time = asyncio.get_running_loop().time
        until = time() + deadline_s
        await asyncio.sleep(first_move_s(deadline_s, self._random.random()))
        while time() < until:
            if self.core.is_attached:
                with suppress(*LOST):
                    return await self._take_over(await self._greet(), former)
            await asyncio.sleep(next_move_s(deadline_s, self._random.random()))
        return None

    async def _greet(self) -> ClientConnection:
        """Open a socket on which the server says hello."""
        socket = await self._connect()
        try:
            async with asyncio.timeout(HELLO_TIMEOUT_S):
                await socket.recv()
        except BaseException:
            socket.transport.abort()
            raise
        return socket

    async def _take_over(self, socket: ClientConnection, former: ClientConnection) -> ClientConnection | None:
        """Bring the session to a socket that said hello. Until it is there, the former's events are taken."""
        self._begin(socket)
        with suppress(*LOST):
            async with asyncio.timeout(ACK_TIMEOUT_S):
                await self._send(self.core.opening(None, has_media=self.has_media))
                await self._receive(socket, json.loads(await socket.recv()), Line())
        if self.core.is_attached:
            self.moved += 1
        else:
            # Where the session is now nobody knows: the next socket tells.
            socket.transport.abort()
        former.transport.abort()
        return socket if self.core.is_attached else None

    async def _receive(self, socket: ClientConnection, frame: Frame, line: Line) -> None:
        line.is_answered = True
        is_overtaken = socket is not self._socket
        if is_overtaken and (self.core.is_attached or frame["f"] not in ("ev", "ack")):
            return
        self._heard = asyncio.get_running_loop().time()
        seen, acked, outbox = len(self.core.seen), len(self.core.acks), dict(self.core.outbox)
        outcome = self.core.receive(frame)
        if frame["f"] == "hello":
            self._heartbeat_s, self._dead_after_s = frame["hb_ms"] / 1000, frame["dead_ms"] / 1000
        events, acks = self.core.seen[seen:], self.core.acks[acked:]
        if frame["f"] == "goaway":
            self.goaways += 1
            self._moving = self._moving or asyncio.create_task(
                self._move(socket, frame["deadline_ms"] / 1000)
            )
        if outcome == "gap":
            await socket.close(4012, "gap")
        elif outcome == "attached":
            line.attached_at = line.attached_at or self._heard
            self.resumed += frame["f"] == "resumed"
            self.resets += frame["f"] == "reset"
            await self._send(self.core.position())
            await self._send_outbox()
        for event in events:
            self._on_event(event)
        for ack in acks:
            self._answer(outbox[ack["cid"]], ack)
        await self._tell()

    def _answer(self, command: Frame, ack: Frame) -> None:
        answer = self._answers.pop(id(command["d"]), None)
        self._oldest_sent = asyncio.get_running_loop().time() if self.core.outbox else None
        if answer is not None and not answer.done():
            answer.set_result(ack)

    async def _send(self, frame: Frame) -> None:
        if self._socket is not None:
            with suppress(websockets.ConnectionClosed):
                await self._socket.send(json.dumps(frame))

    async def _send_outbox(self) -> None:
        for sent, frame in enumerate(self.core.to_send(), 1):
            if sent > COMMANDS_AT_ONCE:
                # The server allows 20 commands a second; a resumed session may send its outbox faster.
                await asyncio.sleep(0.05)
            if self._oldest_sent is None:
                self._oldest_sent = asyncio.get_running_loop().time()
            await self._send(frame)

    async def _beat(self, socket: ClientConnection) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + self._random.random() * self._heartbeat_s
        number = 0
        while not self._is_dead(now := loop.time()):
            if self._socket is not socket:
                return
            if now >= due:
                number += 1
                due = now + self._heartbeat_s
                await self._send({"f": "ping", "n": number, "t": now})
                await self._send(self.core.position())
            await asyncio.sleep(self._dead_after_s / LOOKS)
        socket.transport.abort()

    def _is_dead(self, now: float) -> bool:
        is_unanswered = self._oldest_sent is not None and now - self._oldest_sent > ACK_TIMEOUT_S
        return is_unanswered or now - self._heard > self._dead_after_s * (1 - 2 / LOOKS)

    def _judge_close(self, code: int | None) -> None:
        if code is not None:
            self.closed.append(code)
        if code in STOP:
            self.is_over.set()
        elif code in IDENTIFY:
            self.core.lost_session()

    async def _say_goodbye(self) -> None:
        self.is_over.set()
        if self._socket is not None:
            await self._send({"f": "bye", "code": "left"})
            with suppress(websockets.WebSocketException, TimeoutError):
                async with asyncio.timeout(1):
                    await self._socket.close()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()
