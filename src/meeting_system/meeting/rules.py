"""The decisions about meetings, without I/O."""

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from meeting_system.contracts.media import Source
from meeting_system.contracts.meeting_options import MeetingOptions
from meeting_system.contracts.permissions import check_participant
from meeting_system.contracts.signal_floor import MODERATORS
from meeting_system.kernel.errors import FieldError, Forbidden, Invalid
from meeting_system.kernel.ids import is_id
from meeting_system.kernel.principal import MeetingRole
from meeting_system.meeting.errors import (
    DisplayNameRequired,
    LobbyDenied,
    MeetingEnded,
    MeetingFull,
    MeetingIsFrozen,
    MeetingLocked,
    MeetingNotFound,
    ParticipantBanned,
    SignInRequired,
)

OVER = frozenset({"ended", "cancelled", "expired"})
ASK_AGAIN_AFTER_S = 60.0
"""So long a host who said no is left in peace."""
PRESENT = frozenset({"connected", "reconnecting"})
_NUMBER = re.compile(r"[1-9][0-9]{8}")
_SLUG_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class Reference:
    """How a meeting was named: by id, or by number."""

    meeting_id: str | None = None
    meeting_no: str | None = None


def cleaned(clean: Callable[[str], str], text: str, pointer: str) -> str:
    """Return a text as `clean` makes it; raise Invalid for one that can't be. `pointer`: to its field."""
    try:
        return clean(text)
    except ValueError as error:
        raise Invalid(str(error), errors=[FieldError(pointer, str(error))]) from error


def shuffle(people: Sequence[str]) -> list[str]:
    """Return them in a random order."""
    return secrets.SystemRandom().sample(people, len(people))


def parse_reference(text: str) -> Reference:
    """Read a meeting id, or a nine-digit number with or without blanks and dashes."""
    if len(text) <= 64:
        if is_id(text.lower()):
            return Reference(meeting_id=text.lower())
        number = re.sub(r"[\s-]", "", text)
        if number.isascii() and _NUMBER.fullmatch(number):
            return Reference(meeting_no=number)
    raise MeetingNotFound("there is no meeting with this number or link")


def new_meeting_no() -> str:
    """Return nine random digits for one meeting, the first not 0 and not 9."""
    return str(100_000_000 + secrets.randbelow(800_000_000))


def new_series_no() -> str:
    """Return the number that all meetings of a series share: nine digits, the first a 9, so that no other
    meeting ever gets it."""
    return str(900_000_000 + secrets.randbelow(100_000_000))


def new_slug() -> str:
    """Return the random name of a room, without letters that are read as others."""
    letters = "".join(secrets.choice(_SLUG_LETTERS) for _ in range(10))
    return f"{letters[:3]}-{letters[3:7]}-{letters[7:]}"


@dataclass(frozen=True)
class Candidate:
    """Everything that decides whether somebody may join.

    `known`: already took part in this run from this device. `proven`: and the caller showed a token for it.
    `admitted`: and was in, or was let in. `denied_s`: since a host turned them away; null: nobody did.
    """

    status: str
    locked: bool
    guests_allowed: bool
    has_password: bool
    banned: bool
    role: MeetingRole
    is_guest: bool
    display_name: str | None
    known: bool
    proven: bool
    present: int
    max_participants: int
    options: MeetingOptions = field(default_factory=MeetingOptions)
    admitted: bool = False
    host_present: bool = True
    denied_s: float | None = None


def check_join(candidate: Candidate) -> None:
    """Raise why somebody may not join; the password is checked after."""
    moderates = candidate.role in MODERATORS
    if candidate.status in OVER:
        raise MeetingEnded("this meeting is over")
    if candidate.is_guest and not candidate.guests_allowed:
        raise SignInRequired("this meeting takes no guests: sign in first")
    if candidate.banned and not moderates:
        raise ParticipantBanned("a host removed you from this meeting")
    if candidate.denied_s is not None and candidate.denied_s < ASK_AGAIN_AFTER_S and not moderates:
        wait_s = ASK_AGAIN_AFTER_S - candidate.denied_s
        raise LobbyDenied("a host did not let you in; you may ask again later", retry_after_s=wait_s)
    if candidate.locked and not (candidate.known or moderates):
        raise MeetingLocked("the host locked this meeting: ask them to let you in")
    if candidate.present >= candidate.max_participants and not (candidate.known or moderates):
        raise MeetingFull(f"{candidate.max_participants} people are in this meeting: no more may join")
    if candidate.display_name is None:
        raise DisplayNameRequired


def waits(candidate: Candidate) -> bool:
    """Tell whether somebody who may join has to wait in the lobby."""
    was_in = candidate.admitted and candidate.proven
    return not was_in and must_wait(
        candidate.role,
        candidate.options,
        is_guest=candidate.is_guest,
        host_present=candidate.host_present,
    )


def must_wait(role: MeetingRole, options: MeetingOptions, *, is_guest: bool, host_present: bool) -> bool:
    """Tell whether people like this wait: all for the host, guests or everyone for being let in."""
    if role in MODERATORS:
        return False
    if not host_present and not options.join_before_host:
        return True
    return options.lobby == "everyone" or (options.lobby == "guests" and is_guest)


def needs_password(candidate: Candidate) -> bool:
    """Tell whether the password must be shown: not by hosts, not by who proves to have been in."""
    return candidate.has_password and candidate.role not in MODERATORS and not candidate.proven


def check_mute(actor: MeetingRole, target: MeetingRole, source: Source) -> None:
    """Raise Forbidden unless `actor` may stop `source` of `target`: nobody but hosts silences a host."""
    check_participant(actor, "participant:mute")
    if target is MeetingRole.HOST and actor is not MeetingRole.HOST:
        raise Forbidden(f"only a host may stop the {source} of a host")


def check_remove(actor: MeetingRole, target: MeetingRole) -> None:
    """Raise Forbidden unless `actor` may remove `target`: hosts can't be removed, co-hosts by hosts only."""
    check_participant(actor, "participant:remove")
    if target is MeetingRole.HOST:
        raise Forbidden("a host can't be removed")
    if target is MeetingRole.CO_HOST and actor is not MeetingRole.HOST:
        raise Forbidden("only a host may remove a co-host")


def presence_event(before: str | None, now: str) -> Literal["participant.joined", "participant.left"] | None:
    """Return what others are told when a participant's state changes: who reconnects has not left."""
    if now == "connected" and before not in PRESENT:
        return "participant.joined"
    if now == "left" and before in PRESENT:
        return "participant.left"
    return None


def check_set_role(actor: MeetingRole, target: MeetingRole, role: MeetingRole) -> None:
    """Raise Forbidden unless `actor` may give `role` to somebody who is `target`.

    A host stays one until the meeting is handed over; co-hosts give none of their own rights.
    """
    check_participant(actor, "participant:role")
    if target is MeetingRole.HOST:
        raise Forbidden("a host hands the meeting over by making somebody else the host")
    if actor is not MeetingRole.HOST and (target in MODERATORS or role in MODERATORS):
        raise Forbidden("only a host makes or unmakes hosts and co-hosts")


def check_not_frozen(role: MeetingRole, *, frozen: bool) -> None:
    """Raise MeetingIsFrozen for whom a freeze silences."""
    if frozen and role not in MODERATORS:
        raise MeetingIsFrozen("a host froze this meeting: wait until it goes on")


def moment(time: datetime) -> str:
    """Return a time as it goes over the wire: RFC 3339 in UTC, always with microseconds."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
