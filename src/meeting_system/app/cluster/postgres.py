"""Debian's PostgreSQL 15 as an outside server: over TCP, with a password."""

import asyncio
import shutil
import signal
import subprocess
from pathlib import Path

from meeting_system.adapters.embedded_place import Place
from meeting_system.adapters.embedded_postgres import (
    UNSAFE_SETTINGS,
    clean_environment,
    read_pid,
    read_status,
)
from meeting_system.adapters.embedded_process import (
    Server,
    ServerNotStarted,
    end_leftover,
    is_alive,
    works_in,
)
from meeting_system.app.cluster.programs import HOST, INITDB, POSTGRES, load_or_make_password, write_private

DATABASE = "postgres"
"""The one that every new cluster has: whoever needs another one makes it."""

ROLE = "meeting"

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "300",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
}


def postgres_url(place: Place, port: int) -> str:
    """Return the SQLAlchemy URL of the server's database."""
    password = load_or_make_password(place, "postgresql")
    return f"postgresql+asyncpg://{ROLE}:{password}@{HOST}:{port}/{DATABASE}"


def describe_postgres(place: Place, port: int, *, durable: bool = True) -> Server:
    """Return how to run it; its files are made when they are missing. `durable` False is for tests."""
    data = place.folder("postgresql")
    settings = SETTINGS | {"port": str(port)} | ({} if durable else UNSAFE_SETTINGS)
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    pid_file = data / "postmaster.pid"

    async def prepare() -> None:
        pid = read_pid(pid_file)
        if pid is not None and is_alive(pid) and works_in(pid, data):
            await end_leftover(pid, "postgresql", signal.SIGINT)
        if not (data / "PG_VERSION").exists():
            await asyncio.to_thread(init_data, place, data, durable=durable)

    async def is_ready(pid: int) -> bool:
        return read_pid(pid_file) == pid and read_status(pid_file) == "ready"

    return Server(
        name="postgresql",
        command=(POSTGRES.path, "-D", str(data), *options),
        environment=clean_environment(data),
        folder=data,
        log_file=place.logs / "postgresql.log",
        owner=place.owner,
        stop_signal=signal.SIGINT,
        prepare=prepare,
        is_ready=is_ready,
    )


def init_data(place: Place, data: Path, *, durable: bool) -> None:
    """Create the cluster's files. What an interrupted attempt left is removed first."""
    for leftover in data.iterdir():
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
    owner = place.owner
    command = [INITDB.path, "-D", str(data), "-U", ROLE, "--encoding=UTF8", "--locale=C"]
    password = place.sockets / "password"
    write_private(password, load_or_make_password(place, "postgresql"), owner)
    command += ["--auth=scram-sha-256", f"--pwfile={password}", *([] if durable else ["--no-sync"])]
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
    password.unlink()
    if result.returncode != 0:
        raise ServerNotStarted(f"PostgreSQL could not create its files in {data}: {result.stderr.strip()}")
