"""Ports of this machine that the parts of a cluster listen on, for each other alone."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

from meeting_system.app import network
from meeting_system.app.cluster.programs import HOST

USUAL = {
    "postgresql": 5442,
    "redis": 6389,
    "etcd": 2389,
    "etcd peers": 2390,
    "user": 8080,
    "signaling-1": 8081,
    "signaling-2": 8181,
    "meeting": 8082,
    "media": 8083,
    "acme": 8084,
}
"""The services' as everywhere; the servers' beside those of the machine's own PostgreSQL, Redis and etcd."""


def usual_ports() -> dict[str, int]:
    """Return the usual ports; raise AddressInUse where something else has one."""
    for name, port in USUAL.items():
        try:
            network.close(network.listen((HOST,), port))
        except network.AddressInUse:
            raise network.AddressInUse(
                f"port {port} for {name} is in use: stop what listens there, or give --free-ports"
            ) from None
    return dict(USUAL)


def free_ports() -> dict[str, int]:
    """Return ports that nobody has now, all different."""
    with ExitStack() as stack:
        return dict(zip(USUAL, _open(stack), strict=False))


def _open(stack: ExitStack) -> Iterator[int]:
    while True:
        opened = stack.enter_context(socket.socket())
        opened.bind((HOST, 0))
        yield int(opened.getsockname()[1])
