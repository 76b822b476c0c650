"""What signaling asks of meeting about the floor: each durable command and its effect."""

from collections.abc import Callable
from typing import Any

from meeting_system.contracts.call import Nothing, Request
from meeting_system.contracts.floor import (
    ActOnParticipant,
    AdmitWaiting,
    Blocked,
    DenyWaiting,
    FindBlocked,
    FreezeMeeting,
    LowerHands,
    MuteAll,
    RenameParticipant,
    SayToLobby,
    SetOptions,
    SetRole,
    Spotlight,
)
from meeting_system.contracts.meeting import DurableCommand
from meeting_system.kit.bus import Handler
from meeting_system.meeting import floor, lobby, roles
from meeting_system.meeting.context import Context
from meeting_system.meeting.durable import Effect, call_of_command, once

_EFFECTS: dict[type[DurableCommand], Callable[[Any], Effect]] = {
    AdmitWaiting: lambda command: lobby.admitting(command.target_id),
    DenyWaiting: lambda command: lobby.denying(command.target_id, ban=command.ban),
    SayToLobby: lambda command: lobby.saying(command.body),
    SetRole: lambda command: roles.setting(command.target_id, command.role),
    RenameParticipant: lambda command: floor.renaming(command.target_id, command.display_name),
    ActOnParticipant: lambda command: _ACTIONS[command.action](command.target_id),
    MuteAll: lambda command: floor.muting_all(block=command.block),
    LowerHands: lambda _command: floor.lower_hands,
    FreezeMeeting: lambda command: floor.freezing(frozen=command.frozen),
    Spotlight: lambda command: floor.spotlighting(command.target_id),
    SetOptions: lambda command: floor.setting_options(command.change),
}
_ACTIONS: dict[str, Callable[[str], Effect]] = {
    "ask_to_unmute": floor.asking_to_unmute,
    "lower_hand": floor.lowering_hand,
    "unban": floor.unbanning,
}


def floor_handlers(context: Context) -> dict[type[Request[Any]], Handler]:
    """Return the handler of each request about the floor."""

    async def do(command: Any) -> Nothing:
        effect = _EFFECTS[type(command)](command)
        await once(context, call_of_command(command), effect)
        return Nothing()

    async def find_blocked(request: FindBlocked) -> Blocked:
        return await floor.find_blocked(context, request)

    handlers: dict[type[Request[Any]], Handler] = {FindBlocked: find_blocked}
    for command in _EFFECTS:
        handlers[command] = do  # type: ignore[index]  # every one of them is a Request too
    return handlers
