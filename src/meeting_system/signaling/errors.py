"""What goes wrong in signaling: a refused command is an AppError, an ended connection a CloseSocket."""

from pydantic import ValidationError

from meeting_system.contracts.signal import CloseCode
from meeting_system.kernel.errors import Conflict, FieldError, Forbidden, Invalid, Unavailable


class CloseSocket(Exception):
    """The connection ends with `code`; `reason` is a short sentence for the client's developer."""

    def __init__(self, code: CloseCode, reason: str = "") -> None:
        super().__init__(reason or code.name.lower())
        self.code = code
        self.reason = reason or code.name.lower()


class BadFrame(CloseSocket):
    """What was sent is not a frame of meet.v1."""

    def __init__(self, reason: str) -> None:
        super().__init__(CloseCode.BAD_FRAME, reason)


class CommandUnknown(Invalid):
    """There is no command of this name."""

    code = "command_unknown"


class CommandInvalid(Invalid):
    """The command's content is not what its schema says."""

    @classmethod
    def of(cls, fault: ValidationError) -> "CommandInvalid":
        """Say every wrong field, without what was in it."""
        found = fault.errors(include_url=False, include_input=False, include_context=False)[:8]
        errors = [
            FieldError("/" + "/".join(str(part) for part in each["loc"]), each["msg"]) for each in found
        ]
        return cls("the command does not fit its schema", errors=errors)


class AnswerLost(Conflict):
    """The command took effect earlier, but its answer is no longer stored."""

    code = "answer_lost"


class LogGap(Unavailable):
    """A durable event came before the one it follows; the sender tries again."""

    code = "log_gap"


class RoomClosed(Conflict):
    """The meeting's run is over, or this participant may not be in it any more."""

    code = "room_closed"


class StreamOver(Conflict):
    """A stream may not be in the room any more: the meeting ended, it was removed, or another took over."""

    code = "stream_over"


class StaleGeneration(Conflict):
    """An offer that is older than one already answered."""

    code = "media_stale_generation"


class InLobby(Forbidden):
    """Who waits in the lobby does nothing but wait."""

    code = "in_lobby"


class UnmuteBlocked(Forbidden):
    """A host decides who speaks."""

    code = "unmute_blocked"


class SharingBlocked(Forbidden):
    """A host decides who shares a screen."""

    code = "sharing_blocked"


class CameraBlocked(Forbidden):
    """A host decides who shows a picture."""

    code = "camera_blocked"


class PublishingBlocked(Forbidden):
    """An observer sends nothing."""

    code = "publishing_blocked"


class MeetingIsFrozen(Forbidden):
    """Nobody but hosts does anything until the meeting is thawed."""

    code = "meeting_frozen"


class EpochChanged(Exception):
    """The room's log is another one: the session must be carried over before it goes on."""


class SessionChanged(Exception):
    """Somebody else wrote for this session, or for its participant: what is held here must be read again."""


class LogAway(Exception):
    """Valkey did not answer: nothing is known of the step that was asked for."""
