"""Migrations: one linear chain, applied once, whoever starts at the same time."""

import asyncio
import re
from collections.abc import AsyncIterator
from itertools import count, pairwise

import pytest
from sqlalchemy import text
from tests.conftest import on_server, with_database

from meeting_system.adapters.embedded import Servers
from meeting_system.kit.migrations import FOLDER, find_revision, migrate, newest_revision
from meeting_system.kit.sql import Database, open_database

_numbers = count()


@pytest.fixture
async def empty(servers: Servers) -> AsyncIterator[Database]:
    """A database in which nothing is."""
    name = f"empty_{next(_numbers)}"
    await on_server(servers.database_url, f'CREATE DATABASE "{name}"')
    async with open_database(with_database(servers.database_url, name)) as database:
        yield database
    await on_server(servers.database_url, f'DROP DATABASE "{name}" WITH (FORCE)')


async def test_an_empty_database_is_migrated_once(empty: Database) -> None:
    assert await find_revision(empty) is None
    assert await migrate(empty)
    assert await find_revision(empty) == newest_revision()
    assert not await migrate(empty)


async def test_two_processes_migrate_together(empty: Database) -> None:
    outcomes = await asyncio.gather(migrate(empty), migrate(empty))
    assert any(outcomes)
    assert await find_revision(empty) == newest_revision()


async def test_a_migrated_database_has_the_outbox(database: Database) -> None:
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM kit.outbox")) == 0


def test_the_chain_is_linear_and_named_by_its_files() -> None:
    files = sorted((FOLDER / "versions").glob("[0-9]*.py"))
    for file in files:
        assert f'revision = "{file.stem}"' in file.read_text()
    assert re.search(r"^down_revision.* = None$", files[0].read_text(), re.MULTILINE)
    for earlier, later in pairwise(files):
        assert f'down_revision = "{earlier.stem}"' in later.read_text()


def test_migrations_are_one_chain_in_the_order_of_their_names() -> None:
    names = sorted(file.stem for file in (FOLDER / "versions").glob("[0-9]*.py"))
    chain = {}
    for name in names:
        source = (FOLDER / "versions" / f"{name}.py").read_text("utf-8")
        revision, before = (
            re.search(rf"^{word} = (.+)$", source, re.MULTILINE) for word in ("revision", "down_revision")
        )
        assert revision is not None
        assert before is not None
        chain[revision[1].strip('"')] = before[1].strip('"')
    assert chain == dict(zip(names, ["None", *names[:-1]], strict=True))
