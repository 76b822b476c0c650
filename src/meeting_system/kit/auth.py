"""Who is asking: the bearer token of a request, as a principal."""

import hashlib
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from meeting_system.contracts.user import FindTokenHolder
from meeting_system.kernel.errors import Forbidden, Unauthenticated
from meeting_system.kernel.ids import UserId
from meeting_system.kernel.ports import Store
from meeting_system.kernel.principal import Account, Principal
from meeting_system.kit.bus import Bus
from meeting_system.kit.tokens import TokenInvalid, Tokens

SCHEME = "bearer "
PROGRAM_PREFIX = "mst_"
"""How personal access tokens begin, so that scanners of leaked secrets find them."""
LONGEST_TOKEN = 128


class PersonWanted(Forbidden):
    """A program asks for what only a person may do."""

    code = "person_wanted"


@dataclass(frozen=True)
class Authenticator:
    """Checks bearer tokens; the application keeps one in its state."""

    tokens: Tokens
    store: Store
    bus: Bus

    async def authenticate(self, token: str) -> Principal:
        """Return whose token it is; refuse those of log-ins, clients and tokens that were ended."""
        if token.startswith(PROGRAM_PREFIX):
            return await self._find_holder(token)
        principal = self.tokens.verify(token)
        if isinstance(principal, Account) and await self.store.get(revoked_family_key(principal.family_id)):
            raise TokenInvalid("this sign-in was ended: log in again")
        return principal

    async def _find_holder(self, token: str) -> Account:
        """Ask user for the holder of a personal access token: it may end at any moment."""
        if len(token) > LONGEST_TOKEN or not token.isascii():
            raise TokenInvalid("not a token of ours")
        holder = await self.bus.call(FindTokenHolder(token_hash=hash_token(token)))
        return Account(
            UserId(holder.user_id),
            holder.role,
            holder.display_name,
            holder.token_id,
            frozenset(holder.scopes),
            holder.avatar_url,
        )


def hash_token(token: str) -> str:
    """Return what is kept of a program's token: it has 256 random bits, so one round is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


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


async def require_person(request: HTTPConnection) -> Account:
    """Return the account of a person who logged in; programs that act for one are refused."""
    account = await require_account(request)
    if account.scopes is not None:
        raise PersonWanted("only a person who logged in may do this, not a program with a token")
    return account
