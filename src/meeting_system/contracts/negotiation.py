"""The part of `meet.v1` that is about a client's media connection: what is offered, wanted, shown and sent.

The tables of contracts/signal.py say which of these are commands and which events, and the class of each.
"""

from typing import Annotated, Literal

from pydantic import Field

from meeting_system.contracts.call import Id, Message
from meeting_system.contracts.media import SlotState, Source


class PublishedTrack(Message):
    """An m-line that the client sends, and what it carries."""

    mid: Annotated[str, Field(max_length=16)]
    source: Source


class MediaOffer(Message):
    """media.offer → ack res: MediaAnswer. The one negotiation: everything sent, and all receive slots.

    `generation` grows with each new RTCPeerConnection of this session; `restart` true: same connection, new
    ICE credentials.
    """

    generation: Annotated[int, Field(ge=1)]
    sdp: Annotated[str, Field(min_length=1, max_length=200_000)]
    restart: bool = False
    publish: Annotated[list[PublishedTrack], Field(max_length=8)] = Field(default_factory=list)
    audio_slots: Annotated[list[Annotated[str, Field(max_length=16)]], Field(max_length=8)] = Field(
        default_factory=list
    )
    video_slots: Annotated[list[Annotated[str, Field(max_length=16)]], Field(max_length=49)] = Field(
        default_factory=list
    )


class MediaAnswer(Message):
    """Complete answer, all candidates inside."""

    generation: int
    sdp: str


class LayoutSlot(Message):
    """What one video slot shall carry; `width` in device pixels, 0 pauses it."""

    mid: Annotated[str, Field(max_length=16)]
    participant_id: Id
    source: Literal["camera", "screen"]
    width: Annotated[int, Field(ge=0, le=8192)]


class MediaLayout(Message):
    """media.layout: the whole wish; slots not named are emptied."""

    slots: Annotated[list[LayoutSlot], Field(max_length=49)]


class MediaClose(Message):
    """media.close: the client gave its media connection up."""

    generation: int


class MediaSlots(Message):
    """media.slots (N, personal): the whole assignment of this client's receive slots."""

    generation: int
    version: int
    slots: list[SlotState]


class MediaRebuild(Message):
    """media.rebuild (N, personal): the media connection is gone at the server; offer a new one."""

    reason: str


class MediaLayers(Message):
    """media.layers (E, personal): how many layers of a track of this client anybody wants, from the smallest.

    It may pause the others; 0: nobody watches. A new connection begins with all of them wanted. Told at each
    change, and again every few seconds.
    """

    generation: int
    source: Source
    layers: Annotated[int, Field(ge=0)]
