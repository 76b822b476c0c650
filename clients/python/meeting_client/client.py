"""A participant over real WebSockets: connects, comes back after every loss, loses and doubles no command."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection, connect

from meeting_client.core import ClientCore, Frame, RoomView

RECONNECT_S = (0.3, 0.3, 1.2, 2.7, 4.8, 7.0)
HEARTBEAT_S = 5.0
DEAD_AFTER_S = 15.0
LOOKS = 15
"""So often is looked, while a server may be silent, whether it is: that is noticed in time, not after it."""
ACK_TIMEOUT_S = 6.0
MAX_FRAME = 4 * 1024 * 1024
STOP = frozenset({4001, 4005, 4006, 4007, 4013, 4014, 4015})
IDENTIFY = frozenset({4002, 4003, 4004})
COMMANDS_AT_ONCE = 40

GetTicket = Callable[[], Awaitable[str]]


class Refused(Exception):
    """A command was answered with a problem."""

    def __init__(self, problem: Frame) -> None:
        super().__init__(problem.get("code", "unknown"))
        self.problem = problem


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
        self.has_media = False
        self._url = url
        self._get_ticket = get_ticket
        self._random = random.Random(seed)  # noqa: S311 - jitter
        self._on_event = on_event
        self._socket: ClientConnection | None = None
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
        attempt = 0
        while not self.is_over.is_set():
            try:
                if await self._live_once():
                    attempt = 0
            except (OSError, websockets.WebSocketException, TimeoutError):
                pass
            if self.is_over.is_set():
                break
            pause_s = self._random.random() * 0.3 if attempt == 0 else RECONNECT_S[min(attempt, 5)]
            attempt += 1
            await asyncio.sleep(pause_s + (self._random.random() if attempt > 1 else 0))
        await self._tell()

    async def _live_once(self) -> bool:
        """Live one socket; tell whether it got its session."""
        core = self.core
        ticket = None if core.sid is not None else await self._get_ticket()
        was_attached = False
        async with connect(self._url, max_size=MAX_FRAME, ping_interval=None, compression=None) as socket:
            core.opened()
            self._socket, self._heard = socket, asyncio.get_running_loop().time()
            self._oldest_sent = None
            await self._send(core.opening(ticket, has_media=self.has_media))
            beat = asyncio.create_task(self._beat(socket))
            try:
                async for text in socket:
                    was_attached |= await self._receive(socket, json.loads(text))
            except websockets.ConnectionClosedError:
                pass
            finally:
                beat.cancel()
                self._socket = None
                self._judge_close(socket.close_code)
        return was_attached

    async def _receive(self, socket: ClientConnection, frame: Frame) -> bool:
        self._heard = asyncio.get_running_loop().time()
        seen, acked, outbox = len(self.core.seen), len(self.core.acks), dict(self.core.outbox)
        outcome = self.core.receive(frame)
        if frame["f"] == "hello":
            self._heartbeat_s, self._dead_after_s = frame["hb_ms"] / 1000, frame["dead_ms"] / 1000
        if frame["f"] == "goaway":
            self.goaways += 1
        if outcome == "gap":
            await socket.close(4012, "gap")
        elif outcome == "attached":
            self.resumed += frame["f"] == "resumed"
            self.resets += frame["f"] == "reset"
            await self._send(self.core.position())
            await self._send_outbox()
        for event in self.core.seen[seen:]:
            self._on_event(event)
        for ack in self.core.acks[acked:]:
            self._answer(outbox[ack["cid"]], ack)
        await self._tell()
        return outcome == "attached"

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
