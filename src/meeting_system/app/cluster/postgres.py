"""Debian's PostgreSQL 15 as an outside server: over TCP, with a password."""

from functools import partial
from pathlib import Path

from meeting_system.adapters.embedded_place import Place
from meeting_system.adapters.embedded_postgres import ROLE, UNSAFE_SETTINGS, describe_cluster, run_initdb
from meeting_system.adapters.embedded_process import Server
from meeting_system.app.cluster.programs import HOST, INITDB, POSTGRES, load_or_make_password, write_private

DATABASE = "postgres"
"""The one that every new cluster has: whoever needs another one makes it."""

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
    make_files = partial(init_data, place, data, durable=durable)
    return describe_cluster(place, POSTGRES.path, data, settings, make_files=make_files)


def init_data(place: Place, data: Path, *, durable: bool) -> None:
    """Create its files, with a password for our role."""
    password = place.sockets / "password"
    write_private(password, load_or_make_password(place, "postgresql"), place.owner)
    options = ["--auth=scram-sha-256", f"--pwfile={password}"]
    try:
        run_initdb(INITDB.path, data, place.owner, durable=durable, options=options)
    finally:
        password.unlink()
