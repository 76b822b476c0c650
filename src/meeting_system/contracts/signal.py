"""`meet.v1`: the protocol between a client and the signaling service, over one WebSocket.

Every command and event belongs to exactly one class (`DeliveryClass`); the tables at the end are the one
list, and the TypeScript types are generated from this module. See docs/protocol/signaling.md.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from meeting_system.contracts.call import Id, Message
from meeting_system.contracts.closing import CLOSE_ACTIONS as CLOSE_ACTIONS
from meeting_system.contracts.closing import CloseAction as CloseAction
from meeting_system.contracts.closing import CloseCode as CloseCode
from meeting_system.contracts.media import SlotState, Source
from meeting_system.contracts.meeting_options import MeetingOptions
from meeting_system.contracts.negotiation import LayoutSlot as LayoutSlot
from meeting_system.contracts.negotiation import MediaAnswer as MediaAnswer
from meeting_system.contracts.negotiation import (
    MediaClose,
    MediaLayers,
    MediaLayout,
    MediaOffer,
    MediaRebuild,
    MediaSlots,
)
from meeting_system.contracts.negotiation import PublishedTrack as PublishedTrack
from meeting_system.contracts.signal_breakouts import BREAKOUT_COMMANDS, BREAKOUT_EVENTS, BreakoutsState
from meeting_system.contracts.signal_chat import MAX_CHAT_CHARS as MAX_CHAT_CHARS
from meeting_system.contracts.signal_chat import (
    ChatDelete,
    ChatEdit,
    ChatMessageChanged,
    ChatReact,
    ChatReacted,
)
from meeting_system.contracts.signal_chat import ChatMessage as ChatMessage
from meeting_system.contracts.signal_chat import ChatMessageSent as ChatMessageSent
from meeting_system.contracts.signal_chat import ChatSend as ChatSend
from meeting_system.contracts.signal_floor import (
    FLOOR_COMMANDS,
    FLOOR_EVENTS,
    LobbyPlace,
    LobbyPosition,
    LobbyState,
)
from meeting_system.contracts.signal_polls import (
    PollChosen,
    PollClose,
    PollClosed,
    PollPublish,
    PollPublished,
    PollStart,
    PollStarted,
    PollVote,
    PollVoted,
)
from meeting_system.contracts.signal_polls import PollState as PollState
from meeting_system.kernel.principal import MeetingRole

PROTOCOL = "meet.v1"
MAX_FRAME_BYTES = 256 * 1024
MAX_FRAME_BYTES_BEFORE_AUTH = 4 * 1024
HEARTBEAT_S = 5.0
DEAD_AFTER_S = 15.0
AUTH_TIMEOUT_S = 5.0
RESUMABLE_S = 300.0
MEDIA_KEPT_S = 30.0

Secret = Annotated[str, Field(min_length=16, max_length=64)]
Offset = Annotated[int, Field(ge=0)]


class DeliveryClass(StrEnum):
    """What is promised to a message."""

    DURABLE = "D"
    STATE = "S"
    NEGOTIATION = "N"
    EPHEMERAL = "E"


# ---------------------------------------------------------------- state


class ParticipantState(Message):
    """What everyone in the room sees of one participant. `version` grows with each change."""

    participant_id: Id
    display_name: str
    role: MeetingRole
    is_guest: bool
    presence: Literal["connected", "reconnecting"]
    joined_at: str
    microphone: bool = Field(default=False, description="the microphone is on and not muted")
    camera: bool = False
    screen: bool = False
    screen_audio: bool = False
    hand_raised_at: str | None = Field(default=None, description="null: down; hands are ordered by this time")
    version: int = 1
    avatar_url: str | None = Field(
        default=None, description="the picture of the account, a path of this server; null: none"
    )


class MeetingState(Message):
    """What everyone in the room sees of the meeting."""

    meeting_id: Id
    meeting_no: str
    title: str
    host_name: str
    locked: bool
    started_at: str
    options: MeetingOptions = Field(default_factory=MeetingOptions)
    frozen: bool = Field(default=False, description="only hosts and co-hosts send, write and react")
    spotlight: Id | None = Field(default=None, description="whom everybody sees large")


class Snapshot(Message):
    """The whole view of one participant at room offset `ro` (in the frame around it).

    `messages` are the latest 200 to everyone that this participant may see, oldest first; earlier ones are at
    `GET /api/v1/meetings/{id}/messages`. `private_messages` are the latest 100 of or to this participant, and
    nobody else's; `polls` those of this run, oldest first.
    """

    meeting: MeetingState
    participant_id: Id
    role: MeetingRole
    participants: list[ParticipantState]
    messages: list[ChatMessage]
    slots: list[SlotState] = Field(default_factory=list)
    private_messages: list[ChatMessage] = Field(default_factory=list)
    polls: list[PollState] = Field(default_factory=list)
    may_unmute: list[Id] = Field(default_factory=list, description="whom a host asked to unmute")
    lobby: LobbyState | None = Field(default=None, description="for hosts and co-hosts")
    breakouts: BreakoutsState | None = Field(default=None, description="null: there are no breakout rooms")
    place: LobbyPlace | None = Field(default=None, description="in the lobby: nothing else is shown there")


# ---------------------------------------------------------------- frames, client to server


class Identify(Message):
    """First frame of a new session. `prev_sid` names a lost session of the same device, if any."""

    f: Literal["identify"]
    ticket: Secret
    meeting_id: Id
    device_id: Id
    prev_sid: Id | None = None
    caps: list[Annotated[str, Field(max_length=32)]] = Field(default_factory=list, max_length=16)
    v: Literal[1] = 1


class Resume(Message):
    """First frame of a session that goes on."""

    f: Literal["resume"]
    sid: Id
    resume_token: Secret
    epoch: Annotated[str, Field(max_length=128)]
    ro: Offset
    po: Offset
    media: bool = Field(default=False, description="the client still has a media connection")
    attempt: Annotated[int, Field(ge=0)] = Field(
        default=0,
        description="counts this session's sockets: one that was given up and arrives late is refused",
    )
    v: Literal[1] = 1


class Command(Message):
    """Something the client wants done. `cid` counts 1, 2, 3 … within the session."""

    f: Literal["cmd"]
    cid: Annotated[int, Field(ge=1)]
    t: Annotated[str, Field(max_length=64)]
    d: dict[str, object] = Field(default_factory=dict)
    base_ver: int | None = None


class Position(Message):
    """What the client has applied; may be sent at any time, about once a heartbeat."""

    f: Literal["pos"]
    ro: Offset
    po: Offset


class Ping(Message):
    """Either side; answered by Pong with the same `n`."""

    f: Literal["ping"]
    n: int
    t: float


class Bye(Message):
    """A clean end: the client left on purpose, or the server says why it closes next."""

    f: Literal["bye"]
    code: Annotated[str, Field(max_length=64)] = "left"


# ---------------------------------------------------------------- frames, server to client


class Hello(Message):
    """First frame on every socket."""

    f: Literal["hello"] = "hello"
    v: Literal[1] = 1
    hb_ms: int
    dead_ms: int
    max_frame: int
    server_time: str


class Ready(Message):
    """A new session. `prev_last_cid`: last durable command of `prev_sid` that took effect."""

    f: Literal["ready"] = "ready"
    sid: Id
    resume_token: str
    gen: int
    pid: Id
    epoch: str
    ro: Offset
    po: Offset
    snapshot: Snapshot
    prev_last_cid: int = 0


class Resumed(Message):
    """The session goes on; `replayed` events follow. `media` says what to do with the media connection."""

    f: Literal["resumed"] = "resumed"
    resume_token: str
    gen: int
    last_cid: int
    replayed: int
    media: Literal["keep", "ice_restart", "rebuild"]


class Reset(Message):
    """The session goes on, but take this snapshot: what was missed can't be replayed, or one sees more or
    less than before (`because`: `lobby`, still waiting, `admitted`, `role`)."""

    f: Literal["reset"] = "reset"
    reason: Literal["epoch", "trimmed", "ahead"]
    because: Literal["lobby", "admitted", "role"] | None = None
    resume_token: str
    gen: int
    epoch: str
    ro: Offset
    po: Offset
    last_cid: int
    media: Literal["keep", "ice_restart", "rebuild"]
    snapshot: Snapshot


class EventFrame(Message):
    """Something happened. `st`: r room log, p personal log. Class E carries no `off`."""

    f: Literal["ev"] = "ev"
    st: Literal["r", "p"]
    off: int | None = None
    ep: str | None = None
    t: str
    id: str | None = None
    ts: str
    by: str | None = Field(default=None, description="participant who caused it")
    d: dict[str, object]


class Problem(Message):
    """The same fields as an HTTP problem."""

    code: str
    status: int
    detail: str = ""
    errors: list[dict[str, str]] = Field(default_factory=list)
    retry_after_s: float | None = None
    trace_id: str | None = None


class Ack(Message):
    """Answer to the command `cid`; also confirms all lower ones."""

    f: Literal["ack"] = "ack"
    cid: int
    ok: bool
    res: dict[str, object] | None = None
    problem: Problem | None = None


class Pong(Message):
    """Answer to a ping. From the server with the tops of both logs, which reveal a silent gap."""

    f: Literal["pong"] = "pong"
    n: int
    t: float
    top_ro: int | None = None
    top_po: int | None = None


class GoAway(Message):
    """The server will close soon: reconnect within the deadline."""

    f: Literal["goaway"] = "goaway"
    deadline_ms: int
    why: str


ClientFrame = Annotated[Identify | Resume | Command | Position | Ping | Pong | Bye, Field(discriminator="f")]
ServerFrame = Annotated[
    Hello | Ready | Resumed | Reset | EventFrame | Ack | Ping | Pong | GoAway | Bye, Field(discriminator="f")
]


# ---------------------------------------------------------------- commands: what is in `d`


class ParticipantMute(Message):
    """participant.mute: a host stops a source of somebody at the server. Event participant.muted."""

    participant_id: Id
    source: Source


class ParticipantRemove(Message):
    """participant.remove: out, and this device may not come back. Event participant.removed."""

    participant_id: Id


class MeetingLock(Message):
    """meeting.lock: nobody new may join. Event meeting.locked."""

    locked: bool


class MeetingEnd(Message):
    """meeting.end: over for everyone. Event meeting.ended."""


class SelfUpdate(Message):
    """self.update: what of mine is on. Absent: unchanged. Event participant.updated."""

    microphone: bool | None = None
    camera: bool | None = None
    screen: bool | None = None
    screen_audio: bool | None = None
    hand: bool | None = None
    display_name: Annotated[str, Field(min_length=1, max_length=64)] | None = None


class ReactionSend(Message):
    """reaction.send: an emoji for a moment. Event reaction."""

    emoji: Annotated[str, Field(min_length=1, max_length=16)]


# ---------------------------------------------------------------- events: what is in `d`


class ParticipantJoined(Message):
    """participant.joined (S)"""

    participant: ParticipantState


class ParticipantUpdated(Message):
    """participant.updated (S): the whole new state; the higher `version` wins."""

    participant: ParticipantState


class ParticipantLeft(Message):
    """participant.left (S)"""

    participant_id: Id
    reason: Literal["left", "lost", "removed", "ended", "replaced"]


class ParticipantMuted(Message):
    """participant.muted (D): the client concerned turns the source off and tells its person."""

    participant_id: Id
    source: Source


class ParticipantRemoved(Message):
    """participant.removed (D)"""

    participant_id: Id


class MeetingLocked(Message):
    """meeting.locked (D)"""

    locked: bool


class MeetingEnded(Message):
    """meeting.ended (D)"""

    reason: Literal["host", "empty", "limit"]
    because: Literal["breakouts_closed"] | None = None
    """A breakout room ends with all of them; its main room goes on, unless it ends as well."""


class SpeakersActive(Message):
    """speakers (E): loudest first."""

    participant_ids: list[str]


class Reaction(Message):
    """reaction (E)"""

    participant_id: Id
    emoji: str


class ConnectionQuality(Message):
    """quality (E): how somebody's connection does."""

    participant_id: Id
    quality: Literal["good", "fair", "poor", "lost"]


