"""The database: units of work, and what happens when the server goes away."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from meeting_system.kernel.errors import NotFound, Unavailable
from meeting_system.kit.metrics import SQL_STATEMENTS
from meeting_system.kit.sql import Database, after_commit, open_database


async def create_table(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(text("CREATE TABLE words (word text PRIMARY KEY)"))


async def add(database: Database, word: str, *, then_raise: Exception | None = None) -> None:
    async with database.transaction() as connection:
        await connection.execute(text("INSERT INTO words VALUES (:word)"), {"word": word})
        if then_raise is not None:
            raise then_raise


async def words(database: Database) -> list[str]:
    async with database.reading() as connection:
        return list(await connection.scalars(text("SELECT word FROM words ORDER BY word")))


async def test_a_transaction_is_whole_or_nothing(database: Database) -> None:
    await create_table(database)
    await add(database, "kept")
    with pytest.raises(NotFound):
        await add(database, "lost", then_raise=NotFound())
    assert await words(database) == ["kept"]


async def test_errors_of_the_statement_stay_what_they_are(database: Database) -> None:
    await create_table(database)
    await add(database, "once")
    with pytest.raises(IntegrityError):
        await add(database, "once")
    with pytest.raises(ProgrammingError):
        await words_of_no_table(database)


async def words_of_no_table(database: Database) -> None:
    async with database.reading() as connection:
        await connection.execute(text("SELECT * FROM nowhere"))


async def test_callbacks_run_once_and_after_the_commit_only(database: Database) -> None:
    called: list[str] = []

    def note() -> None:
        called.append("committed")

    async def change(*, fail: bool) -> None:
        async with database.transaction() as connection:
            after_commit(connection, note)
            after_commit(connection, note)
            assert called == ([] if fail else called)
            if fail:
                raise NotFound

    with pytest.raises(NotFound):
        await change(fail=True)
    assert called == []
    await change(fail=False)
    assert called == ["committed"]


async def test_statements_are_counted(database: Database) -> None:
    before = SQL_STATEMENTS._value.get()
    await create_table(database)
    await add(database, "one")
    await words(database)
    assert SQL_STATEMENTS._value.get() - before == 3


async def test_a_lost_connection_is_unavailable_and_the_next_use_heals(database: Database) -> None:
    await create_table(database)

    async def lose() -> None:
        async with database.transaction() as connection:
            await connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(Unavailable):
        await lose()
    await add(database, "healed")
    assert await words(database) == ["healed"]


async def test_json_goes_in_and_comes_out(database: Database) -> None:
    from sqlalchemy import JSON, bindparam
    from sqlalchemy.dialects.postgresql import JSONB

    value = {"名": [1, 2.5, None, True], "nested": {"a": "\u2028"}}
    statement = text("SELECT :value").bindparams(bindparam("value", type_=JSONB)).columns(value=JSON)
    async with database.reading() as connection:
        assert await connection.scalar(statement, {"value": value}) == value


async def test_without_a_server_the_database_is_unavailable() -> None:
    async with open_database("postgresql+asyncpg://nobody@127.0.0.1:1/none") as database:
        with pytest.raises(Unavailable):
            await database.check()


async def test_an_exhausted_pool_is_unavailable_in_time(database_url: str) -> None:
    async with open_database(database_url, pool_size=1, pool_wait_s=0.1) as database:
        entered = asyncio.Barrier(3)

        async def hold() -> None:
            async with database.reading() as connection:
                await connection.execute(text("SELECT 1"))
                await entered.wait()
                await asyncio.sleep(0.3)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(hold())
            tasks.create_task(hold())
            await entered.wait()
            with pytest.raises(Unavailable):
                await database.check()
