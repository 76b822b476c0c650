"""Debian's Redis 7 as an outside server: over TCP, with a password and an append-only file."""

import signal
from pathlib import Path

from meeting_system.adapters.embedded_place import Owner, Place
from meeting_system.adapters.embedded_process import Server, end_leftover
from meeting_system.adapters.embedded_valkey import SETTINGS, read_pid
from meeting_system.adapters.redis_store import open_store
from meeting_system.app.cluster.programs import ENVIRONMENT, HOST, REDIS, load_or_make_password, write_private
from meeting_system.kernel.errors import Unavailable


def redis_url(place: Place, port: int) -> str:
    """Return the address with the password."""
    return f"redis://:{load_or_make_password(place, 'redis')}@{HOST}:{port}/0"


def describe_redis(place: Place, port: int, *, durable: bool = True) -> Server:
    """Return how to run it. `durable` False is for tests: a restart is a wiped server."""
    data, url = place.folder("redis"), redis_url(place, port)
    pid_file, configuration = data / "redis.pid", data / "redis.conf"
    settings = SETTINGS | {
        "bind": HOST,
        "port": str(port),
        "dir": str(data),
        "pidfile": str(pid_file),
        "requirepass": load_or_make_password(place, "redis"),
        "appendonly": "yes" if durable else "no",
    }
    write_configuration(configuration, settings, place.owner)

    async def prepare() -> None:
        await end_leftover(read_pid(pid_file), data, "redis", signal.SIGTERM)

    async def is_ready(_pid: int) -> bool:
        return await answers(url)

    return Server(
        name="redis",
        command=(REDIS.path, str(configuration)),
        environment=ENVIRONMENT,
        folder=data,
        log_file=place.logs / "redis.log",
        owner=place.owner,
        stop_signal=signal.SIGTERM,
        prepare=prepare,
        is_ready=is_ready,
    )


def write_configuration(file: Path, settings: dict[str, str], owner: Owner | None) -> None:
    """Write it into a file: who lists the processes of this machine must not read the password."""
    write_private(file, "".join(f'{name} "{value}"\n' for name, value in settings.items()), owner)


async def answers(url: str) -> bool:
    """Tell whether Redis answers: not before its data is loaded."""
    async with open_store(url) as store:
        try:
            await store.check()
        except Unavailable:
            return False
    return True
