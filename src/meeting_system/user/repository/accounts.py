"""Accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.user.models import accounts


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
