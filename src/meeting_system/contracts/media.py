"""What the media service is asked and tells. Participants are known to the engine by their participant id."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from meeting_system.contracts.call import Event, Message, Nothing, Request

Source = Literal["microphone", "camera", "screen", "screen_audio"]
Quality = Literal["good", "fair", "poor", "lost"]


class SlotState(Message):
    """What one receive slot of a client carries; `participant_id` null: nothing.

    `paused`: nothing is sent. `reason` says why: too little bandwidth, or a codec that the client lacks.
    It is null when nothing is paused, and when it is on purpose: width 0, or muted.
    """

    mid: str
    kind: Literal["audio", "video"]
    participant_id: str | None
    source: Source | None
    paused: bool = False
    reason: Literal["bandwidth", "codec"] | None = None


class Track(Message):
    """An m-line that the client sends, and what it carries."""

    mid: str
    source: Source


class PeerOpened(Message):
    """The engine's complete answer. `node_id`: the media node that has the connection."""

    generation: int
    sdp: str
    node_id: str = ""


class OpenPeer(Request[PeerOpened]):
    """Open (or replace, with a higher generation) the media connection of a participant.

    `restart` true: new ICE credentials for the present connection. `muted`: what they may not send now; it
    stays muted until SetMuted says otherwise. Errors: media_sdp_invalid (422),
    media_peer_unknown (404), media_stale_generation (409), media_unavailable (503), media_full (503).
    """

    topic: ClassVar[str] = "media.open_peer"
    meeting_id: str
    participant_id: str
    generation: int
    offer: str
    restart: bool = False
    publish: list[Track] = Field(default_factory=list)
    audio_slots: list[str] = Field(default_factory=list)
    video_slots: list[str] = Field(default_factory=list)
    muted: list[Source] = Field(default_factory=list)


class WantedSlot(Message):
    """What a video slot shall carry; `width` in device pixels, 0 pauses."""

    mid: str
    participant_id: str
    source: Literal["camera", "screen"]
    width: Annotated[int, Field(ge=0, le=8192)]


class SetLayout(Request[Nothing]):
    """Say what each video slot of a participant shall carry; slots not named are emptied."""

    topic: ClassVar[str] = "media.set_layout"
    meeting_id: str
    participant_id: str
    slots: list[WantedSlot]


class SetMuted(Request[Nothing]):
    """Stop (or resume) forwarding a source at the server, whatever the client sends."""

    topic: ClassVar[str] = "media.set_muted"
    meeting_id: str
    participant_id: str
    source: Source
    muted: bool


class ClosePeer(Request[Nothing]):
    """End a participant's media connection. `generation` null: whichever there is."""

    topic: ClassVar[str] = "media.close_peer"
    meeting_id: str
    participant_id: str
    generation: int | None = None


class CloseMeetingMedia(Request[Nothing]):
    """End all media of a meeting."""

    topic: ClassVar[str] = "media.close_meeting"
    meeting_id: str


class PeerKnown(Message):
    """`alive`: the engine still holds the participant's connection of `generation`."""

    alive: bool
    generation: int | None


class FindPeer(Request[PeerKnown]):
    """Ask whether the engine still holds a participant's connection: after a signaling loss."""

    topic: ClassVar[str] = "media.find_peer"
    meeting_id: str
    participant_id: str


class PeerSlotsChanged(Event):
    """The whole assignment of a participant's receive slots."""

    topic: ClassVar[str] = "media.slots_changed"
    meeting_id: str
    participant_id: str
    generation: int
    version: int
    slots: list[SlotState]


class PeerMediaConnected(Event):
    """A participant's media is up."""

    topic: ClassVar[str] = "media.peer_connected"
    meeting_id: str
    participant_id: str
    generation: int
    transport: Literal["udp", "tcp"]


class PeerMediaEnded(Event):
    """A participant's media connection is gone."""

    topic: ClassVar[str] = "media.peer_ended"
    meeting_id: str
    participant_id: str
    generation: int
    reason: str


class PeerLayersWanted(Event):
    """How many layers of a participant's track anybody wants, from the smallest; 0: nobody watches.

    More is told at once, fewer after a while; the present state again every few seconds, so that whoever
    missed it learns it.
    """

    topic: ClassVar[str] = "media.layers_wanted"
    meeting_id: str
    participant_id: str
    generation: int
    source: Source
    layers: Annotated[int, Field(ge=0)]


class SpeakersChanged(Event):
    """Who speaks in a meeting, loudest first."""

    topic: ClassVar[str] = "media.speakers_changed"
    meeting_id: str
    participant_ids: list[str]


class PeerQualityChanged(Event):
    """How a participant's network does. Loss is a fraction 0..1."""

    topic: ClassVar[str] = "media.quality_changed"
    meeting_id: str
    participant_id: str
    quality: Quality
    rtt_s: float
    loss_up: float
    loss_down: float


class PeerMustMove(Event):
    """A participant's media node takes nobody any more: they shall offer again, to move elsewhere."""

    topic: ClassVar[str] = "media.peer_must_move"
    meeting_id: str
    participant_id: str
    generation: int
    reason: str


class MediaNodeEnded(Event):
    """A media node is gone, and with it every connection that it had: their participants must offer again.

    Told by every other node, and again for a while, so that it reaches everybody; once is enough to act on
    it.
    """

    topic: ClassVar[str] = "media.node_ended"
    node_id: str


class MeetingRelayLost(Event):
    """A node hears nothing of another one of a meeting any more. Stays inside the media service."""

    topic: ClassVar[str] = "media.relay_lost"
    meeting_id: str
    relay: int
