"""The floor in `meet.v1`: the lobby, roles, and what hosts decide while a meeting goes on.

Commands are durable, and so are the events they lead to. What concerns the lobby is seen by hosts and
co-hosts only: others get `hidden` in its place, so that everybody counts the same offsets.
"""

from typing import Annotated, Literal

from pydantic import Field

from meeting_system.contracts.call import Id, Message
from meeting_system.contracts.meeting_options import MeetingOptions, OptionsToChange
from meeting_system.kernel.principal import MeetingRole

MAX_LOBBY_MESSAGE_CHARS = 500

Name = Annotated[str, Field(min_length=1, max_length=64)]


# ---------------------------------------------------------------- state


class WaitingPerson(Message):
    """Somebody who asks to be let in; they wait in order of `asked_at`."""

    participant_id: Id
    display_name: str
    is_guest: bool
    asked_at: str


class LobbyMessage(Message):
    """What a host said to all who waited. `seq` counts those of one run from 1."""

    seq: int
    display_name: str
    body: str
    sent_at: str


class LobbyState(Message):
    """The lobby as hosts and co-hosts see it. `waiting`: who asked first comes first."""

    waiting: list[WaitingPerson] = Field(default_factory=list)
    messages: list[LobbyMessage] = Field(default_factory=list)


class LobbyPlace(Message):
    """The lobby as one who waits sees it: all that they see. `position` 1: next."""

    position: int
    waiting: int
    host_present: bool
    messages: list[LobbyMessage] = Field(default_factory=list)


# ---------------------------------------------------------------- commands: what is in `d`


class LobbyAdmit(Message):
    """lobby.admit: let one in who waits. Event lobby.admitted."""

    participant_id: Id


class LobbyAdmitAll(Message):
    """lobby.admit_all: let everyone in who waits now. Events lobby.admitted, one each."""


class LobbyDeny(Message):
    """lobby.deny: turn one away; with `ban` the device and the account stay out. Event lobby.denied."""

    participant_id: Id
    ban: bool = False


class LobbySay(Message):
    """lobby.say: a message to all who wait. Event lobby.said to hosts, lobby.message to who waits."""

    body: Annotated[str, Field(min_length=1, max_length=MAX_LOBBY_MESSAGE_CHARS)]


class ParticipantSetRole(Message):
    """participant.set_role: `host` hands the meeting over, and whoever did so becomes a co-host.

    Event participant.role_changed.
    """

    participant_id: Id
    role: Literal["host", "co_host", "presenter", "attendee", "observer"]


class ParticipantRename(Message):
    """participant.rename: another name for somebody. Event participant.renamed."""

    participant_id: Id
    display_name: Name


class ParticipantAskToUnmute(Message):
    """participant.ask_to_unmute: they may, and are asked to. Event participant.asked_to_unmute."""

    participant_id: Id


class ParticipantLowerHand(Message):
    """participant.lower_hand. Event participant.hand_lowered."""

    participant_id: Id


class ParticipantUnban(Message):
    """participant.unban: whom a host removed may come again, as somebody new. Event participant.unbanned."""

    participant_id: Id


class MeetingMuteAll(Message):
    """meeting.mute_all: everyone but hosts and co-hosts; with `block` nobody muted switches on by themselves.

    Event meeting.muted_all, and with `block` meeting.options_changed.
    """

    block: bool = False


class MeetingLowerHands(Message):
    """meeting.lower_hands. Event meeting.hands_lowered."""


class MeetingFreeze(Message):
    """meeting.freeze: until thawed nobody but hosts and co-hosts sends, shares, writes or reacts.

    Event meeting.frozen.
    """

    frozen: bool


class MeetingSpotlight(Message):
    """meeting.spotlight: show somebody large to everybody; null: nobody. Event meeting.spotlighted."""

    participant_id: Id | None = None


class MeetingSetOptions(OptionsToChange, Message):
    """meeting.set_options: absent or null is unchanged. Event meeting.options_changed."""


# ---------------------------------------------------------------- events: what is in `d`


class LobbyRequested(Message):
    """lobby.requested (D): somebody waits."""

    waiting: WaitingPerson


class LobbyAdmitted(Message):
    """lobby.admitted (D): waits no more; participant.joined follows once they are in."""

    participant_id: Id
    display_name: str
    role: MeetingRole
    is_guest: bool


