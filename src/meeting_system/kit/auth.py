"""Who is asking: the bearer token of a request, as a principal."""

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from meeting_system.kernel.errors import Forbidden, Unauthenticated
from meeting_system.kernel.ports import Store
from meeting_system.kernel.principal import Account, Principal
from meeting_system.kit.tokens import TokenInvalid, Tokens

SCHEME = "bearer "


@dataclass(frozen=True)
class Authenticator:
    """Checks bearer tokens; the application keeps one in its state."""

    tokens: Tokens
    store: Store

    async def authenticate(self, token: str) -> Principal:
        """Return whose token it is; refuse those of refresh-token families that were ended."""
        principal = self.tokens.verify(token)
        if isinstance(principal, Account) and await self.store.get(revoked_family_key(principal.family_id)):
            raise TokenInvalid("this sign-in was ended: log in again")
        return principal


def revoked_family_key(family_id: str) -> str:
    """Return the key whose presence ends the access tokens of a refresh-token family."""
    return f"revoked:family:{family_id}"


async def find_principal(request: HTTPConnection) -> Principal | None:
    """Return who asks, None when no token was sent; raise Unauthenticated when it is not valid."""
    known: Principal | None = getattr(request.state, "principal", None)
    if known is not None:
        return known
    header = request.headers.get("authorization")
    if not header:
        return None
    if header[: len(SCHEME)].lower() != SCHEME:
        raise TokenInvalid("send `Authorization: Bearer …`")
    authenticator: Authenticator = request.app.state.authenticator
    principal = await authenticator.authenticate(header[len(SCHEME) :].strip())
    request.state.principal = principal
    return principal


async def require_principal(request: HTTPConnection) -> Principal:
    """Return who asks; raise Unauthenticated when no valid token was sent."""
    principal = await find_principal(request)
    if principal is None:
        raise Unauthenticated("log in first")
    return principal


async def require_account(request: HTTPConnection) -> Account:
    """Return the account that asks; guests are refused."""
    principal = await require_principal(request)
    if not isinstance(principal, Account):
        raise Forbidden("this needs an account: guests can't do it")
    return principal
