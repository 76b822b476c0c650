"""What signaling asks of the meeting service, and the durable events that meeting hands to signaling."""

from typing import ClassVar, Literal

from pydantic import Field

from meeting_system.contracts.call import Message, Nothing, Request
from meeting_system.contracts.media import Source
from meeting_system.contracts.signal import ChatMessage, MeetingState, PollState
from meeting_system.contracts.signal_breakouts import BreakoutsState
from meeting_system.contracts.signal_floor import LobbyState
from meeting_system.kernel.principal import MeetingRole


class OpenPersonalRoom(Request[Nothing]):
    """Make the personal room of a new account; one that exists stays. Asked by user's outbox."""

    topic: ClassVar[str] = "meeting.open_personal_room"
    user_id: str
    display_name: str


class Admission(Message):
    """Who a ticket lets in. `session_id` is the meeting's live run, not the signaling session."""

    meeting_id: str
    run_id: str
    participant_id: str
    user_id: str | None
    device_id: str
    display_name: str
    role: MeetingRole
    is_guest: bool
    avatar_url: str | None = None
    microphone_allowed: bool = True
    waiting: bool = False
    """They are in the lobby: no media, and nothing of the room."""
    traceparent: str = ""
    """Of the request that asked for the ticket: what follows goes on with its trace."""


class RedeemTicket(Request[Admission]):
    """Exchange a ticket (single use, 30 s) for an admission. Error: ticket_invalid (401)."""

    topic: ClassVar[str] = "meeting.redeem_ticket"
    ticket: str
    meeting_id: str
    device_id: str


class PersonalView(Message):
    """What of a snapshot is one participant's alone.

    `first_seq`: of the messages to everyone those from here on are theirs to see. `private_messages`: the
    latest 100 of or to them, oldest first. `choices`: what they voted, by poll.
    """

    first_seq: int = 1
    private_messages: list[ChatMessage] = Field(default_factory=list)
    choices: dict[str, list[str]] = Field(default_factory=dict)


class GivenPerson(Message):
    """What hosts have given somebody: a role, a name; null: what they came with."""

    participant_id: str
    role: MeetingRole | None
    display_name: str | None


class RoomView(Message):
    """The durable part of a snapshot, read in one go. `messages`: the latest 200, oldest first.

    `polls` are as everyone sees them; `personal` is by participant, for those that were asked for.

    `removed` are the participants who may not come back; `log_seq` is the number of the last durable event
    of this run that is contained in this view. `given`: whose role or name is not what they came with.
    """

    meeting: MeetingState
    ended: bool
    messages: list[ChatMessage]
    removed: list[str]
    log_seq: int
    polls: list[PollState] = Field(default_factory=list)
    personal: dict[str, PersonalView] = Field(default_factory=dict)
    may_unmute: list[str] = Field(default_factory=list)
    given: list[GivenPerson] = Field(default_factory=list)
    lobby: LobbyState = Field(default_factory=LobbyState)
    host_present: bool = True
    breakouts: BreakoutsState | None = None


class LoadRoom(Request[RoomView]):
    """Read the durable part of a meeting's live run, and what is personal to some of those in it.

    Error: meeting_not_live (409).
    """

    topic: ClassVar[str] = "meeting.load_room"
    meeting_id: str
    run_id: str
    participant_ids: list[str] = Field(default_factory=list)


class DurableCommand(Message):
    """Base of durable commands: who, and the key that makes it happen once: (`sid`, `cid`)."""

    meeting_id: str
    run_id: str
    participant_id: str
    sid: str
    cid: int


class SendChat(DurableCommand, Request[ChatMessage]):
    """`to`: a participant, for a private message.

    Errors: forbidden, chat_off (403), message_not_found, participant_not_found, file_not_found (404),
    invalid (422).
    """

    topic: ClassVar[str] = "meeting.send_chat"
    body: str
    to: str | None = None
    reply_to: str | None = None
    file_ids: list[str] = Field(default_factory=list)


class MuteParticipant(DurableCommand, Request[Nothing]):
    """Errors: forbidden (403), participant_not_found (404)."""

    topic: ClassVar[str] = "meeting.mute_participant"
    target_id: str
    source: Source


class RemoveParticipant(DurableCommand, Request[Nothing]):
    """Errors: forbidden (403), participant_not_found (404)."""

    topic: ClassVar[str] = "meeting.remove_participant"
    target_id: str


class LockMeeting(DurableCommand, Request[Nothing]):
    """Errors: forbidden (403)."""

    topic: ClassVar[str] = "meeting.lock_meeting"
    locked: bool


class EndMeeting(DurableCommand, Request[Nothing]):
    """Errors: forbidden (403)."""

    topic: ClassVar[str] = "meeting.end_meeting"


class LastCommand(Message):
    """Highest durable `cid` of a session that took effect; 0: none."""

    cid: int


class FindLastCommand(Request[LastCommand]):
    """Used when a session's state in Valkey was lost, and for `prev_sid`. Only of the same participant."""

    topic: ClassVar[str] = "meeting.find_last_command"
    participant_id: str
    sid: str


class ReportPresence(Request[Nothing]):
    """Signaling tells meeting that a participant connected, lost the connection, or is gone."""

    topic: ClassVar[str] = "meeting.report_presence"
    meeting_id: str
    run_id: str
    participant_id: str
    state: Literal["connected", "reconnecting", "left"]
    reason: str | None = None


class EndSession(Request[Nothing]):
    """Meeting's outbox asks signaling to end the session of a participant, wherever its socket is."""

    topic: ClassVar[str] = "signaling.end_session"
    meeting_id: str
    run_id: str
    participant_id: str
    why: Literal["logged_out"]


class AppendDurable(Request[Nothing]):
    """Meeting's outbox tells signaling, in order of `log_seq` for each run, until it says done.

    `log_seq` counts the durable events of one run from 1 without gaps; signaling appends each to the room
    log exactly once (lower or equal numbers are ignored). `t` and `d` are an event of `meet.v1`.
    """

    topic: ClassVar[str] = "signaling.append_durable"
    meeting_id: str
    run_id: str
    log_seq: int
    event_id: str
    t: str
    ts: str
    by: str | None
    d: dict[str, object]
