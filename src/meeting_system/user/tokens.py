"""The pair a signed-in client holds: an access token, and a refresh token of a family."""

import secrets
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.kernel.ids import UserId, new_id
from meeting_system.kernel.principal import Account, AccountRole
from meeting_system.user import rules
from meeting_system.user.context import Context
from meeting_system.user.repository import families
from meeting_system.user.repository.accounts import AccountRow
from meeting_system.user.rules import Caller
from meeting_system.user.schemas import Locale, SignedIn, User


async def open_family(
    context: Context, connection: AsyncConnection, account: AccountRow, caller: Caller, *, now: datetime
) -> SignedIn:
    """Begin a family of refresh tokens: one a log-in."""
    family_id = new_id(now.timestamp())
    await families.insert_family(
        connection,
        family_id=family_id,
        user_id=account.user_id,
        now=now,
        expires_at=now + timedelta(seconds=context.settings.family_lifetime_s),
        caller=caller,
    )
    return await grow_family(context, connection, account, family_id, now=now)


async def grow_family(
    context: Context, connection: AsyncConnection, account: AccountRow, family_id: str, *, now: datetime
) -> SignedIn:
    """Give out one more refresh token of a family, with an access token."""
    refresh_token = secrets.token_urlsafe(32)
    await families.insert_token(
        connection,
        token_hash=rules.token_hash(refresh_token),
        family_id=family_id,
        now=now,
        expires_at=now + timedelta(seconds=context.settings.refresh_lifetime_s),
    )
    tokens = context.ports.tokens
    principal = Account(
        user_id=UserId(account.user_id),
        role=AccountRole(account.role),
        display_name=account.display_name,
        family_id=family_id,
        avatar_url=account.avatar_url,
    )
    return SignedIn(
        user=show(account),
        access_token=tokens.issue(principal),
        expires_in_s=tokens.lifetime_s,
        refresh_token=refresh_token,
    )


def show(account: AccountRow) -> User:
    """Return an account as its owner sees it."""
    return User(
        user_id=account.user_id,
        email=account.email,
        email_verified=account.email_verified_at is not None,
        display_name=account.display_name,
        locale=cast("Locale", account.locale),
        role=AccountRole(account.role),
        avatar_url=account.avatar_url,
        has_password=account.password_hash is not None,
        created_at=account.created_at,
    )
