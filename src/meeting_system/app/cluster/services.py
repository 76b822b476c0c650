"""The services as processes: which there are, how each is started, which of them are ready."""

import asyncio
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from meeting_system.adapters.embedded_place import Place
from meeting_system.adapters.embedded_process import Server
from meeting_system.app.cluster.programs import HOST

ASK_S = 3.0
"""How long a process may take to say whether it is ready: its own checks end after 2 s."""


@dataclass(frozen=True)
class Part:
    """One process of a service."""

    name: str
    service: str
    port: int


SERVICES = {
    "user": "user",
    "meeting": "meeting",
    "signaling-1": "signaling",
    "signaling-2": "signaling",
    "media": "media",
}
"""The processes, and the service that each runs."""

BESIDE = {"meeting": ("webhook", "bigbluebutton")}
"""Services that need no process of their own, and the one whose process runs them."""


def plan(ports: Mapping[str, int]) -> list[Part]:
    """Return the processes on their ports."""
    return [Part(name, service, ports[name]) for name, service in SERVICES.items()]


def describe_part(place: Place, part: Part, environment: Mapping[str, str]) -> Server:
    """Return how to run it. It counts as started when it is alive: what it needs may be away for a while."""
    folder = place.data / part.name
    folder.mkdir(mode=0o700, exist_ok=True)
    settings = {
        "MEETING_DATA": str(folder),
        "MEETING_HTTP__BIND": HOST,
        "MEETING_HTTP__PORT": str(part.port),
    }

    async def prepare() -> None:
        """Nothing: it dies with us, and while its port is still taken the start is tried again."""

    async def is_ready(_pid: int) -> bool:
        return await ask(part.port, "/health") == 200

    return Server(
        name=part.name,
        command=(
            sys.executable,
            "-m",
            "meeting_system.cli",
            "serve",
            part.service,
            *BESIDE.get(part.service, ()),
        ),
        environment={**environment, **settings},
        folder=folder,
        log_file=place.logs / f"{part.name}.log",
        owner=None,
        stop_signal=signal.SIGTERM,
        prepare=prepare,
        is_ready=is_ready,
    )


async def ask(port: int, path: str) -> int | None:
    """Return the status of the answer, None when there is none."""
    try:
        async with asyncio.timeout(ASK_S):
            reader, writer = await asyncio.open_connection(HOST, port)
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
                line = await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return None
    words = line.split()
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else None


async def find_ready(parts: list[Part]) -> set[str]:
    """Return the names of those that say they can serve."""
    statuses = await asyncio.gather(*(ask(part.port, "/ready") for part in parts))
    return {part.name for part, status in zip(parts, statuses, strict=True) if status == 200}


def route(parts: list[Part], ready: set[str]) -> dict[str, list[int]]:
    """Return the ports that get traffic, by service: of those that are ready, or of all where none is.

    Where none is, what all of them need is away: they answer themselves what it is, and keep their sockets.
    """
    routed: dict[str, list[int]] = {}
    for service in dict.fromkeys(part.service for part in parts):
        every = [part for part in parts if part.service == service]
        chosen = [part for part in every if part.name in ready] or every
        routed[service] = [part.port for part in chosen]
    return routed
