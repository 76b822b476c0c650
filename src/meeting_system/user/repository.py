"""Every SQL statement of the user service."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.user.models import accounts, audit, refresh_families, refresh_tokens


@dataclass(frozen=True)
class AccountRow:
    """A row of `accounts`."""

    user_id: str
    email: str
    display_name: str
    locale: str
    avatar_url: str | None
    role: str
    password_hash: str
    created_at: datetime
    updated_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True)
class RefreshRow:
    """A refresh token with its family."""

    family_id: str
    user_id: str
    used_at: datetime | None
    expires_at: datetime
    family_expires_at: datetime
    revoked_at: datetime | None


def _account(row: RowMapping | None) -> AccountRow | None:
    return None if row is None else AccountRow(**row)


async def insert_account(connection: AsyncConnection, account: AccountRow) -> bool:
    """Add an account; False when its e-mail address is taken."""
    statement = (
        upsert(accounts)
        .values(**vars(account))
        .on_conflict_do_nothing(index_elements=[accounts.c.email])
        .returning(accounts.c.user_id)
    )
    return (await connection.execute(statement)).first() is not None


async def find_account_by_email(connection: AsyncConnection, email: str) -> AccountRow | None:
    statement = select(accounts).where(accounts.c.email == email)
    return _account((await connection.execute(statement)).mappings().first())


async def find_account(connection: AsyncConnection, user_id: str) -> AccountRow | None:
    statement = select(accounts).where(accounts.c.user_id == user_id)
    return _account((await connection.execute(statement)).mappings().first())


async def find_accounts(connection: AsyncConnection, user_ids: Sequence[str]) -> list[AccountRow]:
    statement = select(accounts).where(accounts.c.user_id.in_(user_ids))
    return [AccountRow(**row) for row in (await connection.execute(statement)).mappings()]


async def update_profile(
    connection: AsyncConnection, user_id: str, changes: dict[str, str], *, now: datetime
) -> AccountRow | None:
    statement = (
        update(accounts)
        .where(accounts.c.user_id == user_id)
        .values(**changes, updated_at=now)
        .returning(*accounts.c)
    )
    return _account((await connection.execute(statement)).mappings().first())


async def insert_family(
    connection: AsyncConnection, *, family_id: str, user_id: str, now: datetime, expires_at: datetime
) -> None:
    await connection.execute(
        insert(refresh_families).values(
            family_id=family_id, user_id=user_id, created_at=now, used_at=now, expires_at=expires_at
        )
    )


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
    connection: AsyncConnection, user_id: str, *, why: str, now: datetime, used_since: datetime
) -> list[str]:
    """Revoke all families of an account; return those that may still have a living access token."""
    statement = (
        update(refresh_families)
        .where(refresh_families.c.user_id == user_id, refresh_families.c.revoked_at.is_(None))
        .values(revoked_at=now, revoked_why=why)
        .returning(refresh_families.c.family_id, refresh_families.c.used_at)
    )
    rows = await connection.execute(statement)
    return [row.family_id for row in rows if row.used_at >= used_since]


async def insert_audit(
    connection: AsyncConnection,
    action: str,
    *,
    user_id: str | None,
    address: str | None,
    now: datetime,
    detail: dict[str, object] | None = None,
) -> None:
    """Write down what matters for security, in the same transaction as the change."""
    await connection.execute(
        insert(audit).values(at=now, action=action, user_id=user_id, address=address, detail=detail or {})
    )


async def list_audit(connection: AsyncConnection, *, before: int | None, limit: int) -> list[RowMapping]:
    statement = select(audit).order_by(audit.c.audit_id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(audit.c.audit_id < before)
    return list((await connection.execute(statement)).mappings())


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
