"""Streams over WHIP and WHEP where several media processes serve one system.

A request may reach any of them. A POST is carried out by the node on which the participant is placed; the
address that it is answered with begins with that node's id, so that PATCH and DELETE find the way.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from meeting_system.contracts.call import Message, Nothing, Request
from meeting_system.contracts.media import ClosePeer, OpenPeer, PeerOpened, SetLayout, Source
from meeting_system.contracts.media_node import (
    ChangeStreamHere,
    CloseStreamHere,
    EndStreamHere,
    OpenStreamHere,
    StreamChanged,
    StreamOpened,
)
from meeting_system.contracts.stream import StreamAdmission
from meeting_system.kernel.ids import new_secret
from meeting_system.kit.bus import Handler
from meeting_system.media.dispatch import Dispatch
from meeting_system.media.errors import NodeDraining, NodeGone, StreamUnknown
from meeting_system.media.ledger import Ledger
from meeting_system.media.nodes import Nodes
from meeting_system.media.service import MediaService
from meeting_system.media.spanning import Spanning
from meeting_system.media.stream import Address, Wanted
from meeting_system.media.streams import Streams

SEPARATOR = "."

ReplyT = TypeVar("ReplyT", bound=Message)


class PlacedMedia:
    """The connections of this node's streams: placed here before they are opened, taken off at their end."""

    def __init__(self, service: MediaService, ledger: Ledger, nodes: Nodes, spanning: Spanning) -> None:
        self._service = service
        self._ledger = ledger
        self._nodes = nodes
        self._spanning = spanning

    async def open_peer(self, wish: OpenPeer) -> PeerOpened:
        look = await self._ledger.look(wish.meeting_id, wish.participant_id)
        self._spanning.opened(wish.meeting_id, look.number)
        return await self._service.open_peer(wish, muted=look.muted)

    async def close_peer(self, wish: ClosePeer) -> Nothing:
        """Close what is here; a later connection elsewhere is another process's."""
        done = await self._service.close_peer(wish)
        if wish.generation is None:
            await self._ledger.release(wish.meeting_id, wish.participant_id, self._nodes.me)
            self._spanning.wake(wish.meeting_id)
        return done

    async def set_layout(self, wish: SetLayout) -> Nothing:
        return await self._service.set_layout(wish)

    def muted(self, meeting_id: str, participant_id: str) -> set[Source]:
        return self._service.muted(meeting_id, participant_id)


class StreamDispatch:
    """What HTTP asks about streams, answered by the node that has them."""

    def __init__(self, streams: Streams, dispatch: Dispatch, nodes: Nodes) -> None:
        self._streams = streams
        self._dispatch = dispatch
        self._nodes = nodes

    async def open(self, wanted: Wanted) -> StreamOpened:
        """Let a stream in and open it where it is placed."""
        admission = await self._streams.admit(wanted)
        await self._nodes.wait_ready()
        refused: set[str] = set()
        while True:
            # Ends with media_full at the latest when every node has refused.
            node_id, _ = await self._dispatch.place(
                admission.meeting_id, admission.participant_id, without=refused
            )
            try:
                return await self._open_at(node_id, wanted, admission)
            except (NodeGone, NodeDraining):
                refused.add(node_id)

    async def _open_at(self, node_id: str, wanted: Wanted, admission: StreamAdmission) -> StreamOpened:
        request = OpenStreamHere(
            node_id=node_id,
            direction=wanted.direction,
            meeting=wanted.meeting,
            token=wanted.token,
            offer=wanted.offer,
            pinned=wanted.pinned,
            admission=admission,
        )
        return await self._dispatch.ask(node_id, request)

    async def change(self, address: Address, tags: Sequence[str], fragment: str) -> StreamChanged:
        """Carry a PATCH to the node of its stream."""
        request = ChangeStreamHere(
            node_id=node_of(address.resource_id),
            direction=address.direction,
            meeting=address.meeting,
            resource_id=address.resource_id,
            token=address.token,
            tags=list(tags),
            fragment=fragment,
        )
        return await self._ask(request.node_id, request)

    async def close(self, address: Address) -> None:
        """Carry a DELETE to the node of its stream."""
        request = CloseStreamHere(
            node_id=node_of(address.resource_id),
            direction=address.direction,
            meeting=address.meeting,
            resource_id=address.resource_id,
            token=address.token,
        )
        await self._ask(request.node_id, request)

    async def _ask(self, node_id: str, request: Request[ReplyT]) -> ReplyT:
        # Asked first: whoever makes up names shall not make us wait for a node that was never there.
        if node_id in self._nodes.live:
            with suppress(NodeGone):
                return await self._dispatch.ask(node_id, request)
        raise StreamUnknown("there is no such stream, or it ended")


class StreamsHere:
    """What other media processes ask of this node's streams."""

    def __init__(self, streams: Streams, nodes: Nodes, check: Callable[[str], None]) -> None:
        self._streams = streams
        self._nodes = nodes
        self._check = check

    def handlers(self) -> Mapping[type[Request[Any]], Handler]:
        """Return who answers what."""
        return {
            OpenStreamHere: self.open,
            ChangeStreamHere: self.change,
            CloseStreamHere: self.close,
            EndStreamHere: self.end,
        }

    async def open(self, wish: OpenStreamHere) -> StreamOpened:
        self._check(wish.node_id)
        if self._nodes.is_draining:
            raise NodeDraining("this node takes nobody any more")
        wanted = Wanted(wish.direction, wish.meeting, wish.token, wish.offer, wish.pinned)
        return await self._streams.open_admitted(wanted, wish.admission)

    async def change(self, wish: ChangeStreamHere) -> StreamChanged:
        self._check(wish.node_id)
        return await self._streams.change(_address(wish), wish.tags, wish.fragment)

    async def close(self, wish: CloseStreamHere) -> Nothing:
        self._check(wish.node_id)
        await self._streams.close(_address(wish))
        return Nothing()

    async def end(self, wish: EndStreamHere) -> Nothing:
        self._check(wish.node_id)
        return await self._streams.end_stream(wish)


def new_resource_id(node_id: str) -> str:
    """Return the name of a stream's resource, from which its node is found."""
    return f"{node_id}{SEPARATOR}{new_secret()}"


def node_of(resource_id: str) -> str:
    """Return the node in a resource's name; anything may come from outside."""
    return resource_id.partition(SEPARATOR)[0]


def _address(wish: ChangeStreamHere | CloseStreamHere) -> Address:
    return Address(wish.direction, wish.meeting, wish.resource_id, wish.token)
