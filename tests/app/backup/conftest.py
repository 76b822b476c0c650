"""A database with something in it, and settings that lead to it."""

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.conftest import on_server, with_database

from meeting_system.adapters.embedded import Servers
from meeting_system.app.settings import Settings
from meeting_system.kit.sql import open_database

ACCOUNTS = 3
_numbers = count(1)


async def fill(url: str) -> None:
    """Write accounts."""
    async with open_database(url, pool_size=2) as database, database.transaction() as connection:
        await connection.execute(
            text(
                "INSERT INTO users.accounts (user_id, email, display_name, locale, role, password_hash, "
                "created_at, updated_at) SELECT gen_random_uuid(), 'person' || n || '@example.org', "
                "'名字 ' || n, 'zh-CN', 'user', 'hash', now(), now() FROM generate_series(1, :count) n"
            ),
            {"count": ACCOUNTS},
        )


async def names(url: str) -> list[str]:
    """Return the names of all accounts."""
    async with open_database(url, pool_size=2) as database, database.reading() as connection:
        rows = await connection.execute(text("SELECT display_name FROM users.accounts ORDER BY 1"))
        return [row[0] for row in rows]


EVERYBODY = [f"名字 {number}" for number in range(1, ACCOUNTS + 1)]


def settings_of(**given: object) -> Settings:
    return Settings(**given)  # type: ignore[arg-type]


@pytest.fixture
async def filled(database_url: str, tmp_path: Path) -> Settings:
    """An outside database with accounts, and a data folder with keys."""
    await fill(database_url)
    data = tmp_path / "data"
    for name in ("secrets/tokens", "tls/authority.key", "log/meeting-system.log", "valkey/appendonly.aof"):
        file = data / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
        file.chmod(0o600)
    return settings_of(data=data, database_url=database_url)


@pytest.fixture
async def elsewhere(servers: Servers, tmp_path: Path) -> AsyncIterator[Settings]:
    """An empty outside database and an empty data folder."""
    name = f"elsewhere_{next(_numbers)}"
    await on_server(servers.database_url, f'CREATE DATABASE "{name}"')
    url = with_database(servers.database_url, name)
    yield settings_of(data=tmp_path / "elsewhere", database_url=url)
    await on_server(servers.database_url, f'DROP DATABASE "{name}" WITH (FORCE)')
