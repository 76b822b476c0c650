"""Carries out what signaling asks of the engine, and tells what the engine says."""

from collections.abc import Collection, Iterator
from contextlib import suppress

from meeting_system.contracts.call import Event, Nothing
from meeting_system.contracts.media import (
    CloseMeetingMedia,
    ClosePeer,
    FindPeer,
    OpenPeer,
    PeerKnown,
    PeerLayersWanted,
    PeerMediaEnded,
    PeerOpened,
    SetLayout,
    SetMuted,
    Source,
)
from meeting_system.kernel.errors import NotFound
from meeting_system.media.engine import Engine
from meeting_system.media.peers import Peers


class MediaService:
    """Commands of the bus in, engine calls out. All of it runs on one loop: no locks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._peers = Peers()

    async def open_peer(self, wish: OpenPeer, *, muted: Collection[Source] = ()) -> PeerOpened:
        """Have an offer answered. `muted`: what others know to be muted of the participant."""
        opened = await self._engine.open_peer(wish)
        peer = self._peers.opened(wish.meeting_id, wish.participant_id, wish.generation)
        peer.muted |= {*muted, *wish.muted}
        for source in sorted(peer.muted):
            self._engine.set_muted(room=wish.meeting_id, peer=wish.participant_id, source=source, muted=True)
        return opened

    async def set_layout(self, wish: SetLayout) -> Nothing:
        self._engine.set_layout(room=wish.meeting_id, peer=wish.participant_id, slots=wish.slots)
        return Nothing()

    async def set_muted(self, wish: SetMuted) -> Nothing:
        """Muting is remembered even without a connection: the next one starts muted."""
        remember = self._peers.mute if wish.muted else self._peers.unmute
        remember(wish.meeting_id, wish.participant_id, wish.source)
        peer = self._peers.find(wish.meeting_id, wish.participant_id)
        if peer is not None and peer.generation is not None:
            self._engine.set_muted(
                room=wish.meeting_id, peer=wish.participant_id, source=wish.source, muted=wish.muted
            )
        return Nothing()

    async def close_peer(self, wish: ClosePeer) -> Nothing:
        """Without a generation the participant has left: their mutes go too."""
        peer = self._peers.find(wish.meeting_id, wish.participant_id)
        if wish.generation is not None and (peer is None or peer.generation != wish.generation):
            return Nothing()
        if wish.generation is None:
            self._peers.forget(wish.meeting_id, wish.participant_id)
        with suppress(NotFound):  # closed is what was wanted
            self._engine.close_peer(room=wish.meeting_id, peer=wish.participant_id)
        return Nothing()

    async def close_older(self, meeting_id: str, participant_id: str, generation: int) -> None:
        """Forget a participant who moved, unless they are back with this generation or a later one."""
        peer = self._peers.find(meeting_id, participant_id)
        if peer is not None and (peer.generation is None or peer.generation < generation):
            await self.close_peer(ClosePeer(meeting_id=meeting_id, participant_id=participant_id))

    def held(self, meeting_id: str) -> dict[str, int]:
        """Return the generation of everybody who has a connection here."""
        return self._peers.held(meeting_id)

    @property
    def meetings(self) -> list[str]:
        """Every meeting of which anybody is known here."""
        return self._peers.meetings

    async def close_meeting(self, wish: CloseMeetingMedia) -> Nothing:
        self._peers.forget_meeting(wish.meeting_id)
        with suppress(NotFound):
            self._engine.close_room(room=wish.meeting_id)
        return Nothing()

    def muted(self, meeting_id: str, participant_id: str) -> set[Source]:
        """Return what a host has muted of somebody."""
        peer = self._peers.find(meeting_id, participant_id)
        return set() if peer is None else set(peer.muted)

    async def find_peer(self, wish: FindPeer) -> PeerKnown:
        peer = self._peers.find(wish.meeting_id, wish.participant_id)
        generation = None if peer is None else peer.generation
        return PeerKnown(alive=generation is not None, generation=generation)

    def note(self, event: Event) -> None:
        """Learn from what the engine tells."""
        if isinstance(event, PeerMediaEnded):
            self._peers.ended(event.meeting_id, event.participant_id, event.generation)
        elif isinstance(event, PeerLayersWanted):
            self._peers.want(event)

    def layers_wanted(self) -> Iterator[PeerLayersWanted]:
        """What was told of layers and still holds, to tell it again."""
        return self._peers.wanted()
