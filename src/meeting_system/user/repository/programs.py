"""What programs prove themselves with: personal access tokens and OAuth clients."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.user.models import access_tokens, accounts, clients


@dataclass(frozen=True)
class HolderRow:
    """A token or client, and the account that it acts for."""

    program_id: str
    user_id: str
    role: str
    display_name: str
    avatar_url: str | None
    disabled_at: datetime | None
    scopes: list[str]
    expires_at: datetime | None
    used_at: datetime | None
    secret_hash: str


@dataclass(frozen=True)
class TokenRow:
    """A row of `access_tokens`."""

    token_id: str
    user_id: str
    name: str
    hint: str
    token_hash: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None = None


@dataclass(frozen=True)
class ClientRow:
    """A row of `clients`."""

    client_id: str
    user_id: str
    name: str
    secret_hash: str
    scopes: list[str]
    created_by: str
    created_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True)
class ListedClient:
    """A client and the name of the account that it acts for."""

    client: ClientRow
    display_name: str


async def insert_token(connection: AsyncConnection, token: TokenRow) -> None:
    await connection.execute(insert(access_tokens).values(**vars(token)))


async def count_tokens(connection: AsyncConnection, user_id: str) -> int:
    statement = select(func.count()).where(access_tokens.c.user_id == user_id)
    return int((await connection.execute(statement)).scalar_one())


async def list_tokens(connection: AsyncConnection, user_id: str) -> list[TokenRow]:
    statement = (
        select(access_tokens)
        .where(access_tokens.c.user_id == user_id)
        .order_by(access_tokens.c.token_id.desc())
    )
    return [TokenRow(**row) for row in (await connection.execute(statement)).mappings()]


async def delete_token(connection: AsyncConnection, user_id: str, token_id: str) -> bool:
    statement = delete(access_tokens).where(
        access_tokens.c.user_id == user_id, access_tokens.c.token_id == token_id
    )
    return (await connection.execute(statement)).rowcount > 0


async def find_token_holder(connection: AsyncConnection, token_hash: str) -> HolderRow | None:
    statement = (
        select(
            access_tokens.c.token_id.label("program_id"),
            access_tokens.c.user_id,
            accounts.c.role,
            accounts.c.display_name,
            accounts.c.avatar_url,
            accounts.c.disabled_at,
            access_tokens.c.scopes,
            access_tokens.c.expires_at,
            access_tokens.c.used_at,
            access_tokens.c.token_hash.label("secret_hash"),
        )
        .join_from(access_tokens, accounts)
        .where(access_tokens.c.token_hash == token_hash)
    )
    return _holder((await connection.execute(statement)).mappings().first())


async def touch_token(connection: AsyncConnection, token_id: str, *, now: datetime) -> None:
    await connection.execute(
        update(access_tokens).where(access_tokens.c.token_id == token_id).values(used_at=now)
    )


async def insert_client(connection: AsyncConnection, client: ClientRow) -> None:
    await connection.execute(insert(clients).values(**vars(client)))


async def list_clients(connection: AsyncConnection, *, before: str | None, limit: int) -> list[ListedClient]:
    statement = (
        select(clients, accounts.c.display_name)
        .join_from(clients, accounts)
        .order_by(clients.c.client_id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(clients.c.client_id < before)
    rows = [dict(row) for row in (await connection.execute(statement)).mappings()]
    return [ListedClient(display_name=row.pop("display_name"), client=ClientRow(**row)) for row in rows]


async def list_client_ids_of(connection: AsyncConnection, user_id: str) -> list[str]:
    statement = select(clients.c.client_id).where(clients.c.user_id == user_id)
    return list((await connection.execute(statement)).scalars())


async def change_secret(connection: AsyncConnection, client_id: str, *, secret_hash: str) -> ClientRow | None:
    """Write the new secret of a client and return it as it is then."""
    changed = (
        update(clients)
        .where(clients.c.client_id == client_id)
        .values(secret_hash=secret_hash)
        .returning(*clients.c)
    )
    row = (await connection.execute(changed)).mappings().first()
    return None if row is None else ClientRow(**row)


async def delete_client(connection: AsyncConnection, client_id: str) -> bool:
    return (await connection.execute(delete(clients).where(clients.c.client_id == client_id))).rowcount > 0


async def find_client_holder(connection: AsyncConnection, client_id: str) -> HolderRow | None:
    statement = (
        select(
            clients.c.client_id.label("program_id"),
            clients.c.user_id,
            accounts.c.role,
            accounts.c.display_name,
            accounts.c.avatar_url,
            accounts.c.disabled_at,
            clients.c.scopes,
            clients.c.used_at,
            clients.c.secret_hash,
        )
        .join_from(clients, accounts)
        .where(clients.c.client_id == client_id)
    )
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else HolderRow(**row, expires_at=None)


async def touch_client(connection: AsyncConnection, client_id: str, *, now: datetime) -> None:
    await connection.execute(update(clients).where(clients.c.client_id == client_id).values(used_at=now))


def _holder(row: RowMapping | None) -> HolderRow | None:
    return None if row is None else HolderRow(**row)
