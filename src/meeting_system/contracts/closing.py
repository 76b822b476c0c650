"""Why a `meet.v1` socket was closed, and what the client does next: stop, resume, or identify again."""

from enum import IntEnum
from typing import Literal


class CloseCode(IntEnum):
    """Why the server closed the socket. What to do is in `CLOSE_ACTIONS`."""

    BAD_FRAME = 4001
    NOT_AUTHENTICATED = 4002
    EXPIRED = 4003
    UNKNOWN_SESSION = 4004
    REPLACED = 4005
    KICKED = 4006
    MEETING_ENDED = 4007
    SLOW = 4008
    RATE_LIMITED = 4009
    HEARTBEAT_LOST = 4010
    DRAINING = 4011
    GAP = 4012
    VERSION = 4013
    DENIED = 4014
    LOGGED_OUT = 4015


CloseAction = Literal["stop", "resume", "identify"]
CLOSE_ACTIONS: dict[CloseCode, CloseAction] = {
    CloseCode.BAD_FRAME: "stop",
    CloseCode.NOT_AUTHENTICATED: "identify",
    CloseCode.EXPIRED: "identify",
    CloseCode.UNKNOWN_SESSION: "identify",
    CloseCode.REPLACED: "stop",
    CloseCode.KICKED: "stop",
    CloseCode.MEETING_ENDED: "stop",
    CloseCode.SLOW: "resume",
    CloseCode.RATE_LIMITED: "resume",
    CloseCode.HEARTBEAT_LOST: "resume",
    CloseCode.DRAINING: "resume",
    CloseCode.GAP: "resume",
    CloseCode.VERSION: "stop",
    CloseCode.DENIED: "stop",
    CloseCode.LOGGED_OUT: "stop",
}
