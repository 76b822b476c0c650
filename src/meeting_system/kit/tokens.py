"""Access tokens: signed, 15 minutes, for an account or for a guest of one meeting.

JWS with HS256. The key id names the key and the key the one algorithm; `exp`, `aud`, `iss` and `typ` are
required, so that a token made for something else is none of ours.
"""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from meeting_system.kernel.clock import Clock
from meeting_system.kernel.errors import Unauthenticated
from meeting_system.kernel.ids import MeetingId, ParticipantId, UserId
from meeting_system.kernel.principal import Account, AccountRole, Guest, Principal
from meeting_system.kit.raised import raises

ALGORITHM = "HS256"
ISSUER = "meeting-system"
AUDIENCE = "meeting-system/api"
TYPE = "at+jwt"
LIFETIME_S = 900
LEEWAY_S = 60
SHORTEST_SECRET = 32
LONGEST_TOKEN = 4096


class TokenInvalid(Unauthenticated):
    """Not a token of ours, or changed."""

    code = "token_invalid"


class TokenExpired(Unauthenticated):
    """A token of ours whose time is over: refresh and try again."""

    code = "token_expired"


class Tokens(Protocol):
    """Issues and checks access tokens; `verify` raises Unauthenticated (token_invalid, token_expired)."""

    def issue(self, principal: Principal, *, lifetime_s: int | None = None) -> str:
        """Return a token; `lifetime_s` for guests, who have nothing to refresh it with."""
        ...

    @raises(TokenInvalid, TokenExpired)
    def verify(self, token: str) -> Principal: ...
    @property
    def lifetime_s(self) -> int: ...


class SignedTokens:
    """Tokens signed with a secret. `secrets_by_id`: the first one signs, all are accepted (rotation)."""

    def __init__(
        self, secrets_by_id: Mapping[str, str], clock: Clock, *, lifetime_s: int = LIFETIME_S
    ) -> None:
        if not secrets_by_id:
            raise ValueError("a secret is needed to sign tokens")
        for key_id, secret in secrets_by_id.items():
            if len(secret.encode()) < SHORTEST_SECRET:
                raise ValueError(f"the secret {key_id} is shorter than {SHORTEST_SECRET} bytes")
        self._keys = {key_id: OctKey.import_key(secret.encode()) for key_id, secret in secrets_by_id.items()}
        self._signing_id = next(iter(secrets_by_id))
        self._clock = clock
        self._lifetime_s = lifetime_s

    @property
    def lifetime_s(self) -> int:
        return self._lifetime_s

    def issue(self, principal: Principal, *, lifetime_s: int | None = None) -> str:
        now = int(self._clock.now().timestamp())
        expires = now + (self._lifetime_s if lifetime_s is None else lifetime_s)
        claims = {"iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": expires}
        header = {"alg": ALGORITHM, "kid": self._signing_id, "typ": TYPE}
        return jwt.encode(
            header, claims | _to_claims(principal), self._keys[self._signing_id], algorithms=[ALGORITHM]
        )

    def verify(self, token: str) -> Principal:
        try:
            claims = self._open(token)
            principal = _to_principal(claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise TokenInvalid("the access token is not valid: log in again") from error
        if claims["exp"] + LEEWAY_S <= self._clock.now().timestamp():
            raise TokenExpired("the access token has expired: refresh it")
        return principal

    def _open(self, token: str) -> dict[str, Any]:
        if len(token) > LONGEST_TOKEN:
            raise ValueError("too long")
        decoded = jwt.decode(token, self._find_key, algorithms=[ALGORITHM])
        claims: dict[str, Any] = decoded.claims
        if decoded.header.get("typ") != TYPE or claims["iss"] != ISSUER or claims["aud"] != AUDIENCE:
            raise ValueError("made for something else")
        if type(claims["exp"]) is not int:
            raise TypeError("exp is no number")
        return claims

    def _find_key(self, message: Any) -> OctKey:
        return self._keys[message.headers()["kid"]]


def _to_claims(principal: Principal) -> dict[str, str]:
    if isinstance(principal, Account):
        claims = {
            "sub": principal.user_id,
            "role": principal.role,
            "name": principal.display_name,
            "fam": principal.family_id,
        }
        if principal.avatar_url is not None:
            claims["picture"] = principal.avatar_url
        # RFC 9068, section 2.2.3: only programs have it.
        return claims if principal.scopes is None else claims | {"scope": " ".join(sorted(principal.scopes))}
    return {
        "sub": principal.participant_id,
        "meeting": principal.meeting_id,
        "name": principal.display_name,
    }


def _to_principal(claims: dict[str, Any]) -> Principal:
    if "meeting" in claims:
        return Guest(
            MeetingId(str(claims["meeting"])), ParticipantId(str(claims["sub"])), str(claims["name"])
        )
    return Account(
        UserId(str(claims["sub"])),
        AccountRole(claims["role"]),
        str(claims["name"]),
        str(claims["fam"]),
        frozenset(str(claims["scope"]).split()) if "scope" in claims else None,
        str(claims["picture"]) if "picture" in claims else None,
    )


def load_or_make_secret(file: Path) -> str:
    """Return the secret in `file`, made at the first start and readable by us alone."""
    try:
        secret = file.read_text().strip()
    except FileNotFoundError:
        secret = secrets.token_urlsafe(48)
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".draft")
        draft.touch(mode=0o600)
        draft.write_text(secret + "\n")
        draft.replace(file)
    if len(secret) < SHORTEST_SECRET:
        raise ValueError(f"the secret in {file} is damaged: remove the file to make a new one")
    return secret
