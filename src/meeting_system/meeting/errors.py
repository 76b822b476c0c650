"""What goes wrong with meetings, each with its code."""

from meeting_system.kernel.errors import (
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    Unauthenticated,
)


class MeetingNotFound(NotFound):
    """No meeting has this id or number, or it is none of the caller's business."""

    code = "meeting_not_found"


class MeetingEnded(Conflict):
    """It is over."""

    code = "meeting_ended"


class MeetingNotLive(Conflict):
    """It has not begun, or is over."""

    code = "meeting_not_live"


class MeetingLocked(Conflict):
    """Nobody new may join."""

    code = "meeting_locked"


class MeetingFull(Conflict):
    """As many are in it as this installation allows."""

    code = "meeting_full"


class PasswordRequired(Forbidden):
    """The meeting has a password and none was sent."""

    code = "meeting_password_required"


class PasswordWrong(Forbidden):
    """Not the meeting's password."""

    code = "meeting_password_wrong"


class SignInRequired(Unauthenticated):
    """The meeting takes no guests."""

    code = "sign_in_required"


class DisplayNameRequired(Invalid):
    """A guest has to say a name."""

    code = "display_name_required"

    def __init__(self) -> None:
        detail = "say under which name you join"
        super().__init__(detail, errors=[FieldError("/display_name", detail)])


class ParticipantBanned(Forbidden):
    """A host removed this device from the meeting."""

    code = "participant_banned"


class ParticipantNotFound(NotFound):
    """No such participant in the live run."""

    code = "participant_not_found"


class TicketInvalid(Unauthenticated):
    """The ticket is unknown, used, too old, or for another meeting or device."""

    code = "ticket_invalid"


class PassInvalid(Unauthenticated):
    """The pass is unknown, too old, of another meeting, or another device has it."""

    code = "pass_invalid"


class CommandTaken(Conflict):
    """The key of this command belongs to another participant's command."""

    code = "command_taken"


class StreamTokenInvalid(Unauthenticated):
    """The token of a stream is unknown, revoked or too old."""

    code = "stream_token_invalid"


class StreamDirectionWrong(Forbidden):
    """A token to publish does not watch, and the other way round."""

    code = "stream_direction_wrong"


class StreamNotFound(NotFound):
    """The meeting has no such stream, or it was revoked."""

    code = "stream_not_found"


class TooManyStreams(Conflict):
    """A meeting has room for a few tokens only."""

    code = "too_many_streams"


class StartInvalid(Invalid):
    """No time, or one that can't be."""

    code = "start_invalid"


class TimeZoneUnknown(Invalid):
    """Not a name of the IANA data base."""

    code = "time_zone_unknown"


class RecurrenceInvalid(Invalid):
    """Not a rule that meetings can follow."""

    code = "recurrence_invalid"


class MeetingNotOpen(Conflict):
    """Others than its hosts may come later."""

    code = "meeting_not_open"


class MeetingIsLive(Conflict):
    """It goes on right now: its time stays."""

    code = "meeting_is_live"


class TooManyInvitees(Conflict):
    """As many are invited as one meeting takes."""

    code = "too_many_invitees"


class InviteeNotFound(NotFound):
    """Nobody with this id is invited."""

    code = "invitee_not_found"


class InvitationNotFound(NotFound):
    """The link of an invitation is unknown, or the invitation was taken back."""

    code = "invitation_not_found"


class FeedNotFound(NotFound):
    """The address of a calendar is unknown, or was replaced."""

    code = "feed_not_found"


class RoomNotFound(NotFound):
    """No room has this id or link, or it is none of the caller's business."""

    code = "room_not_found"


class RoomMemberNotFound(NotFound):
    """Not a member of the room."""

    code = "room_member_not_found"


class LastOwner(Conflict):
    """A room keeps at least one owner, a personal room the one it is of."""

    code = "last_owner"


class TooManyRooms(Conflict):
    """As many rooms as one account may have."""

    code = "too_many_rooms"


class AccountNotFound(NotFound):
    """No account has this address."""

    code = "account_not_found"


class SessionNotFound(NotFound):
    """The meeting has no such session."""

    code = "session_not_found"


class RoomInUse(Conflict):
    """It has meetings that are not over, or is personal."""

    code = "room_in_use"


class MeetingHasNoTime(Conflict):
    """It was started at once, not scheduled."""

    code = "meeting_has_no_time"


class InLobby(Forbidden):
    """Who waits in the lobby sees and does nothing of the meeting."""

    code = "in_lobby"


class LobbyDenied(Forbidden):
    """A host turned them away: they may ask again after a while."""

    code = "lobby_denied"


class MeetingIsFrozen(Forbidden):
    """Nobody but hosts does anything until the meeting is thawed."""

    code = "meeting_frozen"


class BreakoutNotFound(NotFound):
    """No breakout room of this meeting has this id."""

    code = "breakout_not_found"


class BreakoutNotYours(Forbidden):
    """Only who belongs to a breakout room enters it."""

    code = "breakout_not_yours"


class BreakoutsOpen(Conflict):
    """The breakout rooms are open: close them first."""

    code = "breakouts_open"


class BreakoutsNotOpen(Conflict):
    """There are no breakout rooms, or they are not open."""

    code = "breakouts_not_open"
