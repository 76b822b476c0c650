"""The audit trail as a chain: whatever somebody changes in the tables is found (row S14)."""

import asyncio

import httpx2
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from tests.user.conftest import Register, bearer

from meeting_system.kit.migrations import FOLDER
from meeting_system.kit.plug import Ports
from meeting_system.kit.sql import open_database
from meeting_system.user.audit import verify_trail
from meeting_system.user.chain import FlawKind
from meeting_system.user.repository import trail

ENTRIES = 8


@pytest.fixture
async def written(ports: Ports) -> Ports:
    """A trail of some entries, with and without addresses."""
    for number in range(ENTRIES):
        async with ports.database.transaction() as connection:
            await trail.insert_audit(
                connection,
                "logged_in",
                user_id=f"00000000-0000-7000-8000-00000000000{number % 3}",
                address=f"192.0.2.{number}" if number % 2 else None,
                now=ports.clock.now(),
                detail={"number": number, "words": ["阿", None], "more": {"z": 1, "a": 2.5}},
            )
    return ports


async def flaws_of(ports: Ports, expected: str | None = None) -> set[FlawKind]:
    check = await verify_trail(ports.database, expected)
    assert check.sound is (check.flaws == [])
    return {flaw.kind for flaw in check.flaws}


async def test_a_trail_that_nobody_touched_is_sound(written: Ports) -> None:
    check = await verify_trail(written.database)
    assert (check.sound, check.entries, check.flaws) == (True, ENTRIES, [])


EDITS: dict[str, tuple[str, FlawKind]] = {
    "the action": ("UPDATE users.audit SET action = 'x' WHERE audit_id = 3", FlawKind.CHANGED),
    "whose it is": (
        "UPDATE users.audit SET user_id = gen_random_uuid() WHERE audit_id = 3",
        FlawKind.CHANGED,
    ),
    "the time": (
        "UPDATE users.audit SET at = at + interval '1 microsecond' WHERE audit_id = 3",
        FlawKind.CHANGED,
    ),
    "the detail": (
        """UPDATE users.audit SET detail = detail || '{"number": 99}' WHERE audit_id = 3""",
        FlawKind.CHANGED,
    ),
    "an address": ("UPDATE users.audit SET address = '198.51.100.1' WHERE audit_id = 4", FlawKind.CHANGED),
    "an address added": (
        "UPDATE users.audit SET address = '198.51.100.1' WHERE audit_id = 3",
        FlawKind.CHANGED,
    ),
    "an address erased": (
        "UPDATE users.audit SET address = NULL, salt = NULL WHERE audit_id = 4",
        FlawKind.ERASED,
    ),
    "an entry deleted": ("DELETE FROM users.audit WHERE audit_id = 3", FlawKind.GAP),
    "the first deleted": ("DELETE FROM users.audit WHERE audit_id = 1", FlawKind.GAP),
    "the last deleted": (f"DELETE FROM users.audit WHERE audit_id = {ENTRIES}", FlawKind.END_MISSING),
    "all deleted": ("DELETE FROM users.audit", FlawKind.END_MISSING),
    "two swapped": (
        """
        INSERT INTO users.audit (audit_id, at, action, user_id, address, detail, salt, seal, previous, hash)
        OVERRIDING SYSTEM VALUE
        SELECT CASE audit_id WHEN 3 THEN 104 ELSE 103 END,
               at, action, user_id, address, detail, salt, seal, previous, hash
        FROM users.audit WHERE audit_id IN (3, 4);
        """,
        FlawKind.GAP,
    ),
    "one invented": (
        "INSERT INTO users.audit (at, action, detail) VALUES (now(), 'logged_in', '{}')",
        FlawKind.NOT_SEALED,
    ),
}


@pytest.mark.parametrize("edit", list(EDITS))
async def test_what_somebody_changes_in_postgresql_is_found(written: Ports, edit: str) -> None:
    statement, kind = EDITS[edit]
    async with written.database.transaction() as connection:
        await connection.execute(text("SELECT setval('users.audit_audit_id_seq', 200)"))
        await connection.execute(text(statement))
    assert kind in await flaws_of(written)


async def test_a_trail_written_anew_lacks_the_hash_that_was_noted(written: Ports) -> None:
    noted = (await verify_trail(written.database)).head
    assert await flaws_of(written, noted) == set()
    async with written.database.transaction() as connection:
        await connection.execute(text("DELETE FROM users.audit"))
        await connection.execute(
            text(r"UPDATE users.audit_head SET entries = 0, hash = decode(repeat('00', 32), 'hex')")
        )
        await trail.insert_audit(connection, "x", user_id=None, address=None, now=written.clock.now())
    assert await flaws_of(written) == set()
    assert await flaws_of(written, noted) == {FlawKind.REWRITTEN}


async def test_what_was_written_before_the_chain_is_in_it(database_url: str) -> None:
    async with open_database(database_url, pool_size=2) as database:
        async with database.engine.begin() as connection:
            await connection.run_sync(lambda sync: step(sync, "downgrade", "0004_streams"))
            await connection.execute(
                text(
                    """
                    INSERT INTO users.audit (at, action, user_id, address, detail)
                    SELECT now(), 'logged_in', gen_random_uuid(), CASE WHEN n % 2 = 0 THEN '192.0.2.1' END,
                           jsonb_build_object('n', n)
                    FROM generate_series(1, 1500) AS n
                    """
                )
            )
        async with database.engine.begin() as connection:
            await connection.run_sync(lambda sync: step(sync, "upgrade", "head"))
        check = await verify_trail(database)
    assert (check.sound, check.entries) == (True, 1500)


def step(connection: Connection, direction: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    getattr(command, direction)(config, revision)


async def test_who_writes_at_the_same_time_comes_one_after_the_other(ports: Ports) -> None:
    async def write(number: int) -> None:
        async with ports.database.transaction() as connection:
            now = ports.clock.now()
            await trail.insert_audit(connection, f"a{number}", user_id=None, address=None, now=now)

    await asyncio.gather(*(write(number) for number in range(30)))
    check = await verify_trail(ports.database)
    assert (check.sound, check.entries) == (True, 30)


async def test_a_rolled_back_entry_leaves_no_gap(ports: Ports) -> None:
    async def fail() -> None:
        async with ports.database.transaction() as connection:
            await trail.insert_audit(connection, "a", user_id=None, address=None, now=ports.clock.now())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with ports.database.transaction() as connection:
        await trail.insert_audit(connection, "b", user_id=None, address=None, now=ports.clock.now())
    assert (await verify_trail(ports.database)).entries == 1


async def test_a_deleted_account_takes_its_addresses_along_and_the_chain_holds(
    register: Register, client: httpx2.AsyncClient, ports: Ports
) -> None:
    ada = await register()
    await register("bo@example.org")
    sent = {"password": "correct horse battery"}
    deleted = await client.post("/api/v1/users/me/delete", json=sent, headers=bearer(ada))
    assert deleted.status_code == 204
    async with ports.database.reading() as connection:
        rows = (
            await connection.execute(
                text("SELECT address FROM users.audit WHERE user_id = :id"), {"id": ada["user"]["user_id"]}
            )
        ).all()
    assert rows == [(None,)] * len(rows) != []
    assert await flaws_of(ports) == set()
