"""What is asked between services about the floor: who may send what, and the durable commands of hosts."""

from typing import ClassVar, Literal

from pydantic import Field

from meeting_system.contracts.call import Message, Nothing, Request
from meeting_system.contracts.media import Source
from meeting_system.contracts.meeting import DurableCommand
from meeting_system.contracts.meeting_options import MeetingOptions
from meeting_system.contracts.permissions import MEETING_PERMISSIONS
from meeting_system.contracts.signal_floor import MODERATORS, MeetingSetOptions
from meeting_system.kernel.principal import MeetingRole

ALL_SOURCES: tuple[Source, ...] = ("microphone", "camera", "screen", "screen_audio")
SHARED: tuple[Source, ...] = ("screen", "screen_audio")


def blocked_sources(
    role: MeetingRole, options: MeetingOptions, *, frozen: bool, may_unmute: bool
) -> tuple[Source, ...]:
    """Say what somebody may not send now. `may_unmute`: a host asked them to, whatever the options say."""
    may = MEETING_PERMISSIONS[role]
    if role in MODERATORS:
        return ()
    if frozen or "media:publish" not in may:
        return ALL_SOURCES
    if "media:share" in may:
        return ()
    allowed = {
        "microphone": options.attendees_may_unmute or may_unmute,
        "camera": options.attendees_may_use_camera,
    }
    return tuple(each for each in ALL_SOURCES if not allowed.get(each, options.attendees_may_share))


class Blocked(Message):
    """What a participant may not send now, and whether that is because of a freeze, or of their role."""

    sources: list[Source] = Field(default_factory=list)
    frozen: bool = False
    observes: bool = False


class FindBlocked(Request[Blocked]):
    """Ask what a participant may not send. Error: forbidden (403), not in this run."""

    topic: ClassVar[str] = "meeting.find_blocked"
    run_id: str
    participant_id: str


class SetMutedAll(Request[Nothing]):
    """Stop forwarding sources of several participants at the server, until each switches on again."""

    topic: ClassVar[str] = "media.set_muted_all"
    meeting_id: str
    participant_ids: list[str]
    sources: list[Source]


class AdmitWaiting(DurableCommand, Request[Nothing]):
    """`target_id` null: everyone. Errors: forbidden (403), participant_not_found (404)."""

    topic: ClassVar[str] = "meeting.admit_waiting"
    target_id: str | None


class DenyWaiting(DurableCommand, Request[Nothing]):
    """Errors: forbidden (403), participant_not_found (404)."""

    topic: ClassVar[str] = "meeting.deny_waiting"
    target_id: str
    ban: bool


class SayToLobby(DurableCommand, Request[Nothing]):
    """Errors: forbidden (403), invalid (422)."""

    topic: ClassVar[str] = "meeting.say_to_lobby"
    body: str


class SetRole(DurableCommand, Request[Nothing]):
    """Errors: forbidden (403), participant_not_found (404)."""

    topic: ClassVar[str] = "meeting.set_role"
    target_id: str
    role: MeetingRole


class RenameParticipant(DurableCommand, Request[Nothing]):
    """Errors: forbidden (403), participant_not_found (404), invalid (422)."""

    topic: ClassVar[str] = "meeting.rename_participant"
    target_id: str
    display_name: str


class ActOnParticipant(DurableCommand, Request[Nothing]):
    """What needs nothing but whom it is about. Errors: forbidden (403), participant_not_found (404)."""

    topic: ClassVar[str] = "meeting.act_on_participant"
    target_id: str
    action: Literal["ask_to_unmute", "lower_hand", "unban"]


class MuteAll(DurableCommand, Request[Nothing]):
    """Errors: forbidden (403)."""

    topic: ClassVar[str] = "meeting.mute_all"
    block: bool


class LowerHands(DurableCommand, Request[Nothing]):
    """Errors: forbidden (403)."""

    topic: ClassVar[str] = "meeting.lower_hands"


class FreezeMeeting(DurableCommand, Request[Nothing]):
    """Errors: forbidden (403)."""

    topic: ClassVar[str] = "meeting.freeze"
    frozen: bool


class Spotlight(DurableCommand, Request[Nothing]):
    """Errors: forbidden (403), participant_not_found (404)."""

    topic: ClassVar[str] = "meeting.spotlight"
    target_id: str | None


class SetOptions(DurableCommand, Request[Nothing]):
    """Errors: forbidden (403)."""

    topic: ClassVar[str] = "meeting.set_options"
    change: MeetingSetOptions
