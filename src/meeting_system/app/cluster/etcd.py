"""Debian's etcd 3.4 as an outside server: one member, over TCP, for this machine only."""

import asyncio
import signal

from meeting_system.adapters.embedded_place import Place
from meeting_system.adapters.embedded_process import Server
from meeting_system.app.cluster.programs import ENVIRONMENT, ETCD, HOST

ANSWER_S = 2.0

OPTIONS = {
    "name": "meeting",
    "initial-cluster-state": "new",
    "auto-compaction-retention": "1",  # hours: the registry needs no history
    "logger": "zap",
    "log-level": "warn",
    # One member has nobody to agree with. A lease is at least one and a half elections long.
    "heartbeat-interval": "50",
    "election-timeout": "500",
}


def etcd_url(port: int) -> str:
    """Return the address, for `MEETING_REGISTRY_URL`."""
    return f"etcd://{HOST}:{port}"


def describe_etcd(place: Place, port: int, peer_port: int) -> Server:
    """Return how to run it."""
    data = place.folder("etcd")
    clients, peers = f"http://{HOST}:{port}", f"http://{HOST}:{peer_port}"
    options = OPTIONS | {
        "data-dir": str(data / "member"),
        "listen-client-urls": clients,
        "advertise-client-urls": clients,
        "listen-peer-urls": peers,
        "initial-advertise-peer-urls": peers,
        "initial-cluster": f"{OPTIONS['name']}={peers}",
    }

    async def prepare() -> None:
        """Nothing: a former one that still ends holds its files, and the start is tried again."""

    async def is_ready(_pid: int) -> bool:
        return await is_healthy(port)

    return Server(
        name="etcd",
        command=(ETCD.path, *(f"--{name}={value}" for name, value in options.items())),
        environment=ENVIRONMENT,
        folder=data,
        log_file=place.logs / "etcd.log",
        owner=place.owner,
        stop_signal=signal.SIGTERM,
        prepare=prepare,
        is_ready=is_ready,
    )


async def is_healthy(port: int) -> bool:
    """Tell whether it has a leader: `/health` says so."""
    try:
        async with asyncio.timeout(ANSWER_S):
            reader, writer = await asyncio.open_connection(HOST, port)
            try:
                writer.write(b"GET /health HTTP/1.0\r\n\r\n")
                answer = await reader.read()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
    return b'"health":"true"' in answer
