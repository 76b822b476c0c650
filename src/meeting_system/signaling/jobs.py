"""What signaling does all the time: listen to rooms, mend gaps, renew leases, sweep lost sessions, report."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from meeting_system.contracts.call import Request
from meeting_system.contracts.signal import CloseCode
from meeting_system.kernel.errors import AppError, Unavailable
from meeting_system.kernel.ports import Store, Subscription
from meeting_system.kit.every import every
from meeting_system.kit.log import logger
from meeting_system.kit.metrics import QUEUES
from meeting_system.kit.tasks import alongside
from meeting_system.kit.trace import current_traceparent, traced
from meeting_system.signaling import presence, rules
from meeting_system.signaling.commands import confirm_tokens
from meeting_system.signaling.connection import LOOKED_EVERY_S, Connection
from meeting_system.signaling.core import Core
from meeting_system.signaling.door import Door
from meeting_system.signaling.hub import Hub
from meeting_system.signaling.lag import LogLag, Position
from meeting_system.signaling.lobby_places import tell_moved
from meeting_system.signaling.metrics import LOG_LAG, UNTOLD, UNTOLD_SECONDS
from meeting_system.signaling.room_log import channel_of
from meeting_system.signaling.shared_clock import SharedClock

COMPARE_EVERY_S = 2.0
SWEEP_EVERY_S = LOOKED_EVERY_S
LOOK_EVERY_S = 10.0
PLACES_EVERY_S = 1.0
CONFIRM_EVERY_S = 0.2
RENEW_EVERY_S = rules.LEASE_MS / 3000
RETRY_S = 0.5
MOVING = 0.8
"""The share of a drain in which clients move by themselves; they begin in the first half of it (rule 12)."""
CLOSED_WITHIN_S = 2.5
LATER_KEPT = 10_000
LATER_ATTEMPTS = 5
_IDLE_CHANNEL = "sg:idle"
"""Keeps the subscription open while no room is served here."""

log = logger(__name__)


class Later:
    """Requests that are asked after the answer, in order; bounded: the oldest go first."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[tuple[str, Request[Any]]] = asyncio.Queue(LATER_KEPT)

    def __len__(self) -> int:
        return self._queue.qsize()

    def put(self, request: Request[Any]) -> None:
        if self._queue.full():
            log.warning("report_dropped", topic=self._queue.get_nowait()[1].topic)
        self._queue.put_nowait((current_traceparent(), request))

    async def run(self, core: Core) -> None:
        """Ask one after the other for ever."""
        while True:
            traceparent, request = await self._queue.get()
            with traced(traceparent):
                await self._ask(core, request)

    async def _ask(self, core: Core, request: Request[Any]) -> None:
        for attempt in range(LATER_ATTEMPTS):
            try:
                await core.bus.call(request)
            except AppError as error:
                if not error.retryable or attempt == LATER_ATTEMPTS - 1:
                    log.info("report_refused", topic=request.topic, code=error.code)
                    return
            except Exception:
                # A fault in one report must not end the process for every meeting.
                log.exception("report_failed", topic=request.topic)
                return
            else:
                return
            await asyncio.sleep(RETRY_S * 2**attempt)


