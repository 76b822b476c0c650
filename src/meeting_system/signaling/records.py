"""The values that signaling's decisions are made of: what is stored, and one atomic step of a room."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from meeting_system.contracts.floor import Blocked
from meeting_system.contracts.media import SlotState
from meeting_system.contracts.signal import ParticipantState
from meeting_system.signaling.send_queue import SendQueue

SessionState = Literal["attached", "detached", "gone"]
ResetReason = Literal["epoch", "trimmed", "ahead", "lobby", "admitted", "role"]
Verdict = Literal["ok", "epoch", "fenced", "ended", "removed", "cid", "old", "gap", "conflict"]

ABSENT = -1
"""The `gen` of a session that is not there yet: what a new session's first step expects."""


@dataclass(slots=True, frozen=True)
class SessionRecord:
    """A session as stored in Valkey. Times are Unix milliseconds; `token` and its kin are hashes.

    `is_stream`: it has no socket, the media service speaks for it (streams.py). `media_node`: who has its
    media.
    """

    sid: str
    run: str
    meeting_id: str
    pid: str
    state: SessionState
    why: str
    gen: int
    epoch: str
    last_cid: int
    po: int
    admitted_ro: int
    token: str
    previous_token: str
    older_tokens: str
    node: str
    detached_at: int
    slots: str
    media_gen: int
    attempt: int
    carried_from: int
    is_stream: bool = False
    media_node: str = ""
    is_waiting: bool = False
    """In the lobby: a session without a participant in the room (lobby.py)."""
    avatar_url: str = ""
    """Of one who waits, kept for when they are let in."""


@dataclass(slots=True, frozen=True)
class Person:
    """A participant's state in the room, and the session that speaks for them."""

    sid: str
    state: ParticipantState


@dataclass(slots=True, frozen=True)
class RoomState:
    """The room at one instant: `top` is the last offset, `seq` the last durable event in the log."""

    epoch: str
    top: int
    seq: int
    ended: bool
    people: Mapping[str, Person]


@dataclass(slots=True, frozen=True)
class Entry:
    """One entry of a log: `frame` is the text that goes to clients, `target` whom it is about, if anyone.

    A frame may be a `Told`: orjson reads `str(frame)` only.
    """

    off: int
    t: str
    target: str
    frame: str


@dataclass(slots=True, frozen=True)
class Seat:
    """Where a session that comes back is at one instant: the room, whose `people` is this person alone, and
    the offsets of the first entries that both logs hold after what it has; 0: none."""

    room: RoomState
    next_ro: int
    next_po: int


@dataclass(slots=True, frozen=True)
class PersonWrite:
    """Put a participant's state, or take it away (null), if its version is still `expected` (0: absent)."""

    pid: str
    expected: int
    sid: str = ""
    state: ParticipantState | None = None


@dataclass(slots=True, frozen=True)
class NewEvent:
    """An event to append: `tail` is its frame from `"t"` on; offset and epoch are put before it."""

    t: str
    tail: bytes
    target: str = ""


@dataclass(slots=True)
class Step:
    """One atomic step: nothing happens unless epoch, gen, cid, log_seq and versions are as expected, and the
    participant's session is `owner` (empty: none; null: whichever)."""

    run: str
    epoch: str
    now_ms: int
    sid: str = ""
    gen: int = ABSENT
    pid: str = ""
    cid: int = 0
    ack: str = ""
    log_seq: int = 0
    fields: dict[str, str | int] = field(default_factory=dict)
    people: list[PersonWrite] = field(default_factory=list)
    events: list[NewEvent] = field(default_factory=list)
    personal: list[NewEvent] = field(default_factory=list)
    passing: list[NewEvent] = field(default_factory=list)
    due_ms: int | None = None
    ends_sid: str = ""
    removes: str = ""
    ends_room: bool = False
    drop: str = ""
    new_personal_log: bool = False
    slots_version: tuple[int, int] = (0, 0)
    told: int = 0
    """Number of what is told personally: a session takes each number once, and none below its last."""
    owner: str | None = None


@dataclass(slots=True, frozen=True)
class Outcome:
    """What became of a step: on `ok` the room's and the personal log's tops, else in `top` what was found.

    `record`: the session, where the step began a generation of it.
    """

    verdict: Verdict
    top: int
    po: int
    record: SessionRecord | None = None

    @property
    def ok(self) -> bool:
        return self.verdict == "ok"


@dataclass(slots=True)
class Attachment:
    """A session at a socket of this process. Only its connection's tasks and the hub touch it."""

    sid: str
    run: str
    meeting_id: str
    pid: str
    gen: int
    epoch: str
    token: str
    admitted_ro: int
    me: ParticipantState
    queue: SendQueue
    last_cid: int = 0
    sent_ro: int = 0
    sent_po: int = 0
    media_gen: int = 0
    media_node: str = ""
    slots: list[SlotState] = field(default_factory=list)
    token_confirmed: bool = False
    before: SessionRecord | None = None
    """How the session was stored when it was attached here; null: not known, it has to be read."""
    needs_reset: bool = False
    reset_reason: ResetReason = "epoch"
    is_waiting: bool = False
    blocked: Blocked | None = None
    is_frozen: bool | None = None
    """Whether the meeting is frozen, as far as this process has heard; null: not heard yet."""
    next_token: str = ""
    traceparent: str = ""
    """Of the join that the session began with, until its first offer went on with it."""
