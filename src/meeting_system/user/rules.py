"""The decisions about accounts, without I/O."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from pathlib import Path
from unicodedata import normalize

from meeting_system.kernel.principal import AccountRole
from meeting_system.user.errors import PasswordWeak, RankTooHigh

PASSWORD_MIN_LENGTH = 10
# The head of the published lists of leaked passwords, those of ten characters and more, and their like.
_COMMON = frozenset((Path(__file__).parent / "common_passwords.txt").read_text(encoding="utf-8").split())


def check_password(password: str, *, email: str) -> None:
    """Raise PasswordWeak for what is guessed first."""
    plain = normalize("NFKC", password).casefold()
    if len(plain) < PASSWORD_MIN_LENGTH:
        raise PasswordWeak(f"at least {PASSWORD_MIN_LENGTH} characters")
    if plain in (email, email.partition("@")[0]):
        raise PasswordWeak("not your e-mail address")
    if plain in _COMMON or len(set(plain)) < 3:
        raise PasswordWeak("too common; a few words in a row are a good password")


def token_hash(token: str) -> bytes:
    """Return what is stored of a refresh token: it has 256 random bits, so one round is enough."""
    return hashlib.sha256(token.encode()).digest()


@dataclass(frozen=True)
class Caller:
    """Where a request comes from, as its owner is shown it later."""

    address: str
    user_agent: str | None = None


def rank(role: AccountRole) -> int:
    """Return the height of a role: more is more."""
    return list(AccountRole).index(role)


def check_rank(actor: AccountRole, target: AccountRole) -> None:
    """Raise RankTooHigh unless who has `actor` may do something to who has `target`."""
    if actor is not AccountRole.SUPER_ADMIN and rank(target) >= rank(actor):
        raise RankTooHigh(f"this account is {target}: only a higher role may do that, yours is {actor}")


def check_grant(actor: AccountRole, given: AccountRole) -> None:
    """Raise RankTooHigh for a role above one's own."""
    if rank(given) > rank(actor):
        raise RankTooHigh(f"{given} is above your own role, {actor}")


class Verdict(Enum):
    """What becomes of a refresh token that was shown."""

    ROTATE = auto()
    RACE = auto()
    REUSED = auto()
    EXPIRED = auto()
    REVOKED = auto()


def judge_refresh(
    *,
    now: datetime,
    used_at: datetime | None,
    expires_at: datetime,
    family_expires_at: datetime,
    revoked: bool,
    grace_s: float,
) -> Verdict:
    """Decide about a refresh token. A second use just after the first is another tab of the same browser;
    later it is a copy (RFC 9700, section 4.14.2)."""
    if revoked:
        return Verdict.REVOKED
    if used_at is not None and now - used_at > timedelta(seconds=grace_s):
        return Verdict.REUSED
    if now >= min(expires_at, family_expires_at):
        return Verdict.EXPIRED
    return Verdict.ROTATE if used_at is None else Verdict.RACE
