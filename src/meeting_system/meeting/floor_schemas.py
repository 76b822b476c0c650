"""What clients send and get about the floor."""

from datetime import datetime

from pydantic import BaseModel, Field

from meeting_system.contracts.meeting_options import OptionsToChange
from meeting_system.contracts.signal_floor import MAX_LOBBY_MESSAGE_CHARS
from meeting_system.kernel.principal import MeetingRole
from meeting_system.kit.turn import IceServer
from meeting_system.meeting.schemas import Body, DisplayName


class Admit(Body):
    """POST /meetings/{id}/lobby/admit"""

    participant_id: str = Field(max_length=64)


class Deny(Body):
    """POST /meetings/{id}/lobby/deny: with `ban` device and account stay out."""

    participant_id: str = Field(max_length=64)
    ban: bool = False


class Say(Body):
    """POST /meetings/{id}/lobby/say"""

    body: str = Field(min_length=1, max_length=MAX_LOBBY_MESSAGE_CHARS)


class GiveRole(Body):
    """POST /meetings/{id}/participants/{pid}/role: `host` hands the meeting over."""

    role: MeetingRole = Field(strict=False)


class Rename(Body):
    """POST /meetings/{id}/participants/{pid}/rename"""

    display_name: DisplayName


class MuteEverybody(Body):
    """POST /meetings/{id}/actions/mute-all: with `block` nobody muted switches on by themselves."""

    block: bool = False


class Freeze(Body):
    """POST /meetings/{id}/actions/freeze"""

    frozen: bool


class SpotlightOn(Body):
    """POST /meetings/{id}/actions/spotlight: null takes it away."""

    participant_id: str | None = Field(max_length=64)


class LiveOptionsChange(OptionsToChange, Body):
    """PATCH /meetings/{id}/options: absent or null is unchanged."""


class Ban(BaseModel):
    """Whom a host keeps out; named by the participant who was removed."""

    participant_id: str
    display_name: str
    banned_by: str
    has_account: bool
    created_at: datetime


class BanPage(BaseModel):
    """In order of their participant ids."""

    items: list[Ban]
    next_cursor: str | None


class IceServers(BaseModel):
    """Relays for who is in, with credentials that hold for the meeting."""

    ice_servers: list[IceServer]
