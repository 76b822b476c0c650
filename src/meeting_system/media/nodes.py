"""The media nodes that live, this one among them: announced, watched, given up for dead.

A node that is given up loses what was placed on it, and everybody is told. One that was only away finds out,
ends what it holds and goes on as another node, with an id that nobody has met.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress

from pydantic import ValidationError

from meeting_system.contracts.media import MediaNodeEnded
from meeting_system.contracts.media_node import NodeInfo
from meeting_system.kernel.clock import Clock
from meeting_system.kernel.errors import AppError, Unavailable
from meeting_system.kernel.ids import new_id
from meeting_system.kernel.ports import Announcement, Registry
from meeting_system.kit.bus import Bus
from meeting_system.kit.log import logger
from meeting_system.kit.tasks import alongside
from meeting_system.media.absence import Absences
from meeting_system.media.ledger import Ledger
from meeting_system.media.placement import Standing
from meeting_system.media.telling import publish

PREFIX = "media/"
LEASE_S = 5.0
SAY_EVERY_S = 1.0
LOOK_EVERY_S = 0.2
UNSEEN_S = LEASE_S
"""A node on which somebody is placed and that is not in the registry for so long is dead."""
MEET_S = 1.0
TELL_EVERY_S = 5.0
TELL_FOR_S = 30.0

log = logger(__name__)

Describe = Callable[[str], NodeInfo]
OnLost = Callable[[str], None]
OnFenced = Callable[[], Awaitable[None]]


class Nodes:
    """Who is there, from the view of one process. `running` keeps it up to date."""

    def __init__(
        self, registry: Registry, bus: Bus, ledger: Ledger, clock: Clock, describe: Describe
    ) -> None:
        self._registry = registry
        self._bus = bus
        self._ledger = ledger
        self._clock = clock
        self._describe = describe
        self._is_draining = False
        self._begin()
        self._seen: dict[str, NodeInfo] = {}
        self._vanished: set[str] = set()
        self._unseen_since_s: dict[str, float] = {}
        self._absences = Absences()
        self._lost_at_s: dict[str, float] = {}
        self._ends: dict[str, asyncio.Event] = {}
        self._ready = asyncio.Event()
        self._news = asyncio.Event()
        self._say = asyncio.Event()
        self._met = asyncio.Condition()

    def _begin(self) -> None:
        self._me = new_id(self._clock.now().timestamp())
        self._own = self._describe(self._me)
        self._fenced = asyncio.Event()

    @property
    def me(self) -> str:
        """The id of this node in its present life."""
        return self._me

    @property
    def is_draining(self) -> bool:
        return self._is_draining

    @property
    def live(self) -> dict[str, NodeInfo]:
        """Every node that lives."""
        others = {
            node_id: info
            for node_id, info in self._seen.items()
            if node_id not in self._lost_at_s and node_id != self._me
        }
        return others | {self._me: self._own}

    async def find(self, node_id: str) -> NodeInfo | None:
        """Return a node that lives; one that others have met already is waited for a moment."""
        await self._ready.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(MEET_S), self._met:
                await self._met.wait_for(lambda: node_id in self.live or node_id in self._lost_at_s)
        return self.live.get(node_id)

    async def wait_ready(self) -> None:
        """Wait until it is known who else is there."""
        await self._ready.wait()

    def standings(self, placed: Mapping[str, int], without: Collection[str]) -> dict[str, Standing]:
        """Say what placement has to know of every node that lives."""
        return {
            node_id: _standing(info, placed.get(node_id, 0))
            for node_id, info in self.live.items()
            if node_id not in without
        }

    def end_of(self, node_id: str) -> asyncio.Event:
        """Return what is set when a node is given up."""
        return self._ends.setdefault(node_id, asyncio.Event())

    def fence(self) -> None:
        """Others have given this node up: end its life."""
        self._fenced.set()

    def drain(self) -> bool:
        """Take nobody new from now on; tell whether any other node does."""
        self._is_draining = True
        self._own = self._own.model_copy(update={"draining": True})
        self._say.set()
        return any(not info.draining for node_id, info in self.live.items() if node_id != self._me)

    @asynccontextmanager
    async def running(self, *, on_lost: OnLost, on_fenced: OnFenced) -> AsyncIterator[None]:
        """Be a node while the block runs. `on_fenced` ends all that this node holds."""
        async with alongside(self._live(on_fenced), self._watch(), self._look(on_lost), self._tell_again()):
            yield

    async def check(self) -> None:
        """Return when it is known who else is there. Raises Unavailable."""
        if not self._ready.is_set():
            raise Unavailable("the registry has not said yet which other media nodes there are")

    # This node

    async def _live(self, on_fenced: OnFenced) -> None:
        while True:
            name, value = PREFIX + self._me, self._own_value()
            async with self._registry.announce(name, value, ttl_s=LEASE_S) as announcement:
                log.info("media_node_announced", node_id=self._me)
                async with alongside(self._keep_saying(announcement)):
                    await self._fenced.wait()
                log.warning("media_node_fenced", node_id=self._me)
                await on_fenced()
            self._begin()

    async def _keep_saying(self, announcement: Announcement) -> None:
        while True:
            self._say.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(SAY_EVERY_S):
                    await self._say.wait()
            await announcement.update(self._own_value())

    def _own_value(self) -> bytes:
        self._own = self._describe(self._me).model_copy(update={"draining": self._is_draining})
        return self._own.model_dump_json().encode()

    # The others

    async def _watch(self) -> None:
        async with self._registry.watch(PREFIX) as sets:
            async for entries in sets:
                seen = {info.node_id: info for info in map(_read, entries.values()) if info is not None}
                self._vanished |= self._seen.keys() - seen.keys() - {self._me}
                self._seen = seen
                self._ready.set()
                async with self._met:
                    self._met.notify_all()
                self._news.set()

    async def _look(self, on_lost: OnLost) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._news.wait()
            self._news.clear()
            try:
                await self.look_around(on_lost)
            except AppError as error:
                self._absences.forget()
                log.info("media_nodes_unseen", code=error.code, detail=error.detail)
            except Exception:
                # A fault in looking must not end the connections that this process has.
                self._absences.forget()
                log.exception("media_nodes_failed")

    async def look_around(self, on_lost: OnLost) -> None:
        """Find out who is dead, this node included."""
        is_lost, holders = await self._ledger.look_around(self._me)
        if is_lost:
            self.fence()
            return
        now_s = self._clock.monotonic()
        dead = self._vanished | self._unseen(holders, now_s) | await self._hung_up(now_s)
        for node_id in sorted(dead - self._lost_at_s.keys()):
            await self._give_up(node_id, on_lost)
        self._vanished.clear()
        self._forget(now_s)

    def _unseen(self, holders: list[str], now_s: float) -> set[str]:
        unseen = set(holders) - self.live.keys()
        self._unseen_since_s = {each: self._unseen_since_s.get(each, now_s) for each in unseen}
        return {each for each, since_s in self._unseen_since_s.items() if now_s >= since_s + UNSEEN_S}

    async def _hung_up(self, now_s: float) -> set[str]:
        of_process = {info.process: node_id for node_id, info in self.live.items()}
        own = self._bus.address
        absent = await self._bus.find_absent(sorted(of_process.keys() | {own}))
        return {of_process[each] for each in self._absences.see(absent, own, now_s)}

    async def _give_up(self, node_id: str, on_lost: OnLost) -> None:
        meetings = await self._ledger.lose(node_id)
        self._lost_at_s[node_id] = self._clock.monotonic()
        self.end_of(node_id).set()
        async with self._met:
            self._met.notify_all()
        log.warning("media_node_lost", node_id=node_id, meetings=len(meetings))
        await publish(self._bus, MediaNodeEnded(node_id=node_id))
        on_lost(node_id)

    def _forget(self, now_s: float) -> None:
        for node_id, at_s in list(self._lost_at_s.items()):
            if node_id not in self._seen and now_s > at_s + TELL_FOR_S:
                del self._lost_at_s[node_id]
                self._ends.pop(node_id, None)

    async def _tell_again(self) -> None:
        """An event arrives at most once: whoever has missed one shall not wait for ever."""
        while True:
            await asyncio.sleep(TELL_EVERY_S)
            for node_id in list(self._lost_at_s):
                await publish(self._bus, MediaNodeEnded(node_id=node_id))


def _standing(info: NodeInfo, placed: int) -> Standing:
    return Standing(
        load=max(placed / info.capacity, info.cpu),
        full=placed >= info.capacity,
        draining=info.draining,
        relay_format=info.relay_format,
    )


def _read(value: bytes) -> NodeInfo | None:
    try:
        return NodeInfo.model_validate_json(value)
    except ValidationError:
        log.warning("media_node_unreadable", size=len(value))
        return None