class Ear:
    """The one subscription of this process, opened again whenever it breaks."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._subscription: Subscription | None = None
        self._runs: set[str] = set()

    async def watch(self, run: str) -> None:
        self._runs.add(run)
        if self._subscription is not None:
            try:
                await self._subscription.add(channel_of(run))
            except Unavailable:
                log.info("subscription_away", run_id=run)

    async def unwatch(self, run: str) -> None:
        self._runs.discard(run)
        if self._subscription is not None:
            try:
                await self._subscription.remove(channel_of(run))
            except Unavailable:
                log.info("subscription_away", run_id=run)

    async def listen(self, hub: Hub) -> None:
        """Hand every message to the hub, for ever. What was told while nobody listened, the hub reads."""
        while True:
            try:
                await self._listen_once(hub)
            except Unavailable:
                log.warning("subscription_lost")
            self._subscription = None
            await asyncio.sleep(RETRY_S)

    async def _listen_once(self, hub: Hub) -> None:
        channels = [_IDLE_CHANNEL, *(channel_of(run) for run in self._runs)]
        async with self._store.subscribe(*channels) as subscription:
            self._subscription = subscription
            late = {channel_of(run) for run in self._runs} - set(channels)
            if late:
                await subscription.add(*late)
            for run in self._runs:
                hub.mark(run)
            prefix = len(channel_of(""))
            async for channel, payload in subscription:
                try:
                    hub.hear(channel[prefix:], payload.decode())
                except Exception:
                    # One message that can't be read must not end the rooms: they read their logs again.
                    log.exception("message_unreadable", channel=channel)
                    hub.mark(channel[prefix:])


class Jobs:
    """All of it, as one thing to run."""

    def __init__(
        self,
        core: Core,
        hub: Hub,
        door: Door,
        ear: Ear,
        later: Later,
        alarm: asyncio.Event,
        clock: SharedClock,
    ) -> None:
        self._core = core
        self._hub = hub
        self._door = door
        self._ear = ear
        self._later = later
        self._alarm = alarm
        self._clock = clock
        self._lag = LogLag()

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Run every job while the block runs."""
        with (
            QUEUES.watch("send", lambda: self._longest(lambda each: len(each.queue))),
            QUEUES.watch("commands", lambda: self._longest(lambda each: each.commands_waiting)),
            QUEUES.watch("reports", lambda: len(self._later)),
        ):
            async with self._running():
                yield

    def _longest(self, length: Callable[[Connection], int]) -> int:
        return max(map(length, self._door.connections), default=0)

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
        with suppress(Unavailable):  # it is looked at again
            await self._clock.look()
        async with alongside(
            every(LOOK_EVERY_S, self._clock.look, name="signaling_clock"),
            self._ear.listen(self._hub),
            self._later.run(self._core),
            self._mend(),
            every(COMPARE_EVERY_S, self._compare, name="signaling_compare"),
            every(RENEW_EVERY_S, self._renew, name="signaling_renew"),
            every(SWEEP_EVERY_S, self._sweep, name="signaling_sweep"),
            every(CONFIRM_EVERY_S, self._confirm, name="signaling_confirm"),
            every(PLACES_EVERY_S, self._tell_places, name="signaling_places"),
        ):
            yield

    async def drain(self, seconds: float) -> None:
        """Send every client elsewhere: each has its next socket before the one here is closed.

        Sockets that are left at the end have nowhere to go, or don't know how: they are closed one by one.
        """
        self._door.is_closed = True
        for connection in list(self._door.connections):
            connection.go_away(int(seconds * 1000))
        await self._empty(seconds * MOVING)
        left = list(self._door.connections)
        for connection in left:
            await asyncio.sleep(seconds * (1 - MOVING) / len(left))
            connection.queue.close(CloseCode.DRAINING)
        await self._empty(CLOSED_WITHIN_S)

    async def _empty(self, longest_s: float) -> None:
        """Return when nobody is inside any more, or after `longest_s`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(longest_s):
                while self._door.connections:  # noqa: ASYNC110  # a stop is no reason for an event
                    await asyncio.sleep(0.05)

    async def _mend(self) -> None:
        while True:
            await self._alarm.wait()
            self._alarm.clear()
            for run in list(self._hub.broken):
                try:
                    await self._hub.mend(run)
                except Exception:
                    log.exception("mend_failed", run_id=run)
                    self._hub.broken.add(run)
            if self._hub.broken:
                await asyncio.sleep(RETRY_S)
                self._alarm.set()

    async def _compare(self) -> None:
        runs = list(self._hub.rooms)
        rooms: dict[str, Position] = {}
        for run, (epoch, top) in zip(runs, await self._core.log.read_tops(runs), strict=True):
            room = self._hub.rooms.get(run)
            if room is not None:
                rooms[run] = Position(epoch, top, room.epoch, room.top)
            self._hub.compare(run, epoch, top)
        untold, seconds = self._lag.look(rooms, self._core.clock.monotonic())
        UNTOLD.set(untold)
        UNTOLD_SECONDS.set(seconds)

    async def _renew(self) -> None:
        await presence.renew(self._core, self._hub)

    async def _confirm(self) -> None:
        """Write down who has the newest token: in a storm thousands of them, together."""
        sessions, self._hub.unconfirmed = self._hub.unconfirmed, []
        await confirm_tokens(self._core, sessions)

    async def _tell_places(self) -> None:
        await tell_moved(self._core, self._hub)

    async def _sweep(self) -> None:
        now = self._core.clock.monotonic()
        lags = [0]
        for connection in list(self._door.connections):
            connection.check_heartbeat(now)
            if connection.held is not None and not connection.held.is_waiting:
                lags.append(connection.held.sent_ro - connection.confirmed_ro)
        LOG_LAG.set(max(lags))
        await presence.sweep(self._core)
