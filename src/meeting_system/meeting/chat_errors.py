"""What goes wrong with messages and their files, each with its code."""

from meeting_system.kernel.errors import Conflict, Forbidden, Invalid, NotFound


class MessageNotFound(NotFound):
    """No such message here, it is deleted, or it is none of the caller's business."""

    code = "message_not_found"


class ChatOff(Forbidden):
    """The host decided that attendees don't write, or write to hosts only."""

    code = "chat_off"


class EditTooLate(Conflict):
    """A message can be edited for some time only."""

    code = "edit_too_late"


class TooManyReactions(Conflict):
    """A message has room for so many reactions."""

    code = "too_many_reactions"


class FileNotFound(NotFound):
    """No such file here, or not for the caller."""

    code = "file_not_found"


class FileTooLarge(Invalid):
    """More bytes than a file may have here."""

    status = 413
    code = "file_too_large"


class TooManyFiles(Conflict):
    """A meeting has room for so many bytes of files."""

    code = "too_many_files"
