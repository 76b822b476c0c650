"""Network namespaces and TUN devices of Linux."""

import ctypes
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

NAMESPACES = Path("/run/netns")
OWN_NAMESPACE = Path("/proc/thread-self/ns/net")
TUN = Path("/dev/net/tun")
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
CLONE_NEWNET = 0x40000000
COMMAND_TIMEOUT_S = 10

Made = TypeVar("Made")


def find_missing() -> str | None:
    """Say what this machine lacks for networks of our own."""
    if os.geteuid() != 0:
        return "not root: network namespaces need it"
    if shutil.which("ip") is None or shutil.which("nsenter") is None:
        return "no ip or no nsenter: apt install iproute2 util-linux"
    if not TUN.exists():
        return f"no {TUN}: modprobe tun"
    try:
        inside(None, lambda: os.close(open_tun("meetprobe")))
    except OSError as error:
        return f"no TUN device can be made here: {error}"
    return None


def ip(arguments: str, *, namespace: str | None = None) -> None:
    """Run `ip`, in a namespace if one is named."""
    where = ["-n", namespace] if namespace else []
    done = subprocess.run(
        ["ip", *where, *arguments.split()],
        capture_output=True,
        text=True,
        timeout=COMMAND_TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        raise OSError(f"ip {' '.join([*where, arguments])}: {done.stderr.strip()}")


def inside(namespace: str | None, make: Callable[[], Made]) -> Made:
    """Return what `make` returns in a namespace (None: the own one). Sockets stay where they were made."""
    if namespace is None:
        return make()
    result: list[Made] = []
    failures: list[Exception] = []

    def run() -> None:
        try:
            enter(namespace)
            result.append(make())
        except Exception as error:  # noqa: BLE001  # raised again by who waits
            failures.append(error)

    # A namespace belongs to a thread: this one ends with what it entered.
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return result[0]


def enter(namespace: str) -> None:
    """Move this thread into a namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(NAMESPACES / namespace, os.O_RDONLY)
    try:
        if libc.setns(descriptor, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter the namespace {namespace}")
    finally:
        os.close(descriptor)


def open_tun(name: str) -> int:
    """Make a TUN device in the thread's namespace; it lives as long as the descriptor that is returned."""
    descriptor = os.open(TUN, os.O_RDWR | os.O_NONBLOCK)
    try:
        request = struct.pack("16sH22s", name.encode(), IFF_TUN | IFF_NO_PI, b"")
        fcntl.ioctl(descriptor, TUNSETIFF, request)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def open_udp(namespace: str | None, address: str) -> socket.socket:
    """Return a UDP socket bound to an address of a namespace."""

    def make() -> socket.socket:
        opened = socket.socket(type=socket.SOCK_DGRAM)
        try:
            opened.bind((address, 0))
        except OSError:
            opened.close()
            raise
        return opened

    return inside(namespace, make)


def remove(namespace: str) -> None:
    """Delete a namespace if it exists."""
    if (NAMESPACES / namespace).exists():
        ip(f"netns del {namespace}")
