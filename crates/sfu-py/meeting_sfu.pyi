"""The media engine: a selective forwarding unit (SFU) in Rust, driven by commands and read by events.

Packets never enter Python. Every command is queued to the worker that owns the room and returns at once;
its outcome arrives as an event. `fileno()` is an eventfd that is readable while events wait, so an asyncio
loop reads with `loop.add_reader(engine.fileno(), ...)` and calls `drain()`.
All ids are opaque strings of at most 64 bytes. Times are seconds, rates bits per second.
"""

from collections.abc import Sequence
from typing import Literal, Self, final

__all__ = [
    "EndReason",
    "Engine",
    "EngineConfig",
    "EngineError",
    "EngineStatistics",
    "Event",
    "Kind",
    "LayoutEntry",
    "PauseReason",
    "PeerAnswered",
    "PeerConnected",
    "PeerDisconnected",
    "PeerEnded",
    "PeerRefused",
    "PublishedTrack",
    "Quality",
    "QualityChanged",
    "RELAY_FORMAT",
    "SlotEntry",
    "SlotsChanged",
    "Source",
    "SpeakersChanged",
    "TrackStarted",
    "TrackStopped",
    "LayersWanted",
    "RelayLost",
    "RelayUp",
    "Transport",
    "__version__",
]

Source = Literal["microphone", "camera", "screen", "screen_audio"]
Kind = Literal["audio", "video"]
Transport = Literal["udp", "tcp"]
EndReason = Literal["closed", "replaced", "ice_timeout", "dtls_failed", "worker_failed", "room_closed"]
Quality = Literal["good", "fair", "poor", "lost"]
PauseReason = Literal["bandwidth", "codec"]

__version__: str

RELAY_FORMAT: int
"""How this engine's relays write; engines of other formats can't read it."""

class EngineError(Exception):
    """A command that could not be accepted: `code` is stable, `str(error)` is for people.

    Codes: address_in_use, address_invalid, system (starting); id_invalid, closed (commands).
    """

    code: str

@final
class EngineConfig:
    """Where the engine listens and what it advertises.

    `bind` is the address of the UDP and the TCP socket, `port` their common number (0: any free one).
    `advertised` are the addresses put into ICE candidates, without port; empty: those of the bound
    interfaces. `workers` 0 means one a core; one of them takes `room_split` peers of a room before others help
    (0: they never do). `audio_slots` is how many voices are forwarded to a peer at most.
    """

    def __new__(
        cls,
        *,
        bind: str = "0.0.0.0",
        port: int = 0,
        advertised: Sequence[str] = (),
        workers: int = 0,
        room_split: int = 300,
        tcp: bool = True,
        gso: bool = True,
        peer_timeout_s: float = 30.0,
        audio_slots: int = 3,
        event_capacity: int = 65536,
    ) -> Self: ...

@final
class PublishedTrack:
    """A track that the client sends: its m-line's `mid` and what it carries."""

    mid: str
    source: Source
    def __new__(cls, mid: str, source: Source) -> Self: ...

@final
class LayoutEntry:
    """What a client wants in one of its receive slots: `width` is the tile's width in device pixels, 0 pauses."""

    mid: str
    peer: str
    source: Source
    width: int
    def __new__(cls, mid: str, peer: str, source: Source, width: int) -> Self: ...

@final
class SlotEntry:
    """What a receive slot carries from now on; `peer` None: nothing.

    `paused`: packets are held back. `reason` tells why: the receiver's path carries no more, or it can't decode what is
    sent; None: it is not paused, or meant, by a width of 0 or a mute.
    """

    mid: str
    kind: Kind
    peer: str | None
    source: Source | None
    paused: bool
    reason: PauseReason | None

@final
class PeerAnswered:
    """`open_peer` or `restart_ice` succeeded; `sdp` is the complete answer with all candidates."""

    request: int
    room: str
    peer: str
    generation: int
    sdp: str

@final
class PeerRefused:
    """`open_peer` or `restart_ice` failed. Codes: sdp_invalid, sdp_unsupported, peer_unknown, room_full, stale_generation."""

    request: int
    room: str
    peer: str
    code: str
    detail: str

@final
class PeerConnected:
    """ICE and DTLS are up. Sent again when the transport changes."""

    room: str
    peer: str
    generation: int
    transport: Transport

@final
class PeerDisconnected:
    """Nothing was heard from the peer for a few seconds; it may come back until `PeerEnded`."""

    room: str
    peer: str
    generation: int

@final
class PeerEnded:
    """The peer is gone; nothing about this generation follows."""

    room: str
    peer: str
    generation: int
    reason: EndReason

@final
class SlotsChanged:
    """The whole, current assignment of a peer's receive slots; `version` grows."""

    room: str
    peer: str
    generation: int
    version: int
    slots: list[SlotEntry]

@final
class SpeakersChanged:
    """Loudest first; each is (peer, level 0..127 where 0 is the loudest, in -dBov). At most 5 a second a room."""

    room: str
    speakers: list[tuple[str, int]]

@final
class TrackStarted:
    """First packets of a published track arrived (or flow again)."""

    room: str
    peer: str
    source: Source

@final
class TrackStopped:
    """A published track delivered nothing for two seconds."""

    room: str
    peer: str
    source: Source

