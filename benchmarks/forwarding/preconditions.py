"""What the machine must allow, checked before anything starts: a message says what to change."""

import os
import resource
import socket
from pathlib import Path

from benchmarks.forwarding.measure import Cores

BUFFER_BYTES = 4 * 1024 * 1024
# Janus has a few descriptors a participant.
DESCRIPTORS = 4_096
# For documentation (RFC 5737). Nothing is sent there: the kernel only says from where it would be.
ELSEWHERE = ("198.51.100.1", 9)


class UnfitMachineError(Exception):
    """The machine does not allow the measurement; the message says what to change."""


def check_machine() -> None:
    """Raise UnfitMachineError unless buffers and descriptors suffice; raise the soft limit of descriptors."""
    if os.uname().sysname != "Linux":
        raise UnfitMachineError("This benchmark needs Linux: it reads /proc and uses socket filters.")
    for name in ("rmem_max", "wmem_max"):
        granted = int(Path(f"/proc/sys/net/core/{name}").read_text(encoding="ascii"))
        if granted < BUFFER_BYTES:
            raise UnfitMachineError(
                f"net.core.{name} is {granted}: bursts would be lost in the sockets. As root:"
                f" sysctl -w net.core.{name}={BUFFER_BYTES}"
            )
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < DESCRIPTORS:
        raise UnfitMachineError(f"Only {hard} files may be open; needed: {DESCRIPTORS}. See ulimit -Hn.")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def own_address() -> str:
    """Return an address of this machine other than 127.0.0.1, which Janus leaves out, if it has one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(ELSEWHERE)
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def choose_cores() -> Cores:
    """Give servers the first core and load the second, where there are two."""
    allowed = sorted(os.sched_getaffinity(0))
    server, load = (allowed[0], allowed[1]) if len(allowed) > 1 else (None, None)
    return Cores(server=server, load=load, address=own_address())
