"""Commands about breakout rooms, as what the meeting service is asked."""

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

BREAKOUT_REQUESTS: dict[str, Any] = {
    "breakouts.create": lambda key, sent: CreateBreakouts(**key, sent=sent),
    "breakouts.assign": lambda key, sent: AssignBreakouts(**key, sent=sent),
    "breakouts.open": lambda key, sent: OpenBreakouts(**key, sent=sent),
    "breakouts.extend": lambda key, sent: ExtendBreakouts(**key, sent=sent),
    "breakouts.broadcast": lambda key, sent: BroadcastToBreakouts(**key, sent=sent),
    "breakouts.ask_help": lambda key, sent: AskHelpInBreakout(**key, sent=sent),
    "breakouts.choose": lambda key, sent: ChooseBreakout(**key, sent=sent),
    "breakouts.close": lambda key, sent: CloseBreakouts(**key, sent=sent),
}