@final
class LayersWanted:
    """How many of a track's simulcast layers anybody wants, counted from the smallest; 0: nobody watches.

    The publisher may pause the others. More is told at once, fewer after five seconds.
    """

    room: str
    peer: str
    generation: int
    source: Source
    layers: int

@final
class RelayUp:
    """A relay's other end was heard: for the first time since `open_relay`, or again after `RelayLost`."""

    room: str
    relay: int

@final
class RelayLost:
    """Nothing was heard of a relay's other end for five seconds: its peers are shown nowhere here.

    Told once, also of an end that never answered. `RelayUp` follows by itself when the end is heard again. Where an
    engine has failed or began anew it won't be: open the relay again at both ends, with a fresh key.
    """

    room: str
    relay: int

@final
class QualityChanged:
    """How the network between engine and peer does, from both directions. Loss is a fraction 0..1."""

    room: str
    peer: str
    quality: Quality
    rtt_s: float
    loss_up: float
    loss_down: float
    bitrate_up_bps: int
    bitrate_down_bps: int

Event = (
    PeerAnswered
    | PeerRefused
    | PeerConnected
    | PeerDisconnected
    | PeerEnded
    | SlotsChanged
    | SpeakersChanged
    | TrackStarted
    | TrackStopped
    | LayersWanted
    | RelayUp
    | RelayLost
    | QualityChanged
)

@final
class EngineStatistics:
    """Counters since the start, summed over the workers.

    Present numbers are `rooms` (a room counts once for each worker that has it), `peers`, `relays` and `relays_up`, and,
    a tenth of a second old at most: `peers_sound_only` (no picture fits), `peers_video_paused` (some picture does not
    fit), and `peers_estimated` whose paths are thought to carry `estimated_bps` together.
    """

    rooms: int
    peers: int
    peers_sound_only: int
    peers_video_paused: int
    peers_estimated: int
    estimated_bps: int
    relays: int
    relays_up: int
    datagrams_in: int
    datagrams_out: int
    bytes_in: int
    bytes_out: int
    datagrams_rejected: int
    relay_datagrams_in: int
    relay_datagrams_out: int
    relay_bytes_in: int
    relay_bytes_out: int
    events_dropped: int
    packets_retransmitted: int
    repairs_refused: int
    packets_requested: int
    pictures_lost: int
    layers_stalled: int
    keyframe_requests: int
    packets_forged: int
    packets_replayed: int
    messages_passed: int
    messages_dropped: int
    failures: int

@final
class Engine:
    """A running engine. Also a context manager: leaving it calls `close`."""

    def __new__(cls, config: EngineConfig) -> Self:
        """Bind the sockets and start the workers. Raises EngineError: address_in_use, address_invalid."""
    @property
    def port(self) -> int: ...
    @property
    def addresses(self) -> list[str]:
        """Addresses the candidates carry."""
    def fileno(self) -> int: ...
    def drain(self, max_events: int = 256) -> list[Event]:
        """Take waiting events, oldest first, and clear the eventfd when none is left."""
    def open_peer(
        self,
        *,
        request: int,
        room: str,
        peer: str,
        generation: int,
        offer: str,
        publish: Sequence[PublishedTrack],
        audio_slots: Sequence[str],
        video_slots: Sequence[str],
    ) -> None:
        """Create the peer from a complete SDP offer; a lower generation of the same peer is replaced.

        `audio_slots` and `video_slots` are the mids of the recvonly m-lines of the offer, in order.
        Answers with PeerAnswered or PeerRefused.
        """
    def restart_ice(self, *, request: int, room: str, peer: str, generation: int, offer: str) -> None:
        """Accept an offer with new ICE credentials for the same m-lines. Answers like `open_peer`."""
    def set_layout(self, *, room: str, peer: str, entries: Sequence[LayoutEntry]) -> None:
        """Say what each video slot shall carry. Slots not named carry nothing."""
    def set_muted(self, *, room: str, peer: str, source: Source, muted: bool) -> None:
        """Stop (or go on) forwarding a published track at the server, whatever the client sends."""
    def close_peer(self, *, room: str, peer: str) -> None: ...
    def close_room(self, *, room: str) -> None: ...
    def open_relay(
        self, *, room: str, relay: int, remote: tuple[str, int], key: bytes, first: bool, is_told_elsewhere: bool
    ) -> None:
        """Link the room with the same room in another engine; exactly one of the two ends is the `first`.

        `remote` is the other engine's media address: IP and port. `relay` names the relay at both ends and no other, in
        0..2**64; `key` are 32 random bytes made for it alone. With `is_told_elsewhere` the other end tells who speaks:
        of all engines with the room exactly one shall. Every two engines with the room need a relay: what came over
        one is sent over no other. The same `relay` again begins anew. Tells RelayUp and RelayLost.
        Raises EngineError: id_invalid, address_invalid (no IP, no port, or of a family that this engine has no address
        of), closed; ValueError for a key of another length.
        """
    def close_relay(self, *, room: str, relay: int) -> None:
        """End a relay at this end: what the other end publishes is shown nowhere here. No event follows."""
    def statistics(self) -> EngineStatistics: ...
    def close(self) -> None:
        """Stop the workers and close the sockets. Idempotent."""
    def __enter__(self) -> Engine: ...
    def __exit__(self, *args: object) -> None: ...
