"""Who accounts are at other providers."""

from datetime import datetime

from sqlalchemy import RowMapping, delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.user.models import accounts, identities
from meeting_system.user.repository.accounts import AccountRow


async def find_account_by_identity(
    connection: AsyncConnection, provider: str, subject: str
) -> AccountRow | None:
    statement = (
        select(accounts)
        .join_from(identities, accounts)
        .where(identities.c.provider == provider, identities.c.subject == subject)
    )
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else AccountRow(**row)


async def insert_identity(
    connection: AsyncConnection, provider: str, subject: str, user_id: str, *, now: datetime
) -> bool:
    """Note who an account is at a provider; False when that is somebody else already."""
    statement = (
        upsert(identities)
        .values(provider=provider, subject=subject, user_id=user_id, created_at=now, used_at=now)
        .on_conflict_do_nothing(index_elements=[identities.c.provider, identities.c.subject])
        .returning(identities.c.user_id)
    )
    return (await connection.execute(statement)).first() is not None


async def touch_identity(connection: AsyncConnection, provider: str, subject: str, *, now: datetime) -> None:
    await connection.execute(
        update(identities)
        .where(identities.c.provider == provider, identities.c.subject == subject)
        .values(used_at=now)
    )


async def list_identities(connection: AsyncConnection, user_id: str) -> list[RowMapping]:
    statement = select(identities).where(identities.c.user_id == user_id).order_by(identities.c.provider)
    return list((await connection.execute(statement)).mappings())


async def delete_identity(connection: AsyncConnection, user_id: str, provider: str) -> bool:
    statement = delete(identities).where(identities.c.user_id == user_id, identities.c.provider == provider)
    return (await connection.execute(statement)).rowcount > 0
