"""Logging in through another provider, as user sees it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Asked:
    """What was sent along with somebody to the provider, and must come back or fit what does."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Claims:
    """What a provider says of somebody; `subject` is theirs for ever, everything else may change."""

    subject: str
    email: str | None
    email_verified: bool
    name: str | None


class LoginProvider(Protocol):
    """One OpenID Connect provider. Both raise Unavailable when it is away, Forbidden when it refuses."""

    async def address(self, asked: Asked, redirect_uri: str) -> str:
        """Return where the browser goes to log in."""
        ...

    async def redeem(self, code: str, asked: Asked, redirect_uri: str) -> Claims:
        """Exchange the code that came back for who it is."""
        ...
