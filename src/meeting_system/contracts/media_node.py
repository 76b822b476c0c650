"""What media processes say to each other: each is asked of one node, and refused by every other.

A node's id is that of one life: a process that was given up for dead lives on under another id. So `node_id`
keeps a call that waited for a process that slept from being carried out after its time.
"""

from typing import Annotated, ClassVar

from pydantic import Field

from meeting_system.contracts.call import Message, Nothing, Request
from meeting_system.contracts.media import (
    CloseMeetingMedia,
    ClosePeer,
    FindPeer,
    OpenPeer,
    SetLayout,
    SetMuted,
)
from meeting_system.contracts.stream import Direction, EndStream, StreamAdmission


class NodeInfo(Message):
    """What a media node says of itself while it lives; kept in the registry as `media/<node_id>`.

    `process`: its address on the bus; `host` and `port`: where relays reach its engine. `cpu` is the fraction
    of the machine that it uses, `peers` counts its connections, `capacity` how many it takes. `relay_format`:
    how its engine's relays write (0: before that was told); only nodes of one format are relayed.
    """

    node_id: str
    process: str
    host: str
    port: int
    peers: int
    capacity: Annotated[int, Field(ge=1)]
    cpu: float
    draining: bool = False
    relay_format: int = 0


class OpenPeerHere(OpenPeer):
    """Open a connection of a participant who is placed here; `muted` is also what a host has muted of them.

    `number`: the meeting's, which grows whenever its nodes change.

    Errors besides OpenPeer's: media_node_gone (503), media_node_draining (503).
    """

    topic: ClassVar[str] = "media.open_peer_here"
    node_id: str
    number: int


class SetLayoutHere(SetLayout):
    """Set the layout of a participant who is placed here. Error: media_node_gone (503)."""

    topic: ClassVar[str] = "media.set_layout_here"
    node_id: str


class SetMutedHere(SetMuted):
    """Mute or unmute a participant who is placed here. Error: media_node_gone (503)."""

    topic: ClassVar[str] = "media.set_muted_here"
    node_id: str


class ClosePeerHere(ClosePeer):
    """Close the connection of a participant who was placed here. Error: media_node_gone (503).

    `moved`: they are placed elsewhere, with this generation; a later one is left alone.
    """

    topic: ClassVar[str] = "media.close_peer_here"
    node_id: str
    moved: int | None = None


class FindPeerHere(FindPeer):
    """Ask after the connection of a participant who is placed here. Error: media_node_gone (503)."""

    topic: ClassVar[str] = "media.find_peer_here"
    node_id: str


class CloseMeetingHere(CloseMeetingMedia):
    """End what a node has of a meeting. Error: media_node_gone (503)."""

    topic: ClassVar[str] = "media.close_meeting_here"
    node_id: str


class EndStreamHere(EndStream):
    """End what runs at a node by a stream's token. Error: media_node_gone (503)."""

    topic: ClassVar[str] = "media.end_stream_here"
    node_id: str


class OpenRelayHere(Request[Nothing]):
    """Open this end of a relay; the other end, at `host` and `port`, is opened when this is answered.

    `key`: 32 random bytes in hexadecimal digits, for this relay alone. `relay_format`: see NodeInfo.

    Errors: media_node_gone (503), media_relay_foreign (503).
    """

    topic: ClassVar[str] = "media.open_relay_here"
    node_id: str
    from_node: str
    meeting_id: str
    relay: int
    host: str
    port: int
    key: Annotated[str, Field(repr=False, pattern="^[0-9a-f]{64}$")]
    relay_format: int = 0


class CloseRelayHere(Request[Nothing]):
    """Close this end of a relay; an unknown one is fine. Error: media_node_gone (503)."""

    topic: ClassVar[str] = "media.close_relay_here"
    node_id: str
    from_node: str
    meeting_id: str
    relay: int


class StreamOpened(Message):
    """A stream's answer. `resource_id` can't be guessed."""

    resource_id: str
    meeting_id: str
    participant_id: str
    etag: str
    answer: str


class OpenStreamHere(Request[StreamOpened]):
    """Open a stream that was admitted by another process. Errors: those of a POST over WHIP and WHEP."""

    topic: ClassVar[str] = "media.open_stream_here"
    node_id: str
    direction: Direction
    meeting: str
    token: Annotated[str, Field(repr=False)]
    offer: str
    pinned: str | None
    admission: StreamAdmission


class StreamChanged(Message):
    """What a PATCH came to: the ETag from now on, and our fragment where ICE was restarted."""

    etag: str
    fragment: str | None


class ChangeStreamHere(Request[StreamChanged]):
    """Carry out a PATCH. `tags`: what If-Match named. Errors: those of a PATCH over WHIP and WHEP."""

    topic: ClassVar[str] = "media.change_stream_here"
    node_id: str
    direction: Direction
    meeting: str
    resource_id: str
    token: Annotated[str, Field(repr=False)]
    tags: list[str]
    fragment: str


class CloseStreamHere(Request[Nothing]):
    """Carry out a DELETE. Errors: stream_not_found (404), stream_token_invalid (401)."""

    topic: ClassVar[str] = "media.close_stream_here"
    node_id: str
    direction: Direction
    meeting: str
    resource_id: str
    token: Annotated[str, Field(repr=False)]
