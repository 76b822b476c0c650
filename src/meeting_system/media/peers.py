"""Who holds which media connection, who is muted by the server, what of whom is wanted: the only state."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from meeting_system.contracts.media import PeerLayersWanted, Source


@dataclass
class Peer:
    """One participant of one meeting. `generation` None: no connection at present.

    `wanted`: what the engine said last about the layers of the present connection's tracks.
    """

    generation: int | None = None
    muted: set[Source] = field(default_factory=set)
    wanted: dict[Source, PeerLayersWanted] = field(default_factory=dict)


class Peers:
    """Known participants by meeting. A mute outlives the connection: a rebuilt one is muted again."""

    def __init__(self) -> None:
        self._rooms: dict[str, dict[str, Peer]] = {}

    def find(self, meeting_id: str, participant_id: str) -> Peer | None:
        return self._rooms.get(meeting_id, {}).get(participant_id)

    def opened(self, meeting_id: str, participant_id: str, generation: int) -> Peer:
        """Note that the engine answered; return the participant with what is muted."""
        peer = self._rooms.setdefault(meeting_id, {}).setdefault(participant_id, Peer())
        if peer.generation != generation:
            peer.wanted.clear()
        peer.generation = generation
        return peer

    def ended(self, meeting_id: str, participant_id: str, generation: int) -> None:
        """Note the end of a connection; that of an older generation says nothing about the present one."""
        peer = self.find(meeting_id, participant_id)
        if peer is None or peer.generation != generation:
            return
        peer.generation = None
        peer.wanted.clear()
        if not peer.muted:
            self.forget(meeting_id, participant_id)

    def held(self, meeting_id: str) -> dict[str, int]:
        """Return the generation of everybody who has a connection at present."""
        return {
            participant_id: peer.generation
            for participant_id, peer in self._rooms.get(meeting_id, {}).items()
            if peer.generation is not None
        }

    @property
    def meetings(self) -> list[str]:
        """Every meeting of which anybody is known."""
        return list(self._rooms)

    def want(self, wanted: PeerLayersWanted) -> None:
        """Note which layers are wanted, unless another connection is meant than the present one."""
        peer = self.find(wanted.meeting_id, wanted.participant_id)
        if peer is not None and peer.generation == wanted.generation:
            peer.wanted[wanted.source] = wanted

    def wanted(self) -> Iterator[PeerLayersWanted]:
        """What is wanted of everybody: each as it is when it is taken, whatever changes in between."""
        for peer in [peer for room in self._rooms.values() for peer in room.values()]:
            for source in list(peer.wanted):
                if (wanted := peer.wanted.get(source)) is not None:
                    yield wanted

    def mute(self, meeting_id: str, participant_id: str, source: Source) -> None:
        self._rooms.setdefault(meeting_id, {}).setdefault(participant_id, Peer()).muted.add(source)

    def unmute(self, meeting_id: str, participant_id: str, source: Source) -> None:
        peer = self.find(meeting_id, participant_id)
        if peer is None:
            return
        peer.muted.discard(source)
        if not peer.muted and peer.generation is None:
            self.forget(meeting_id, participant_id)

    def forget(self, meeting_id: str, participant_id: str) -> None:
        """The participant left."""
        room = self._rooms.get(meeting_id, {})
        room.pop(participant_id, None)
        if not room:
            self._rooms.pop(meeting_id, None)

    def forget_meeting(self, meeting_id: str) -> None:
        self._rooms.pop(meeting_id, None)
