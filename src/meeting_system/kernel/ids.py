"""Ids: UUIDv7 strings, one NewType a noun, so that a meeting's id can't be passed for a user's."""

import secrets
import uuid
from typing import NewType

UserId = NewType("UserId", str)
RoomId = NewType("RoomId", str)
MeetingId = NewType("MeetingId", str)
ParticipantId = NewType("ParticipantId", str)
SessionId = NewType("SessionId", str)
MessageId = NewType("MessageId", str)
DeviceId = NewType("DeviceId", str)


def new_id(now_s: float) -> str:
    """Return a UUIDv7 (RFC 9562, section 5.7) for a Unix time in seconds: ids sort by their time of birth."""
    milliseconds = int(now_s * 1000) & (1 << 48) - 1
    value = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=value))


def is_id(text: str) -> bool:
    """Tell whether `text` is a UUID in its canonical form."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def new_secret() -> str:
    """Return 128 random bits, URL-safe: tickets and resume tokens."""
    return secrets.token_urlsafe(16)
