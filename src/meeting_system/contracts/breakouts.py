"""What signaling asks of meeting about breakout rooms: one request, with the command as it was sent."""

from typing import ClassVar

from meeting_system.contracts.call import Nothing, Request
from meeting_system.contracts.meeting import DurableCommand
from meeting_system.contracts.signal_breakouts import (
    BreakoutsAskHelp,
    BreakoutsAssign,
    BreakoutsBroadcast,
    BreakoutsChoose,
    BreakoutsClose,
    BreakoutsCreate,
    BreakoutsExtend,
    BreakoutsOpen,
)


class CreateBreakouts(DurableCommand, Request[Nothing]):
    """Errors: forbidden (403), breakouts_open (409), invalid (422)."""

    topic: ClassVar[str] = "meeting.create_breakouts"
    sent: BreakoutsCreate


class AssignBreakouts(DurableCommand, Request[Nothing]):
    """Errors: forbidden (403), breakout_not_found, participant_not_found (404), breakouts_not_open (409)."""

    topic: ClassVar[str] = "meeting.assign_breakouts"
    sent: BreakoutsAssign


class OpenBreakouts(DurableCommand, Request[Nothing]):
    """Errors: forbidden (403), breakouts_open, breakouts_not_open (409)."""

    topic: ClassVar[str] = "meeting.open_breakouts"
    sent: BreakoutsOpen


class ExtendBreakouts(DurableCommand, Request[Nothing]):
    """Errors: forbidden (403), breakouts_not_open (409)."""

    topic: ClassVar[str] = "meeting.extend_breakouts"
    sent: BreakoutsExtend


class BroadcastToBreakouts(DurableCommand, Request[Nothing]):
    """Errors: forbidden (403), breakouts_not_open (409), invalid (422)."""

    topic: ClassVar[str] = "meeting.broadcast_to_breakouts"
    sent: BreakoutsBroadcast


class AskHelpInBreakout(DurableCommand, Request[Nothing]):
    """Errors: forbidden (403), breakouts_not_open (409)."""

    topic: ClassVar[str] = "meeting.ask_help_in_breakout"
    sent: BreakoutsAskHelp


class ChooseBreakout(DurableCommand, Request[Nothing]):
    """Errors: forbidden (403), breakout_not_found (404), breakouts_not_open (409)."""

    topic: ClassVar[str] = "meeting.choose_breakout"
    sent: BreakoutsChoose


class CloseBreakouts(DurableCommand, Request[Nothing]):
    """Errors: forbidden (403), breakouts_not_open (409)."""

    topic: ClassVar[str] = "meeting.close_breakouts"
    sent: BreakoutsClose
