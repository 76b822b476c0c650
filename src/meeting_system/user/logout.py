"""The end of a log-in, or of all: refresh tokens in PostgreSQL, access tokens through Valkey."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.account import DisconnectAccount
from meeting_system.contracts.user import BlockFamilies
from meeting_system.kernel.errors import Unavailable
from meeting_system.kernel.principal import Account
from meeting_system.kit import outbox
from meeting_system.kit.auth import revoked_family_key
from meeting_system.kit.log import logger
from meeting_system.user import rules
from meeting_system.user.context import Context
from meeting_system.user.repository import families, trail

log = logger(__name__)

_LEEWAY_S = 120  # clocks of processes differ a little: blocked longer than any token lives


async def logout(context: Context, token: str, *, address: str) -> None:
    """End the log-in that a refresh token belongs to; an unknown one is as good as logged out."""
    now = context.ports.clock.now()
    async with context.ports.database.transaction() as connection:
        row = await families.lock_token(connection, rules.token_hash(token))
        if row is None:
            return
        await end_family(context, connection, row.family_id, row.user_id, why="logout", now=now)
        await trail.insert_audit(connection, "logged_out", user_id=row.user_id, address=address, now=now)
    await block_now(context, [row.family_id])


async def logout_account(context: Context, account: Account, *, address: str) -> None:
    """End the log-in that an access token came from: for programs that hold no refresh token any more."""
    now = context.ports.clock.now()
    async with context.ports.database.transaction() as connection:
        await end_family(context, connection, account.family_id, account.user_id, why="logout", now=now)
        await trail.insert_audit(connection, "logged_out", user_id=account.user_id, address=address, now=now)
    await block_now(context, [account.family_id])


async def logout_everywhere(context: Context, account: Account, *, address: str) -> None:
    """End every log-in of an account, this one included, and leave every meeting."""
    now = context.ports.clock.now()
    async with context.ports.database.transaction() as connection:
        family_ids = await end_all(context, connection, account.user_id, why="logout_all", now=now)
        await leave_meetings(connection, account.user_id)
        await trail.insert_audit(
            connection, "logged_out_everywhere", user_id=account.user_id, address=address, now=now
        )
    await block_now(context, family_ids)


async def end_all(
    context: Context,
    connection: AsyncConnection,
    user_id: str,
    *,
    why: str,
    now: datetime,
    but: str | None = None,
) -> list[str]:
    """Revoke all log-ins of an account, or all `but` one, inside a transaction; follow it with `block_now` of
    what is returned after the commit."""
    family_ids = await families.revoke_families_of(
        connection, user_id, why=why, now=now, used_since=_still_living(context, now), but=but
    )
    await _block_surely(connection, family_ids, user_id)
    return family_ids


async def leave_meetings(connection: AsyncConnection, user_id: str) -> None:
    """Have the sessions in meetings end, after `end_all`: its tokens are refused by then."""
    await outbox.collect(connection, DisconnectAccount(user_id=user_id), key=_key(user_id))


async def end_family(
    context: Context,
    connection: AsyncConnection,
    family_id: str,
    user_id: str,
    *,
    why: str,
    now: datetime,
) -> None:
    """Revoke one family inside a transaction; follow it with `block_now` after the commit."""
    await families.revoke_family(connection, family_id, why=why, now=now)
    await _block_surely(connection, [family_id], user_id)


async def block(context: Context, family_ids: list[str]) -> None:
    """Refuse the access tokens of families for as long as one may live."""
    for family_id in family_ids:
        await context.ports.store.set(
            revoked_family_key(family_id), b"1", ttl_s=context.ports.tokens.lifetime_s + _LEEWAY_S
        )


async def block_now(context: Context, family_ids: list[str]) -> None:
    """Block without waiting for the outbox, which does it again and surely."""
    try:
        await block(context, family_ids)
    except Unavailable:
        log.warning("families_blocked_later", families=len(family_ids))


async def _block_surely(connection: AsyncConnection, family_ids: list[str], user_id: str) -> None:
    if family_ids:
        await outbox.collect(connection, BlockFamilies(family_ids=family_ids), key=_key(user_id))


def _key(user_id: str) -> str:
    return f"user:{user_id}:block"


def _still_living(context: Context, now: datetime) -> datetime:
    return now - timedelta(seconds=context.ports.tokens.lifetime_s)
