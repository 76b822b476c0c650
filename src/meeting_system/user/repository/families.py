"""Log-ins: families of refresh tokens."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.user.models import refresh_families, refresh_tokens
from meeting_system.user.rules import Caller

_MOST = 100
"""Log-ins that are listed: more are of no use to a person."""


@dataclass(frozen=True)
class RefreshRow:
    """A refresh token with its family."""

    family_id: str
    user_id: str
    used_at: datetime | None
    expires_at: datetime
    family_expires_at: datetime
    revoked_at: datetime | None


async def insert_family(
    connection: AsyncConnection,
    *,
    family_id: str,
    user_id: str,
    now: datetime,
    expires_at: datetime,
    caller: Caller,
) -> None:
    await connection.execute(
        insert(refresh_families).values(
            family_id=family_id,
            user_id=user_id,
            created_at=now,
            used_at=now,
            expires_at=expires_at,
            address=caller.address,
            user_agent=caller.user_agent,
        )
    )


async def list_families(connection: AsyncConnection, user_id: str, *, now: datetime) -> list[RowMapping]:
    """Return the log-ins that go on, the last used first."""
    statement = (
        select(refresh_families)
        .where(
            refresh_families.c.user_id == user_id,
            refresh_families.c.revoked_at.is_(None),
            refresh_families.c.expires_at > now,
        )
        .order_by(refresh_families.c.used_at.desc(), refresh_families.c.family_id)
        .limit(_MOST)
    )
    return list((await connection.execute(statement)).mappings())


async def find_family(connection: AsyncConnection, family_id: str) -> RowMapping | None:
    statement = select(refresh_families).where(refresh_families.c.family_id == family_id)
    return (await connection.execute(statement)).mappings().first()


async def insert_token(
    connection: AsyncConnection, *, token_hash: bytes, family_id: str, now: datetime, expires_at: datetime
) -> None:
    await connection.execute(
        insert(refresh_tokens).values(
            token_hash=token_hash, family_id=family_id, issued_at=now, expires_at=expires_at
        )
    )


async def lock_token(connection: AsyncConnection, token_hash: bytes) -> RefreshRow | None:
    """Read a refresh token and its family and hold both: two uses of one token come one after the other."""
    statement = (
        select(
            refresh_tokens.c.family_id,
            refresh_families.c.user_id,
            refresh_tokens.c.used_at,
            refresh_tokens.c.expires_at,
            refresh_families.c.expires_at.label("family_expires_at"),
            refresh_families.c.revoked_at,
        )
        .join_from(refresh_tokens, refresh_families)
        .where(refresh_tokens.c.token_hash == token_hash)
        .with_for_update()
    )
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else RefreshRow(**row)


async def mark_token_used(connection: AsyncConnection, token_hash: bytes, *, now: datetime) -> None:
    await connection.execute(
        update(refresh_tokens).where(refresh_tokens.c.token_hash == token_hash).values(used_at=now)
    )


async def touch_family(connection: AsyncConnection, family_id: str, *, now: datetime) -> None:
    await connection.execute(
        update(refresh_families).where(refresh_families.c.family_id == family_id).values(used_at=now)
    )


async def revoke_family(connection: AsyncConnection, family_id: str, *, why: str, now: datetime) -> None:
    await connection.execute(
        update(refresh_families)
        .where(refresh_families.c.family_id == family_id, refresh_families.c.revoked_at.is_(None))
        .values(revoked_at=now, revoked_why=why)
    )


async def revoke_families_of(
    connection: AsyncConnection,
    user_id: str,
    *,
    why: str,
    now: datetime,
    used_since: datetime,
    but: str | None = None,
) -> list[str]:
    """Revoke all families of an account, or all `but` one; return those that may still have a living access
    token."""
    statement = (
        update(refresh_families)
        .where(
            refresh_families.c.user_id == user_id,
            refresh_families.c.revoked_at.is_(None),
            refresh_families.c.family_id.is_distinct_from(but),
        )
        .values(revoked_at=now, revoked_why=why)
        .returning(refresh_families.c.family_id, refresh_families.c.used_at)
    )
    rows = await connection.execute(statement)
    return [row.family_id for row in rows if row.used_at >= used_since]


async def delete_expired(connection: AsyncConnection, *, now: datetime) -> int:
    """Delete refresh tokens and families that can't be used any more; return how many families went."""
    await connection.execute(delete(refresh_tokens).where(refresh_tokens.c.expires_at < now))
    living = select(refresh_tokens.c.family_id).where(
        refresh_tokens.c.family_id == refresh_families.c.family_id
    )
    gone = await connection.execute(
        delete(refresh_families).where((refresh_families.c.expires_at < now) | ~living.exists())
    )
    return gone.rowcount
