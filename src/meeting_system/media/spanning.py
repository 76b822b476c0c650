"""A meeting on several nodes, from the view of one of them: relays to the others, and who tells who speaks.

What has to be so is read from the ledger and made so, again and again: whatever was missed is mended by the
next look. One task does it all, so that no two looks at a meeting cross.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from meeting_system.contracts.media import (
    CloseMeetingMedia,
    ClosePeer,
    MeetingRelayLost,
    SpeakersChanged,
)
from meeting_system.contracts.media_node import NodeInfo
from meeting_system.kernel.clock import Clock
from meeting_system.kernel.errors import AppError
from meeting_system.kit.bus import Bus
from meeting_system.kit.log import logger
from meeting_system.kit.tasks import alongside
from meeting_system.media.ledger import Ledger, Settled
from meeting_system.media.nodes import Nodes
from meeting_system.media.relays import Relays
from meeting_system.media.service import MediaService

LOOK_EVERY_S = 5.0
RETRY_S = 0.5
VACANT_S = 60.0
"""A participant without a connection keeps their place for so long."""

log = logger(__name__)


class Spanning:
    """What this node has of meetings, kept as the ledger says. `wake` has a meeting looked at."""

    def __init__(
        self, service: MediaService, relays: Relays, ledger: Ledger, nodes: Nodes, bus: Bus, clock: Clock
    ) -> None:
        self._service = service
        self._relays = relays
        self._ledger = ledger
        self._nodes = nodes
        self._bus = bus
        self._clock = clock
        self._numbers: dict[str, int] = {}
        self._tellers: dict[str, str] = {}
        self._speakers: dict[str, SpeakersChanged] = {}
        self._vacant_since_s: dict[tuple[str, str], float] = {}
        self._apart: set[tuple[str, str]] = set()
        self._woken: set[str] = set()
        self._news = asyncio.Event()

    def wake(self, meeting_id: str) -> None:
        """Have a meeting looked at."""
        self._woken.add(meeting_id)
        self._news.set()

    def opened(self, meeting_id: str, number: int) -> None:
        """Somebody was placed here: have the meeting looked at if its nodes have changed since."""
        if self._numbers.get(meeting_id) != number:
            self.wake(meeting_id)

    def node_lost(self, node_id: str) -> None:
        """A node is dead: end the relays to it at once."""
        for meeting_id in self._relays.meetings_with(node_id):
            self._relays.drop(meeting_id, node_id)
            self.wake(meeting_id)

    def relay_lost(self, event: MeetingRelayLost) -> None:
        """A relay that hears nothing is opened anew at both ends, with another key."""
        node_id = self._relays.failed(event.meeting_id, event.relay)
        if node_id is not None:
            log.warning("media_relay_lost", meeting_id=event.meeting_id, node_id=node_id)
            self.wake(event.meeting_id)

    def may_tell(self, event: SpeakersChanged) -> bool:
        """Tell whether this node says who speaks in a meeting; what it hears is kept anyhow."""
        self._speakers[event.meeting_id] = event
        return self._tellers.get(event.meeting_id, self._nodes.me) == self._nodes.me

    async def fence(self) -> None:
        """End all that this node holds: others have it by now."""
        for meeting_id in {*self._service.meetings, *self._relays.meetings}:
            self.forget(meeting_id)
            await self._service.close_meeting(CloseMeetingMedia(meeting_id=meeting_id))

    def forget(self, meeting_id: str) -> None:
        """A meeting is over here."""
        self._relays.drop_meeting(meeting_id)
        for known in (self._numbers, self._tellers, self._speakers):
            known.pop(meeting_id, None)
        self._apart = {each for each in self._apart if each[0] != meeting_id}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look while the block runs."""
        async with alongside(self._look(), self._wake_all()):
            yield

    async def _wake_all(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            for meeting_id in {*self._service.meetings, *self._relays.meetings}:
                self.wake(meeting_id)

    async def _look(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            woken, self._woken = self._woken, set()
            done = await asyncio.gather(*(self._try_settle(meeting_id) for meeting_id in woken))
            if not all(done):
                await asyncio.sleep(RETRY_S)

    async def _try_settle(self, meeting_id: str) -> bool:
        try:
            await self.settle(meeting_id)
        except AppError as error:
            log.info("media_meeting_unsettled", meeting_id=meeting_id, code=error.code, detail=error.detail)
        except Exception:
            # A fault with one meeting must not end the process for every other.
            log.exception("media_meeting_failed", meeting_id=meeting_id)
        else:
            return True
        self.wake(meeting_id)
        return False

    async def settle(self, meeting_id: str) -> None:
        """Make it so. Raises AppError where it can't be done now."""
        me = self._nodes.me
        settled = await self._ledger.settle(meeting_id, me, self._service.held(meeting_id))
        if settled.is_lost:
            self._nodes.fence()
            return
        await self._leave_moved(meeting_id, settled)
        await self._release_vacant(meeting_id, settled)
        order = [share.node_id for share in settled.shares]
        living = [node_id for node_id in order if node_id in self._nodes.live]
        await self._choose_teller(meeting_id, living)
        await self._connect(meeting_id, living)
        self._numbers[meeting_id] = settled.number
        if me not in order and not self._service.held(meeting_id):
            self.forget(meeting_id)

    async def _leave_moved(self, meeting_id: str, settled: Settled) -> None:
        for participant_id in settled.moved:
            log.info("media_peer_moved", meeting_id=meeting_id, participant_id=participant_id)
            await self._service.close_peer(ClosePeer(meeting_id=meeting_id, participant_id=participant_id))

    async def _release_vacant(self, meeting_id: str, settled: Settled) -> None:
        now_s = self._clock.monotonic()
        vacant = {(meeting_id, participant_id) for participant_id in settled.vacant}
        for key in [key for key in self._vacant_since_s if key[0] == meeting_id and key not in vacant]:
            del self._vacant_since_s[key]
        for key in vacant:
            if now_s >= self._vacant_since_s.setdefault(key, now_s) + VACANT_S:
                await self._ledger.release(meeting_id, key[1], self._nodes.me)
                self.wake(meeting_id)

    async def _choose_teller(self, meeting_id: str, living: list[str]) -> None:
        """The first node of a meeting tells; the next one begins with what it has heard."""
        teller = living[0] if living else self._nodes.me
        before = self._tellers.get(meeting_id, teller)
        self._tellers[meeting_id] = teller
        if before != teller == self._nodes.me and meeting_id in self._speakers:
            with suppress(AppError):
                await self._bus.publish(self._speakers[meeting_id])

    async def _connect(self, meeting_id: str, living: list[str]) -> None:
        me, nodes = self._nodes.me, self._nodes.live
        wanted = {node_id for node_id in living if node_id != me} if me in living else set()
        present = self._relays.nodes_of(meeting_id)
        for node_id in present - wanted:
            await self._relays.close(meeting_id, me, nodes.get(node_id), node_id)
        earlier = set(living[: living.index(me)]) if me in living else set()
        for node_id in wanted - present:
            if nodes[node_id].relay_format != nodes[me].relay_format:
                self._say_apart(meeting_id, nodes[me], nodes[node_id])
            elif node_id in earlier:
                await self._relays.open(meeting_id, nodes[me], nodes[node_id])
            else:
                await self._relays.ask_anew(meeting_id, me, nodes[node_id])

    def _say_apart(self, meeting_id: str, me: NodeInfo, other: NodeInfo) -> None:
        """Nodes that can't be relayed: until one of them is replaced the meeting is in two."""
        if (meeting_id, other.node_id) not in self._apart:
            self._apart.add((meeting_id, other.node_id))
            log.error(
                "media_relay_refused",
                meeting_id=meeting_id,
                node_id=other.node_id,
                relay_format=me.relay_format,
                other_format=other.relay_format,
            )
