"""Access tokens: signed, 15 minutes, for an account or for a guest of one meeting."""

from typing import Protocol

from meeting_system.kernel.principal import Principal


class Tokens(Protocol):
    """Issues and checks access tokens; `verify` raises Unauthenticated (token_invalid, token_expired)."""

    def issue(self, principal: Principal) -> str: ...
    def verify(self, token: str) -> Principal: ...
    @property
    def lifetime_s(self) -> int: ...
