"""Who is asking: an account, or a guest of one meeting."""

from dataclasses import dataclass
from enum import StrEnum

from meeting_system.kernel.ids import MeetingId, ParticipantId, UserId


class AccountRole(StrEnum):
    """Role of an account in the whole installation, weakest first."""

    GUEST = "guest"
    USER = "user"
    MODERATOR = "moderator"
    ADMIN = "admin"
    SUPER_ADMIN = "super_admin"


class MeetingRole(StrEnum):
    """Role of a participant in one meeting."""

    HOST = "host"
    CO_HOST = "co_host"
    PRESENTER = "presenter"
    ATTENDEE = "attendee"
    OBSERVER = "observer"


@dataclass(frozen=True)
class Account:
    """A signed-in account, or a program that acts for one.

    `family_id`: what its access ends with: the refresh-token family of a person, the token or client of a
    program. `scopes`: the permissions that a program was given; None: a person, who may all of the role.
    `avatar_url`: where the picture is, a path of this server; None: there is none.
    """

    user_id: UserId
    role: AccountRole
    display_name: str
    family_id: str
    scopes: frozenset[str] | None = None
    avatar_url: str | None = None


@dataclass(frozen=True)
class Guest:
    """Someone without an account, known only inside one meeting."""

    meeting_id: MeetingId
    participant_id: ParticipantId
    display_name: str


Principal = Account | Guest
