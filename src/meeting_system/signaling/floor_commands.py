"""Commands about the floor, as what the meeting service is asked."""

from collections.abc import Callable
from typing import Any

from meeting_system.contracts.call import Request
from meeting_system.contracts.floor import (
    ActOnParticipant,
    AdmitWaiting,
    DenyWaiting,
    FreezeMeeting,
    LowerHands,
    MuteAll,
    RenameParticipant,
    SayToLobby,
    SetOptions,
    SetRole,
    Spotlight,
)
from meeting_system.kernel.principal import MeetingRole

FLOOR_REQUESTS: dict[str, Callable[[dict[str, Any], Any], Request[Any]]] = {
    "lobby.admit": lambda key, data: AdmitWaiting(**key, target_id=data.participant_id),
    "lobby.admit_all": lambda key, _: AdmitWaiting(**key, target_id=None),
    "lobby.deny": lambda key, data: DenyWaiting(**key, target_id=data.participant_id, ban=data.ban),
    "lobby.say": lambda key, data: SayToLobby(**key, body=data.body),
    "participant.set_role": lambda key, data: SetRole(
        **key, target_id=data.participant_id, role=MeetingRole(data.role)
    ),
    "participant.rename": lambda key, data: RenameParticipant(
        **key, target_id=data.participant_id, display_name=data.display_name
    ),
    "participant.ask_to_unmute": lambda key, data: _act(key, data, "ask_to_unmute"),
    "participant.lower_hand": lambda key, data: _act(key, data, "lower_hand"),
    "participant.unban": lambda key, data: _act(key, data, "unban"),
    "meeting.mute_all": lambda key, data: MuteAll(**key, block=data.block),
    "meeting.lower_hands": lambda key, _: LowerHands(**key),
    "meeting.freeze": lambda key, data: FreezeMeeting(**key, frozen=data.frozen),
    "meeting.spotlight": lambda key, data: Spotlight(**key, target_id=data.participant_id),
    "meeting.set_options": lambda key, data: SetOptions(**key, change=data),
}


def _act(key: dict[str, Any], data: Any, action: str) -> ActOnParticipant:
    return ActOnParticipant.model_validate({**key, "target_id": data.participant_id, "action": action})