COMMANDS: dict[str, tuple[DeliveryClass, type[Message]]] = {
    "chat.send": (DeliveryClass.DURABLE, ChatSend),
    "chat.edit": (DeliveryClass.DURABLE, ChatEdit),
    "chat.delete": (DeliveryClass.DURABLE, ChatDelete),
    "chat.react": (DeliveryClass.DURABLE, ChatReact),
    "poll.start": (DeliveryClass.DURABLE, PollStart),
    "poll.vote": (DeliveryClass.DURABLE, PollVote),
    "poll.close": (DeliveryClass.DURABLE, PollClose),
    "poll.publish": (DeliveryClass.DURABLE, PollPublish),
    "participant.mute": (DeliveryClass.DURABLE, ParticipantMute),
    "participant.remove": (DeliveryClass.DURABLE, ParticipantRemove),
    "meeting.lock": (DeliveryClass.DURABLE, MeetingLock),
    "meeting.end": (DeliveryClass.DURABLE, MeetingEnd),
    "self.update": (DeliveryClass.STATE, SelfUpdate),
    "media.offer": (DeliveryClass.NEGOTIATION, MediaOffer),
    "media.layout": (DeliveryClass.NEGOTIATION, MediaLayout),
    "media.close": (DeliveryClass.NEGOTIATION, MediaClose),
    "reaction.send": (DeliveryClass.EPHEMERAL, ReactionSend),
    **{t: (DeliveryClass.DURABLE, model) for t, model in FLOOR_COMMANDS.items()},
    **{t: (DeliveryClass.DURABLE, model) for t, model in BREAKOUT_COMMANDS.items()},
}

