"""What signaling asks of meeting about breakout rooms, from the main room or from one of them."""

from collections.abc import Callable
from typing import Any

from meeting_system.contracts.breakouts import (
    AskHelpInBreakout,
    AssignBreakouts,
    BroadcastToBreakouts,
    ChooseBreakout,
    CloseBreakouts,
    CreateBreakouts,
    ExtendBreakouts,
    OpenBreakouts,
)
from meeting_system.contracts.call import Nothing, Request
from meeting_system.contracts.meeting import DurableCommand
from meeting_system.kit.bus import Handler
from meeting_system.meeting import breakouts
from meeting_system.meeting.breakout_entry import call_from_breakout
from meeting_system.meeting.context import Context
from meeting_system.meeting.durable import Effect, call_of_command, once

_EFFECTS: dict[type[DurableCommand], Callable[[Any], Effect]] = {
    CreateBreakouts: breakouts.creating,
    AssignBreakouts: breakouts.assigning,
    OpenBreakouts: lambda sent: breakouts.opening(sent.duration_s),
    ExtendBreakouts: lambda sent: breakouts.extending(sent.by_s),
    BroadcastToBreakouts: lambda sent: breakouts.broadcasting(sent.body),
    AskHelpInBreakout: lambda _sent: breakouts.ask_help,
    ChooseBreakout: breakouts.choosing,
    CloseBreakouts: lambda sent: breakouts.closing(sent.countdown_s),
}


def breakout_handlers(context: Context) -> dict[type[Request[Any]], Handler]:
    """Return the handler of each request about breakout rooms."""

    async def do(command: Any) -> Nothing:
        effect = _EFFECTS[type(command)](command.sent)
        await once(context, await call_from_breakout(context, call_of_command(command)), effect)
        return Nothing()

    handlers: dict[type[Request[Any]], Handler] = {}
    for command in _EFFECTS:
        handlers[command] = do  # type: ignore[index]  # every one of them is a Request too
    return handlers
