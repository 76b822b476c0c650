"""Accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.kit.sql import mark_change
from meeting_system.user.models import accounts

KIND = "account"
"""Of what is cached of an account. Every statement here that writes one says so before."""


@dataclass(frozen=True)
class AccountRow:
    """A row of `accounts`."""

    user_id: str
    email: str
    display_name: str
    locale: str
    avatar_url: str | None
    role: str
    password_hash: str | None
    created_at: datetime
    updated_at: datetime
    disabled_at: datetime | None
    email_verified_at: datetime | None = None


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


async def find_contacts(
    connection: AsyncConnection, user_ids: Sequence[str], emails: Sequence[str]
) -> list[AccountRow]:
    """Return the accounts with one of these ids or addresses."""
    wanted = or_(accounts.c.user_id.in_(user_ids), accounts.c.email.in_(emails))
    statement = select(accounts).where(wanted)
    return [AccountRow(**row) for row in (await connection.execute(statement)).mappings()]


async def update_profile(
    connection: AsyncConnection, user_id: str, changes: dict[str, str], *, now: datetime
) -> AccountRow | None:
    await mark_change(connection, KIND, user_id)
    statement = (
        update(accounts)
        .where(accounts.c.user_id == user_id)
        .values(**changes, updated_at=now)
        .returning(*accounts.c)
    )
    return _account((await connection.execute(statement)).mappings().first())


async def lock_account(connection: AsyncConnection, user_id: str) -> AccountRow | None:
    """Read an account and hold it: changes of one account come one after the other."""
    statement = select(accounts).where(accounts.c.user_id == user_id).with_for_update()
    return _account((await connection.execute(statement)).mappings().first())


async def list_accounts(
    connection: AsyncConnection,
    *,
    search: str | None,
    role: str | None,
    before: str | None,
    limit: int,
) -> list[AccountRow]:
    """Return accounts, newest first; `search` is looked for in names and addresses."""
    statement = select(accounts).order_by(accounts.c.user_id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(accounts.c.user_id < before)
    if role is not None:
        statement = statement.where(accounts.c.role == role)
    if search is not None:
        statement = statement.where(
            or_(
                accounts.c.display_name.icontains(search, autoescape=True),
                accounts.c.email.icontains(search, autoescape=True),
            )
        )
    return [AccountRow(**row) for row in (await connection.execute(statement)).mappings()]


async def change_account(connection: AsyncConnection, user_id: str, *, now: datetime, **changes: Any) -> None:
    """Set columns of an account."""
    await mark_change(connection, KIND, user_id)
    await connection.execute(
        update(accounts).where(accounts.c.user_id == user_id).values(**changes, updated_at=now)
    )


async def change_email(connection: AsyncConnection, user_id: str, email: str, *, now: datetime) -> bool:
    """Give an account another address, which somebody just proved to read; False when it is taken."""
    taken = select(accounts.c.user_id).where(accounts.c.email == email, accounts.c.user_id != user_id)
    if (await connection.execute(taken)).first() is not None:
        return False
    try:
        async with connection.begin_nested():
            await change_account(connection, user_id, now=now, email=email, email_verified_at=now)
    except IntegrityError:
        return False
    return True


async def lock_super_admins(connection: AsyncConnection, role: str) -> list[str]:
    """Return the accounts of the highest role that may log in, and hold them: the last one has to stay."""
    statement = (
        select(accounts.c.user_id)
        .where(accounts.c.role == role, accounts.c.disabled_at.is_(None))
        .order_by(accounts.c.user_id)
        .with_for_update()
    )
    return list((await connection.execute(statement)).scalars())


async def delete_account(connection: AsyncConnection, user_id: str) -> None:
    """Delete an account, with all that hangs on it."""
    await mark_change(connection, KIND, user_id)
    await connection.execute(delete(accounts).where(accounts.c.user_id == user_id))
