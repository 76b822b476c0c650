"""Personal access tokens: what programs of a person prove themselves with, limited by scopes."""

import secrets
from datetime import timedelta

from meeting_system.contracts.permissions import GRANTABLE, check_account, may
from meeting_system.contracts.user import TokenHolder
from meeting_system.kernel.errors import FieldError, Forbidden, Invalid
from meeting_system.kernel.ids import is_id, new_id
from meeting_system.kernel.principal import Account, AccountRole
from meeting_system.kit.auth import PROGRAM_PREFIX, hash_token
from meeting_system.kit.tokens import TokenExpired, TokenInvalid
from meeting_system.user import clients
from meeting_system.user.context import Context
from meeting_system.user.errors import TokenNotFound, TooManyTokens
from meeting_system.user.repository import programs, trail
from meeting_system.user.repository.programs import TokenRow
from meeting_system.user.rules import Caller
from meeting_system.user.schemas import AccessToken, CreatedToken, NewToken, TokenList

_HINT = len(PROGRAM_PREFIX) + 6
_NOTED = timedelta(minutes=1)
"""The last use is written down so often: a program may ask many times in a second."""


async def list_tokens(context: Context, account: Account) -> TokenList:
    """Return the tokens of an account, newest first, and the scopes that a new one may have."""
    check_account(account, "token:manage")
    async with context.ports.database.reading() as connection:
        rows = await programs.list_tokens(connection, account.user_id)
    return TokenList(items=[_show(row) for row in rows], grantable=grantable(account))


def grantable(account: Account) -> list[str]:
    """Return what an account may give to a program: no more than it may itself."""
    return sorted(scope for scope in GRANTABLE if may(account, scope))


def check_grantable(account: Account, scopes: list[str]) -> None:
    """Raise Forbidden for scopes beyond what the account may itself."""
    if beyond := sorted(set(scopes) - set(grantable(account))):
        raise Forbidden(f"your account ({account.role}) can't give {', '.join(beyond)}")


async def create_token(context: Context, account: Account, sent: NewToken, caller: Caller) -> CreatedToken:
    """Make a token; it is shown this once. Errors: forbidden (scopes beyond the role), too_many_tokens."""
    check_account(account, "token:manage")
    check_grantable(account, sent.scopes)
    now = context.ports.clock.now()
    if sent.expires_at is not None and sent.expires_at <= now:
        raise Invalid("the end is in the past", errors=[FieldError("/expires_at", "in the past")])
    token = PROGRAM_PREFIX + secrets.token_urlsafe(32)
    row = TokenRow(
        token_id=new_id(now.timestamp()),
        user_id=account.user_id,
        name=sent.name,
        hint=token[:_HINT],
        token_hash=hash_token(token),
        scopes=sent.scopes,
        created_at=now,
        expires_at=sent.expires_at,
    )
    async with context.ports.database.transaction() as connection:
        if await programs.count_tokens(connection, account.user_id) >= context.settings.tokens_per_account:
            raise TooManyTokens("delete tokens that are not used any more")
        await programs.insert_token(connection, row)
        await trail.insert_audit(
            connection,
            "token_created",
            user_id=account.user_id,
            address=caller.address,
            now=now,
            detail={"token_id": row.token_id, "scopes": row.scopes},
        )
    return CreatedToken(**_show(row).model_dump(), token=token)


async def delete_token(context: Context, account: Account, token_id: str, caller: Caller) -> None:
    """Delete a token: it is refused from now on. Error: token_not_found."""
    check_account(account, "token:manage")
    async with context.ports.database.transaction() as connection:
        if not is_id(token_id) or not await programs.delete_token(connection, account.user_id, token_id):
            raise TokenNotFound("there is no such token")
        await trail.insert_audit(
            connection,
            "token_deleted",
            user_id=account.user_id,
            address=caller.address,
            now=context.ports.clock.now(),
            detail={"token_id": token_id},
        )


async def find_holder(context: Context, token_hash: str) -> TokenHolder:
    """Return whom a program with this token acts for. Errors: token_invalid, token_expired."""
    now = context.ports.clock.now()
    async with context.ports.database.reading() as connection:
        row = await programs.find_token_holder(connection, token_hash)
        if row is None:
            row = await clients.find_holder(context, connection, token_hash)
        if row is None or row.disabled_at is not None:
            raise TokenInvalid("this token is not known, or was deleted")
        if row.expires_at is not None and row.expires_at <= now:
            raise TokenExpired("this token has expired: make another")
        if row.used_at is None or now - row.used_at > _NOTED:
            await programs.touch_token(connection, row.program_id, now=now)
    return TokenHolder(
        token_id=row.program_id,
        user_id=row.user_id,
        role=AccountRole(row.role),
        display_name=row.display_name,
        scopes=row.scopes,
        avatar_url=row.avatar_url,
    )


def _show(row: TokenRow) -> AccessToken:
    return AccessToken(
        token_id=row.token_id,
        name=row.name,
        hint=row.hint,
        scopes=row.scopes,
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )
