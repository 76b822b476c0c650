"""A world in virtual time for random schedules: signaling processes, Valkey, the meeting service and clients.

Everything that decides is the real code: attach, commands, presence, durable, hub, and the Python client's
core. Only what is outside of it is made here: a log in memory, a meeting service with its outbox, sockets.
Coroutines are driven by hand, one await at a time, so that a schedule interleaves them as it likes.
"""

import random
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import orjson
from meeting_client.core import ClientCore

from meeting_system.contracts.call import Request
from meeting_system.contracts.meeting import (
    AppendDurable,
    SendChat,
)
from meeting_system.contracts.signal import (
    CLOSE_ACTIONS,
    CloseCode,
    Command,
    Identify,
    Position,
    Resume,
)
from meeting_system.kernel.clock import ManualClock
from meeting_system.kernel.errors import AppError, Unavailable
from meeting_system.signaling import durable, presence
from meeting_system.signaling.attach import identify, resume
from meeting_system.signaling.commands import confirm_token, confirm_tokens, handle
from meeting_system.signaling.core import Core
from meeting_system.signaling.errors import CloseSocket, EpochChanged, LogAway, SessionChanged
from meeting_system.signaling.frames import decode
from meeting_system.signaling.hub import Hub
from meeting_system.signaling.records import Attachment, Outcome, Step
from meeting_system.signaling.send_queue import SendQueue

from .meeting_service import MEETING, MeetingService
from .memory_log import TICK, Data, MemoryRoomLog, MemoryServer

QUEUE = 12
"""Small, so that schedules meet slow sockets too."""


class WatchedServer(MemoryServer):
    """Valkey, with a witness of I6 and of where people were removed."""

    def __init__(self, publish: Callable[[str, str], None]) -> None:
        super().__init__(publish)
        self.newest: dict[tuple[str, str], int] = {}
        self.removed_at: dict[tuple[str, str], int] = {}

    def apply(self, step: Step) -> Outcome:
        outcome = super().apply(step)
        if outcome.ok:
            if step.sid:
                key = (step.epoch, step.sid)
                assert step.gen >= self.newest.get(key, -1), "I6: an older generation wrote"
                self.newest[key] = int(step.fields.get("gen", step.gen))
            if step.removes:
                self.removed_at[step.epoch, step.removes] = outcome.top
        return outcome


class SimQueue(SendQueue):
    """A send queue that lets the schedule drain it while a replay waits."""

    async def flushed(self) -> None:
        while len(self) > QUEUE // 3 and self.closing is None:
            await TICK


@dataclass
class Process:
    """One signaling process: its hub, what it is still to hear, and whether its subscription holds."""

    core: Core
    hub: Hub = field(init=False)
    heard: deque[tuple[str, str]] = field(default_factory=deque)
    watched: set[str] = field(default_factory=set)
    links: list["Link"] = field(default_factory=list)
    is_alive: bool = True


class Link:
    """A socket: both directions keep their order; either side may already be gone."""

    def __init__(self, client: "Client", process: Process) -> None:
        self.client = client
        self.process = process
        self.queue = SimQueue(max_messages=QUEUE)
        self.up: deque[dict[str, Any]] = deque()
        self.held: Attachment | None = None
        self.is_open_at_client = True
        self.is_open_at_server = True
        self.is_busy = False


@dataclass
class Client:
    """A participant: the real client core, and what the invariants need to know of them."""

    pid: str
    core: ClientCore
    link: Link | None = None
    former: Link | None = None
    """The socket before, where the session is on its way to `link`."""
    sent: list[str] = field(default_factory=list)
    is_stopped: bool = False
    was_removed: bool = False


Task = Coroutine[Any, Any, None]