EVENTS: dict[str, tuple[DeliveryClass, type[Message]]] = {
    "chat.message": (DeliveryClass.DURABLE, ChatMessageSent),
    "chat.changed": (DeliveryClass.DURABLE, ChatMessageChanged),
    "chat.reacted": (DeliveryClass.DURABLE, ChatReacted),
    "poll.started": (DeliveryClass.DURABLE, PollStarted),
    "poll.voted": (DeliveryClass.DURABLE, PollVoted),
    "poll.chosen": (DeliveryClass.DURABLE, PollChosen),
    "poll.closed": (DeliveryClass.DURABLE, PollClosed),
    "poll.published": (DeliveryClass.DURABLE, PollPublished),
    "participant.muted": (DeliveryClass.DURABLE, ParticipantMuted),
    "participant.removed": (DeliveryClass.DURABLE, ParticipantRemoved),
    "meeting.locked": (DeliveryClass.DURABLE, MeetingLocked),
    "meeting.ended": (DeliveryClass.DURABLE, MeetingEnded),
    "participant.joined": (DeliveryClass.STATE, ParticipantJoined),
    "participant.updated": (DeliveryClass.STATE, ParticipantUpdated),
    "participant.left": (DeliveryClass.STATE, ParticipantLeft),
    "media.slots": (DeliveryClass.NEGOTIATION, MediaSlots),
    "media.rebuild": (DeliveryClass.NEGOTIATION, MediaRebuild),
    "media.layers": (DeliveryClass.EPHEMERAL, MediaLayers),
    "speakers": (DeliveryClass.EPHEMERAL, SpeakersActive),
    "reaction": (DeliveryClass.EPHEMERAL, Reaction),
    "quality": (DeliveryClass.EPHEMERAL, ConnectionQuality),
    "lobby.position": (DeliveryClass.EPHEMERAL, LobbyPosition),
    **{t: (DeliveryClass.DURABLE, model) for t, model in FLOOR_EVENTS.items()},
    **{t: (DeliveryClass.DURABLE, model) for t, model in BREAKOUT_EVENTS.items()},
}
