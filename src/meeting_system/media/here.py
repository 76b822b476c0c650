"""What other media processes ask of this node: carried out in the life of it that is meant, and no other."""

from collections.abc import Callable, Mapping
from typing import Any

from meeting_system.contracts.call import Nothing, Request
from meeting_system.contracts.media import CloseMeetingMedia, FindPeer, PeerKnown, PeerOpened
from meeting_system.contracts.media_node import (
    CloseMeetingHere,
    ClosePeerHere,
    CloseRelayHere,
    FindPeerHere,
    OpenPeerHere,
    OpenRelayHere,
    SetLayoutHere,
    SetMutedHere,
)
from meeting_system.kit.bus import Handler
from meeting_system.media.errors import NodeDraining, NodeGone
from meeting_system.media.nodes import Nodes
from meeting_system.media.relays import Relays
from meeting_system.media.service import MediaService
from meeting_system.media.spanning import Spanning


class Here:
    """The handlers of one node. `on_muted` is told of every mute."""

    def __init__(
        self,
        service: MediaService,
        nodes: Nodes,
        relays: Relays,
        spanning: Spanning,
        on_muted: Callable[[], None],
    ) -> None:
        self._service = service
        self._nodes = nodes
        self._relays = relays
        self._spanning = spanning
        self._on_muted = on_muted

    def handlers(self) -> Mapping[type[Request[Any]], Handler]:
        """Return who answers what."""
        return {
            OpenPeerHere: self.open_peer,
            SetLayoutHere: self.set_layout,
            SetMutedHere: self.set_muted,
            ClosePeerHere: self.close_peer,
            FindPeerHere: self.find_peer,
            CloseMeetingHere: self.close_meeting,
            OpenRelayHere: self.open_relay,
            CloseRelayHere: self.close_relay,
        }

    def check(self, node_id: str) -> None:
        """Raise unless this node is meant, and the life that it leads now."""
        if node_id != self._nodes.me:
            raise NodeGone(f"node {node_id} is gone; this process is another one now")

    async def open_peer(self, wish: OpenPeerHere) -> PeerOpened:
        """Open a connection here, muted as the ledger says."""
        self.check(wish.node_id)
        if self._nodes.is_draining and not wish.restart:
            raise NodeDraining("this node takes nobody any more")
        self._spanning.opened(wish.meeting_id, wish.number)
        opened = await self._service.open_peer(wish, muted=wish.muted)
        return opened.model_copy(update={"node_id": self._nodes.me})

    async def set_layout(self, wish: SetLayoutHere) -> Nothing:
        self.check(wish.node_id)
        return await self._service.set_layout(wish)

    async def set_muted(self, wish: SetMutedHere) -> Nothing:
        self.check(wish.node_id)
        done = await self._service.set_muted(wish)
        self._on_muted()
        return done

    async def close_peer(self, wish: ClosePeerHere) -> Nothing:
        self.check(wish.node_id)
        if wish.moved is None:
            await self._service.close_peer(wish)
        else:
            await self._service.close_older(wish.meeting_id, wish.participant_id, wish.moved)
        self._spanning.wake(wish.meeting_id)
        return Nothing()

    async def find_peer(self, wish: FindPeerHere) -> PeerKnown:
        self.check(wish.node_id)
        return await self._service.find_peer(
            FindPeer(meeting_id=wish.meeting_id, participant_id=wish.participant_id)
        )

    async def close_meeting(self, wish: CloseMeetingHere) -> Nothing:
        self.check(wish.node_id)
        self._spanning.forget(wish.meeting_id)
        return await self._service.close_meeting(CloseMeetingMedia(meeting_id=wish.meeting_id))

    async def open_relay(self, wish: OpenRelayHere) -> Nothing:
        self.check(wish.node_id)
        self._relays.accept(wish)
        self._spanning.wake(wish.meeting_id)
        return Nothing()

    async def close_relay(self, wish: CloseRelayHere) -> Nothing:
        self.check(wish.node_id)
        self._relays.ended(wish.meeting_id, wish.from_node, wish.relay)
        self._spanning.wake(wish.meeting_id)
        return Nothing()
