"""What goes wrong, in the words of that API: `messageKey` is for programs and stays, `message` for people."""

from meeting_system.kernel.errors import NotFound


class BigBlueButtonOff(NotFound):
    """This server has no secret for the BigBlueButton-compatible API."""

    code = "bigbluebutton_off"


class Failed(Exception):
    """An answer with `returncode` FAILED."""

    def __init__(self, message_key: str, message: str) -> None:
        super().__init__(message)
        self.message_key = message_key
        self.message = message


def checksum_error() -> Failed:
    return Failed("checksumError", "Checksums do not match")


def missing(name: str, message: str) -> Failed:
    """A parameter is missing: `missingParamMeetingID`."""
    return Failed(f"missingParam{name[:1].upper()}{name[1:]}", message)


def no_meeting() -> Failed:
    return Failed("notFound", "A meeting with that ID does not exist")
