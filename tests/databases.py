"""An empty, migrated database for each test, quickly: one is emptied rather than a new one copied.

Copying a database costs a third of a second on a busy machine, emptying one some milliseconds. A test that
changed more than rows gets its successor a new database: the shape is compared before each use.
"""

from dataclasses import dataclass
from itertools import count

import asyncpg
from sqlalchemy import make_url

TEMPLATE = "template_meeting"

_SHAPE = """
SELECT md5(string_agg(concat_ws(' ', c.oid, c.relname, c.relfilenode = 0, a.attname, a.atttypid,
                                a.attnotnull, a.attisdropped), ',' ORDER BY c.oid, a.attnum))
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_t%'
"""
# What migrations wrote is kept aside in the template, so that it can be written back.
_SET_ASIDE = """
DO $$
DECLARE one regclass; filled boolean;
BEGIN
  FOR one IN SELECT c.oid FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      AND c.relname NOT LIKE 'kept_aside%'
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %s)', one) INTO filled;
    IF filled THEN EXECUTE format('CREATE TABLE public.kept_aside_%s AS TABLE %s', one::oid, one); END IF;
  END LOOP;
END $$
"""
# As a replica no foreign key is looked at and no trigger runs: the tables may be emptied in any order.
_EMPTY = """
DO $$
DECLARE one regclass; filled boolean; number regclass;
BEGIN
  SET LOCAL session_replication_role = replica;
  FOR one IN SELECT c.oid FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      AND c.relname NOT LIKE 'kept_aside%'
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %s)', one) INTO filled;
    IF filled THEN EXECUTE format('DELETE FROM %s', one); END IF;
    IF to_regclass(format('public.kept_aside_%s', one::oid)) IS NOT NULL THEN
      EXECUTE format(
        'INSERT INTO %s OVERRIDING SYSTEM VALUE SELECT * FROM public.kept_aside_%s', one, one::oid
      );
    END IF;
  END LOOP;
  FOR number IN SELECT seqrelid FROM pg_sequence LOOP
    PERFORM setval(number, 1, false);
  END LOOP;
END $$
"""
_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid()"
)
_numbers = count(1)


def with_database(url: str, name: str) -> str:
    """Return `url` with another database."""
    return make_url(url).set(database=name).render_as_string(hide_password=False)


async def connect(url: str) -> asyncpg.Connection:
    """Connect without a pool."""
    parts = make_url(url)
    return await asyncpg.connect(
        host=parts.query.get("host", parts.host),
        port=parts.port,
        user=parts.username,
        password=parts.password,
        database=parts.database,
    )


async def on_server(url: str, statement: str) -> None:
    """Run a statement that belongs to no database of ours."""
    connection = await connect(with_database(url, "postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def finish_template(url: str) -> None:
    """Keep what the migrations wrote; `url` is the template's."""
    connection = await connect(url)
    try:
        await connection.execute(_SET_ASIDE)
    finally:
        await connection.close()


@dataclass(frozen=True)
class Spare:
    """A database that a test has used, and what its tables looked like before."""

    url: str
    shape: str


_spares: dict[str, Spare] = {}


async def empty_database(server_url: str) -> str:
    """Return the address of a migrated database without any row of another test."""
    spare = _spares.pop(server_url, None)
    if spare is None or not await _emptied(spare):
        spare = await _copied(server_url)
    _spares[server_url] = spare
    return spare.url


async def _emptied(spare: Spare) -> bool:
    try:
        connection = await connect(spare.url)
    except asyncpg.InvalidCatalogNameError:
        return False
    try:
        await connection.execute(_OTHERS)
        if await connection.fetchval(_SHAPE) != spare.shape:
            return False
        await connection.execute(_EMPTY)
    finally:
        await connection.close()
    return True


async def _copied(server_url: str) -> Spare:
    name = f"test_{next(_numbers)}"
    await on_server(server_url, f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}" STRATEGY FILE_COPY')
    url = with_database(server_url, name)
    connection = await connect(url)
    try:
        return Spare(url, await connection.fetchval(_SHAPE))
    finally:
        await connection.close()
