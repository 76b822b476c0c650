"""What is asked of the media service as a whole: answered by the node that has the participant.

Whichever media process takes a call looks into the ledger and asks that node, itself as well as any other:
one step more at most.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import TypeVar

from meeting_system.contracts.call import Message, Nothing, Request
from meeting_system.contracts.floor import SetMutedAll
from meeting_system.contracts.media import (
    CloseMeetingMedia,
    ClosePeer,
    FindPeer,
    OpenPeer,
    PeerKnown,
    PeerOpened,
    SetLayout,
    SetMuted,
)
from meeting_system.contracts.media_node import (
    CloseMeetingHere,
    ClosePeerHere,
    EndStreamHere,
    FindPeerHere,
    OpenPeerHere,
    SetLayoutHere,
    SetMutedHere,
)
from meeting_system.contracts.stream import EndStream
from meeting_system.kernel.errors import AppError
from meeting_system.kit.bus import Bus
from meeting_system.kit.log import logger
from meeting_system.kit.tasks import alongside
from meeting_system.media.errors import NodeDraining, NodeGone, NodesFull, PeerNotPlaced
from meeting_system.media.ledger import Ledger, Look
from meeting_system.media.nodes import Nodes
from meeting_system.media.placement import place

ASK_TIMEOUT_S = 2.8
"""Below the 3 s of who asks, so that they hear the true reason."""
ATTEMPTS = 16
LEFT_KEPT = 10_000
NO_LIMIT = 1 << 31

log = logger(__name__)

MUTED_AT_ONCE = 32

ReplyT = TypeVar("ReplyT", bound=Message)
NodeRequest = CloseMeetingHere | ClosePeerHere | EndStreamHere


class Dispatch:
    """The handlers of what any media process may be asked."""

    def __init__(self, bus: Bus, ledger: Ledger, nodes: Nodes, *, spread_after: int) -> None:
        self._bus = bus
        self._ledger = ledger
        self._nodes = nodes
        self._spread_after = spread_after
        self._left: asyncio.Queue[ClosePeerHere] = asyncio.Queue(LEFT_KEPT)

    async def open_peer(self, wish: OpenPeer) -> PeerOpened:
        """Have an offer answered where the participant is placed. Errors: those of OpenPeer."""
        if wish.restart:
            return await self._restart(wish)
        await self._nodes.wait_ready()
        refused: set[str] = set()
        for _ in range(ATTEMPTS):
            node_id, look = await self.place(wish.meeting_id, wish.participant_id, without=refused)
            muted = sorted(look.muted | set(wish.muted))
            request = OpenPeerHere(**dict(wish) | {"node_id": node_id, "number": look.number, "muted": muted})
            try:
                opened = await self.ask(node_id, request)
            except (NodeGone, NodeDraining):
                refused.add(node_id)
                continue
            self._close_former(wish, look, node_id)
            return opened
        raise NodesFull("no media node takes this participant now", retry_after_s=1)

    async def place(
        self, meeting_id: str, participant_id: str, *, without: Collection[str] = ()
    ) -> tuple[str, Look]:
        """Place a participant, or leave them where they are; return the node, and by what it was decided.

        The look's number is the meeting's after that. Error: media_full.
        """
        for _ in range(ATTEMPTS):
            look = await self._ledger.look(meeting_id, participant_id)
            if look.owner is not None and look.owner not in look.lost:
                await self._nodes.find(look.owner)
            standings = self._nodes.standings(look.placed, look.lost | set(without))
            node_id = place(look.owner, look.shares, standings, spread_after=self._spread_after)
            if node_id is None:
                break
            if node_id == look.owner:
                return node_id, look
            number = await self._claim(meeting_id, participant_id, node_id, look)
            if number is not None:
                return node_id, replace(look, number=number)
        raise NodesFull("no media node takes anybody now", retry_after_s=1)

    async def _claim(self, meeting_id: str, participant_id: str, node_id: str, look: Look) -> int | None:
        """Write a decision; None: it is to be made anew."""
        present = next((share.peers for share in look.shares if share.node_id == node_id), 0)
        at_most = self._spread_after if present < self._spread_after else NO_LIMIT
        verdict, number = await self._ledger.claim(
            meeting_id, participant_id, node_id, look, by=self._nodes.me, at_most=at_most
        )
        if verdict == "fenced":
            self._nodes.fence()
            raise NodeGone("this node was given up; ask again")
        return number if verdict == "ok" else None

    async def _restart(self, wish: OpenPeer) -> PeerOpened:
        owner = await self._ledger.find_owner(wish.meeting_id, wish.participant_id)
        if owner is None:
            raise PeerNotPlaced("there is no such connection; offer a new one")
        try:
            return await self.ask(owner, OpenPeerHere(**dict(wish), node_id=owner, number=0))
        except NodeGone:
            raise PeerNotPlaced("the node of this connection is gone; offer a new one") from None

    async def set_layout(self, wish: SetLayout) -> Nothing:
        owner = await self._ledger.find_owner(wish.meeting_id, wish.participant_id)
        if owner is not None:
            with suppress(NodeGone):  # its participants offer again, and say anew what they want to see
                await self.ask(owner, SetLayoutHere(**dict(wish), node_id=owner))
        return Nothing()

    async def set_muted(self, wish: SetMuted) -> Nothing:
        """Keep it for every connection to come, then tell the node of the present one."""
        owner = await self._ledger.mute(wish.meeting_id, wish.participant_id, wish.source, muted=wish.muted)
        if owner is not None:
            with suppress(NodeGone):
                await self.ask(owner, SetMutedHere(**dict(wish), node_id=owner))
        return Nothing()

    async def set_muted_all(self, wish: SetMutedAll) -> Nothing:
        """The same for several participants at once."""
        await each_muted(self.set_muted, wish)
        return Nothing()

    async def close_peer(self, wish: ClosePeer) -> Nothing:
        """End a connection. Without a generation the participant has left, and is forgotten."""
        await self._nodes.wait_ready()
        if wish.generation is None:
            owner = await self._ledger.leave(wish.meeting_id, wish.participant_id)
            # Nobody knows where: asked again after a failure, or the store was wiped. Who was thrown out must
            # go.
            asked = self._nodes.live.keys() if owner is None else [owner]
        else:
            owner = await self._ledger.find_owner(wish.meeting_id, wish.participant_id)
            asked = [] if owner is None else [owner]
        await self._ask_all([ClosePeerHere(**dict(wish), node_id=each) for each in asked])
        return Nothing()

    async def close_meeting(self, wish: CloseMeetingMedia) -> Nothing:
        await self._nodes.wait_ready()
        await self._ask_all([CloseMeetingHere(**dict(wish), node_id=each) for each in self._nodes.live])
        await self._ledger.end(wish.meeting_id)
        return Nothing()

    async def find_peer(self, wish: FindPeer) -> PeerKnown:
        owner = await self._ledger.find_owner(wish.meeting_id, wish.participant_id)
        if owner is not None:
            with suppress(NodeGone):
                return await self.ask(owner, FindPeerHere(**dict(wish), node_id=owner))
        return PeerKnown(alive=False, generation=None)

    async def end_stream(self, wish: EndStream) -> Nothing:
        await self._nodes.wait_ready()
        await self._ask_all([EndStreamHere(**dict(wish), node_id=each) for each in self._nodes.live])
        return Nothing()

    async def ask(self, node_id: str, request: Request[ReplyT]) -> ReplyT:
        """Ask a node, as long as it lives. Raises NodeGone as soon as it does not, NodeDraining."""
        info = await self._nodes.find(node_id)
        if info is None:
            raise NodeGone(f"node {node_id} is gone")
        try:
            async with alongside(self._raise_when_gone(node_id)):
                reply = await self._bus.call(request, to=info.process, timeout_s=ASK_TIMEOUT_S)
        except AppError as error:
            # What was raised elsewhere has lost its class.
            for kind in (NodeGone, NodeDraining):
                if error.code == kind.code:
                    raise kind(error.detail) from error
            raise
        return reply

    async def _raise_when_gone(self, node_id: str) -> None:
        await self._nodes.end_of(node_id).wait()
        raise NodeGone(f"node {node_id} is gone")

    async def _ask_all(self, requests: Sequence[NodeRequest]) -> None:
        """Ask several nodes at once; the first thing that hinders one is raised when all have answered."""

        async def ask(request: NodeRequest) -> None:
            with suppress(NodeGone):  # and with it what was to end
                await self.ask(request.node_id, request)

        outcomes = await asyncio.gather(*(ask(request) for request in requests), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    # Who moved

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """End what participants had on the nodes that they left, while the block runs."""
        async with alongside(self._close_left()):
            yield

    def _close_former(self, wish: OpenPeer, look: Look, node_id: str) -> None:
        if look.owner in (None, node_id):
            return
        if self._left.full():
            self._left.get_nowait()  # its node finds out when it next looks
        self._left.put_nowait(
            ClosePeerHere(
                meeting_id=wish.meeting_id,
                participant_id=wish.participant_id,
                node_id=look.owner,
                moved=wish.generation,
            )
        )

    async def _close_left(self) -> None:
        while True:
            request = await self._left.get()
            try:
                await self.ask(request.node_id, request)
            except AppError as error:
                log.info("media_peer_not_closed", code=error.code)


async def each_muted(mute: Callable[[SetMuted], Awaitable[Nothing]], wish: SetMutedAll) -> None:
    """Mute every source of every participant, some at a time."""
    wishes = [
        SetMuted(meeting_id=wish.meeting_id, participant_id=participant_id, source=source, muted=True)
        for participant_id in wish.participant_ids
        for source in wish.sources
    ]
    for at in range(0, len(wishes), MUTED_AT_ONCE):
        await asyncio.gather(*(mute(each) for each in wishes[at : at + MUTED_AT_ONCE]))