class World:
    """All of it. `draw` is the schedule."""

    def __init__(self, draw: random.Random, *, clients: int, processes: int = 2) -> None:
        self.draw = draw
        self.clock = ManualClock()
        self.meeting = MeetingService()
        self.server = WatchedServer(self._publish)
        self.tasks: list[Task] = []
        self.faults = 0.0
        self.saved: Data | None = None
        self._numbers = 0
        self.processes = [self.start_process() for _ in range(processes)]
        self.clients = [Client(f"p{at}", ClientCore(MEETING, f"d{at}")) for at in range(clients)]
        self.appending: Task | None = None
        self.owners: dict[int, Process] = {}

    # ------------------------------------------------------------ the outside of a process

    async def call(self, request: Request[Any], *, timeout_s: float = 5.0) -> Any:
        await TICK
        if self.faults and self.draw.random() < self.faults:
            if self.draw.random() < 0.5 and isinstance(request, SendChat):
                self.meeting.answer(request)  # done, and its answer lost
            raise Unavailable("away")
        return self.meeting.answer(request)

    async def publish(self, _event: Any) -> None:
        """Nothing is published by signaling."""

    def number(self) -> str:
        self._numbers += 1
        return f"{self._numbers:020d}"

    def secret(self) -> str:
        return self.number()[::-1]

    async def tick(self, _seconds: float = 0) -> None:
        await TICK

    def fault(self) -> str:
        if not self.faults or self.draw.random() >= self.faults:
            return ""
        return "before" if self.draw.random() < 0.5 else "after"

    def start_process(self) -> Process:
        core = Core(
            log=MemoryRoomLog(self.server, tick=self.tick, fault=self.fault),
            bus=self,
            clock=self.clock,
            node="n",
            new_id=self.number,
            new_secret=self.secret,
            pause=self.tick,
            later=self._later,
        )
        process = Process(core)

        async def watch(run: str) -> None:
            process.watched.add(run)

        async def unwatch(run: str) -> None:
            process.watched.discard(run)

        process.hub = Hub(core, watch=watch, unwatch=unwatch, chunk=4)
        return process

    def _later(self, request: Request[Any]) -> None:
        self.meeting.answer(request)

    def _publish(self, run: str, payload: str) -> None:
        for process in self.processes:
            if run in process.watched:
                process.heard.append((run, payload))

    # ------------------------------------------------------------ what can happen

    def connect(self, client: Client) -> None:
        """Open a socket at some process; an old one may still be open there or elsewhere."""
        process = self.draw.choice(self.processes)
        link = Link(client, process)
        client.link = link
        client.core.opened()
        process.links.append(link)
        ticket = None
        if client.core.sid is None:
            ticket = self.secret()
            self.meeting.tickets[ticket] = client.pid
        self.spawn(process, self._attach(link, client.core.opening(ticket)))

    def move(self, client: Client) -> None:
        """Open the next socket beside the present one, as a client does that was told `goaway`."""
        former = client.link
        if former is not None and client.former is None and client.core.is_attached:
            self.connect(client)
            client.former = former

    async def _attach(self, link: Link, opening: dict[str, Any]) -> None:
        frame = decode(orjson.dumps(opening).decode(), max_bytes=4096)
        link.is_busy = True
        core = link.process.core
        try:
            if isinstance(frame, Identify):
                link.held = await identify(core, frame, link.queue)
            else:
                assert isinstance(frame, Resume)
                link.held = await resume(core, frame, link.queue)
            await link.process.hub.enter(link.held)
        except CloseSocket as end:
            link.queue.close(end.code)
        except AppError:
            link.queue.close(CloseCode.DRAINING)
        link.is_busy = False

    def lose_at_client(self, client: Client) -> None:
        """The client sees its socket gone; the server notices some other time."""
        self.lose_former(client)
        if client.link is not None:
            client.link.is_open_at_client = False
            client.link = None

    def lose_former(self, client: Client) -> None:
        """The client has its session on the next socket, or the former is gone."""
        if client.former is not None:
            client.former.is_open_at_client = False
            client.former = None

    def lose_at_server(self, link: Link) -> None:
        """The server sees the socket gone."""
        if link.is_open_at_server and not link.is_busy:
            link.is_open_at_server = False
            link.process.links.remove(link)
            if link.held is not None:
                self.spawn(link.process, self._stop(link, link.held))

    async def _stop(self, link: Link, held: Attachment) -> None:
        await link.process.hub.exit(held)
        with suppress(AppError):  # the lease runs out
            await presence.lose(link.process.core, held)

    def crash(self, process: Process) -> None:
        """A process is killed: its sockets break, its memory is gone, another starts."""
        process.is_alive = False
        for task in [task for task in self.tasks if self.owners.get(id(task)) is process]:
            self.tasks.remove(task)
            task.close()
            if self.appending is task:
                self.appending = None
        self.processes[self.processes.index(process)] = self.start_process()
        for link in process.links:
            link.is_open_at_server = False
            if link.client.link is link:
                self.lose_at_client(link.client)
            elif link.client.former is link:
                self.lose_former(link.client)

    def read_one(self, link: Link) -> None:
        """The server takes one frame of a client."""
        if link.up and not link.is_busy and link.held is not None and link.queue.closing is None:
            frame = decode(orjson.dumps(link.up.popleft()).decode(), max_bytes=65536)
            self.spawn(link.process, self._do(link, link.held, frame))

    async def _do(self, link: Link, held: Attachment, frame: Command | Position) -> None:
        link.is_busy = True
        core = link.process.core
        while link.queue.closing is None and link.process.is_alive:
            try:
                if isinstance(frame, Position) and held.before is not None:
                    await confirm_tokens(core, [held])
                else:
                    await confirm_token(core, held)
                if isinstance(frame, Command):
                    await handle(core, held, frame)
                break
            except EpochChanged:
                link.process.hub.mark(held.run)
                await TICK
            except SessionChanged:
                await self._recover(link, held)
            except (LogAway, Unavailable):
                await TICK
            except CloseSocket as end:
                link.queue.close(end.code)
        link.is_busy = False

    async def _recover(self, link: Link, held: Attachment) -> None:
        try:
            await presence.recover(link.process.core, link.process.hub, held)
        except AppError:
            await TICK

    def deliver(self, link: Link) -> None:
        """One frame, or the close, reaches the client."""
        client = link.client
        text = link.queue.pop()
        if not link.is_open_at_client:
            return
        if text is not None:
            self.take(client, link, orjson.loads(text.encode()))
        elif link.queue.closing is not None:
            self.closed(client, link, link.queue.closing)

    def take(self, client: Client, link: Link, frame: dict[str, Any]) -> None:
        """The client takes a frame; here the invariants of what one may see are checked."""
        if link is client.former and (client.core.is_attached or frame["f"] not in ("ev", "ack")):
            return
        assert not client.was_removed, "I2: something reached a removed participant"
        self._check_waiting(client, frame)
        self._check_removed(client, frame)
        core = client.core
        before = len(core.view.messages)
        outcome = core.receive(frame)
        messages = core.view.messages
        if frame["f"] == "ev" and len(messages) > before:
            assert messages[-1]["seq"] == before + 1, "I1: a durable event is missing"
        if frame["f"] == "ev" and frame["t"] == "participant.removed":
            client.was_removed = frame["d"]["participant_id"] == client.pid
            if client.was_removed and client.former is not None:
                self.lose_at_client(client)
        if outcome == "gap":
            self.lose_at_client(client)
        elif outcome == "attached":
            self.lose_former(client)
            link.up.append(core.position())
        link.up.extend(core.to_send())

    def _check_waiting(self, client: Client, frame: dict[str, Any]) -> None:
        if client.pid not in self.meeting.waiting:
            return
        assert frame["f"] != "ev" or (frame["st"] == "p" and frame["t"].startswith("lobby.")), (
            "I2: seen from outside"
        )
        if frame["f"] in ("ready", "reset"):
            shown = frame["snapshot"]
            assert not shown["participants"], "I2: seen from outside"
            assert not shown["messages"], "I2: read from outside"
            assert shown["place"] is not None, "I4: waits, and is not told so"

    def _check_removed(self, client: Client, frame: dict[str, Any]) -> None:
        if frame["f"] == "ev" and "off" in frame and frame["st"] == "r":
            removed_at = self.server.removed_at.get((frame["ep"], client.pid))
            # In the step of the removal itself there are two events; the first is the person's last.
            assert removed_at is None or frame["off"] < removed_at, "I2: an event from after a removal"
        elif frame["f"] in ("ready", "reset"):
            held = (frame["epoch"], client.pid)
            assert held not in self.server.removed_at or frame["ro"] < self.server.removed_at[held], "I2"

    def closed(self, client: Client, link: Link, code: CloseCode) -> None:
        """The client sees a close code, and does what it says."""
        if link is client.former and code in (CloseCode.REPLACED, CloseCode.DRAINING):
            self.lose_former(client)
            return
        self.lose_at_client(client)
        action = CLOSE_ACTIONS[code]
        if action == "identify":
            client.core.lost_session()
            if code is CloseCode.EXPIRED and client.pid in self.meeting.removed:
                client.is_stopped = True
        elif action == "stop":
            assert code is not CloseCode.BAD_FRAME, "a client of ours sends no bad frame"
            assert code is not CloseCode.REPLACED, "no other session of this participant was begun"
            client.is_stopped = True

    def say(self, client: Client) -> None:
        """The person writes a message, unless they wait in the lobby."""
        if not self._may_act(client):
            return
        body = f"{client.pid}:{len(client.sent)}"
        client.sent.append(body)
        client.core.command("chat.send", {"body": body})
        self._flush(client)

    def change(self, client: Client) -> None:
        """The person raises or lowers the hand, unless they wait in the lobby."""
        if not self._may_act(client):
            return
        client.core.command("self.update", {"hand": self.draw.random() < 0.5})
        self._flush(client)

    def _may_act(self, client: Client) -> bool:
        """Who ever waited acts once they see the room: before, they are refused."""
        return client.pid not in self.meeting.waited or bool(client.core.view.participants)

    def _flush(self, client: Client) -> None:
        if client.link is not None:
            client.link.up.extend(client.core.to_send())

    def relay(self) -> None:
        """The outbox hands its first event over, until it is answered."""
        if self.meeting.outbox and self.appending is None:
            process = self.draw.choice(self.processes)
            self.appending = self._append(process, self.meeting.outbox[0])
            self.spawn(process, self.appending)

    async def _append(self, process: Process, request: AppendDurable) -> None:
        try:
            await durable.append(process.core, request)
            self.meeting.outbox.popleft()
        except AppError:
            pass  # it is delivered again
        self.appending = None

    def hear(self, process: Process) -> None:
        """One message of the subscription arrives."""
        if process.heard:
            process.hub.hear(*process.heard.popleft())

    def lose_subscription(self, process: Process) -> None:
        """What was told while nobody listened is not heard; the rooms are looked at again."""
        process.heard.clear()
        for run in process.watched:
            process.hub.mark(run)

    def mend(self, process: Process) -> None:
        for run in list(process.hub.broken):
            self.spawn(process, process.hub.mend(run))

    def compare(self, process: Process) -> None:
        for run in list(process.hub.rooms):
            room = self.server.valid(run)
            process.hub.compare(run, room.epoch if room else "", room.top if room else 0)

    def renew(self, process: Process) -> None:
        self.spawn(process, self._renew(process))

    async def _renew(self, process: Process) -> None:
        with suppress(AppError):  # it comes again
            await presence.renew(process.core, process.hub)

    def sweep(self) -> None:
        process = self.draw.choice(self.processes)
        self.spawn(process, self._sweep(process))

    async def _sweep(self, process: Process) -> None:
        with suppress(AppError):  # it comes again in a second
            await presence.sweep(process.core)

    # ------------------------------------------------------------ running

    def spawn(self, process: Process, task: Task) -> None:
        self.owners[id(task)] = process
        self.tasks.append(task)
        self.step(len(self.tasks) - 1)

    def step(self, at: int) -> None:
        """Run one task to its next await."""
        task = self.tasks[at]
        try:
            task.send(None)
        except StopIteration:
            self.tasks.remove(task)

    def close(self) -> None:
        for task in self.tasks:
            task.close()
