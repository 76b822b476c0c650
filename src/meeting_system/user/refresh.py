"""Rotating refresh tokens: each is used once; a copy that is used again ends the whole family."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.kernel.address import address_block
from meeting_system.user import logout, rules, tokens
from meeting_system.user.context import Context
from meeting_system.user.errors import RefreshReused, TokenExpired, TokenInvalid
from meeting_system.user.repository import accounts, families, trail
from meeting_system.user.repository.families import RefreshRow
from meeting_system.user.rules import Verdict
from meeting_system.user.schemas import SignedIn


async def refresh(context: Context, token: str, *, address: str) -> SignedIn:
    """Exchange a refresh token for the next one. Errors: token_invalid, token_expired, refresh_reused."""
    await context.ports.limiter.hit(
        "refresh",
        address_block(address),
        limit=context.settings.refreshes_of_address,
        window_s=context.settings.address_window_s,
    )
    now = context.ports.clock.now()
    hashed = rules.token_hash(token)
    async with context.ports.database.transaction() as connection:
        row = await families.lock_token(connection, hashed)
        if row is None:
            raise TokenInvalid("this refresh token is not known: log in again")
        verdict = _judge(context, row, now)
        if verdict in (Verdict.ROTATE, Verdict.RACE):
            return await _rotate(context, connection, row, hashed, verdict=verdict, now=now)
        if verdict is Verdict.REUSED:
            await _end_family(context, connection, row, address=address, now=now)
    # Past the block, so that the end of the family is committed before the answer.
    if verdict is Verdict.REUSED:
        await logout.block_now(context, [row.family_id])
        raise RefreshReused("this refresh token was used before; all of its log-in has ended")
    if verdict is Verdict.EXPIRED:
        raise TokenExpired("this refresh token is too old: log in again")
    raise TokenInvalid("this log-in has ended: log in again")


def _judge(context: Context, row: RefreshRow, now: datetime) -> Verdict:
    return rules.judge_refresh(
        now=now,
        used_at=row.used_at,
        expires_at=row.expires_at,
        family_expires_at=row.family_expires_at,
        revoked=row.revoked_at is not None,
        grace_s=context.settings.refresh_grace_s,
    )


async def _rotate(
    context: Context,
    connection: AsyncConnection,
    row: RefreshRow,
    hashed: bytes,
    *,
    verdict: Verdict,
    now: datetime,
) -> SignedIn:
    account = await accounts.find_account(connection, row.user_id)
    if account is None or account.disabled_at:
        raise TokenInvalid("this account is closed")
    if verdict is Verdict.ROTATE:
        await families.mark_token_used(connection, hashed, now=now)
    await families.touch_family(connection, row.family_id, now=now)
    return await tokens.grow_family(context, connection, account, row.family_id, now=now)


async def _end_family(
    context: Context, connection: AsyncConnection, row: RefreshRow, *, address: str, now: datetime
) -> None:
    await logout.end_family(context, connection, row.family_id, row.user_id, why="reused", now=now)
    await trail.insert_audit(
        connection,
        "refresh_reused",
        user_id=row.user_id,
        address=address,
        now=now,
        detail={"family_id": row.family_id},
    )