class LobbyDenied(Message):
    """lobby.denied (D): waits no more; their connection is closed with 4014."""

    participant_id: Id


class LobbyLeft(Message):
    """lobby.left (D): gave up waiting."""

    participant_id: Id


class LobbySaid(Message):
    """lobby.said (D), to hosts and co-hosts."""

    message: LobbyMessage


class LobbyPosition(Message):
    """lobby.position (E), to one who waits: how many are before them."""

    position: int
    waiting: int
    host_present: bool


class LobbyMessageSent(Message):
    """lobby.message (D), to all who wait, without an offset: `seq` tells which are known."""

    message: LobbyMessage


class Hidden(Message):
    """hidden (D): something that this role does not see; it has its offset."""


class ParticipantRoleChanged(Message):
    """participant.role_changed (D): participant.updated follows. The one concerned gets a reset instead."""

    participant_id: Id
    role: MeetingRole


class ParticipantRenamed(Message):
    """participant.renamed (D): participant.updated follows."""

    participant_id: Id
    display_name: str


class ParticipantAskedToUnmute(Message):
    """participant.asked_to_unmute (D): they may unmute themselves, and are asked to."""

    participant_id: Id


class ParticipantHandLowered(Message):
    """participant.hand_lowered (D): participant.updated follows."""

    participant_id: Id


class ParticipantUnbanned(Message):
    """participant.unbanned (D)"""

    participant_id: Id


class MeetingMutedAll(Message):
    """meeting.muted_all (D): all but hosts and co-hosts turn the microphone off; nobody `may_unmute` now."""

    blocked: bool


class MeetingHandsLowered(Message):
    """meeting.hands_lowered (D): participant.updated follows for each."""


class MeetingFrozen(Message):
    """meeting.frozen (D): all but hosts and co-hosts turn everything off."""

    frozen: bool


class MeetingSpotlighted(Message):
    """meeting.spotlighted (D)"""

    participant_id: Id | None = None


class MeetingOptionsChanged(Message):
    """meeting.options_changed (D): all of them, as they are now."""

    options: MeetingOptions


FLOOR_COMMANDS: dict[str, type[Message]] = {
    "lobby.admit": LobbyAdmit,
    "lobby.admit_all": LobbyAdmitAll,
    "lobby.deny": LobbyDeny,
    "lobby.say": LobbySay,
    "participant.set_role": ParticipantSetRole,
    "participant.rename": ParticipantRename,
    "participant.ask_to_unmute": ParticipantAskToUnmute,
    "participant.lower_hand": ParticipantLowerHand,
    "participant.unban": ParticipantUnban,
    "meeting.mute_all": MeetingMuteAll,
    "meeting.lower_hands": MeetingLowerHands,
    "meeting.freeze": MeetingFreeze,
    "meeting.spotlight": MeetingSpotlight,
    "meeting.set_options": MeetingSetOptions,
}

FLOOR_EVENTS: dict[str, type[Message]] = {
    "lobby.requested": LobbyRequested,
    "lobby.admitted": LobbyAdmitted,
    "lobby.denied": LobbyDenied,
    "lobby.left": LobbyLeft,
    "lobby.said": LobbySaid,
    "lobby.message": LobbyMessageSent,
    "hidden": Hidden,
    "participant.role_changed": ParticipantRoleChanged,
    "participant.renamed": ParticipantRenamed,
    "participant.asked_to_unmute": ParticipantAskedToUnmute,
    "participant.hand_lowered": ParticipantHandLowered,
    "participant.unbanned": ParticipantUnbanned,
    "meeting.muted_all": MeetingMutedAll,
    "meeting.hands_lowered": MeetingHandsLowered,
    "meeting.frozen": MeetingFrozen,
    "meeting.spotlighted": MeetingSpotlighted,
    "meeting.options_changed": MeetingOptionsChanged,
}

MODERATORS = frozenset({MeetingRole.HOST, MeetingRole.CO_HOST})
"""Who sees the lobby, and whom mute all and freeze leave alone."""

FOR_MODERATORS = frozenset(t for t in FLOOR_EVENTS if t.startswith("lobby."))
"""Events of the room log that others get as `hidden`."""
