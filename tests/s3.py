"""A real S3 server on this machine: SeaweedFS from its wheel, started once a test process."""

import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from meeting_system.adapters.objects import open_objects

WEED = Path(sys.executable).with_name("weed")
ACCESS_KEY, SECRET_KEY = "test-access", "test-secret-of-the-test-server"
READY_S = 60.0
PORTS = ("s3.port", "s3.port.grpc", "filer.port", "filer.port.grpc", "master.port", "master.port.grpc")
VOLUME_PORTS = ("volume.port", "volume.port.grpc")


@dataclass
class S3Server:
    """Where it listens."""

    endpoint: str
    command: list[str]
    folder: Path
    process: subprocess.Popen[bytes] = field(init=False)

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def start(self) -> None:
        """Start it, again on what it has written, and return when it answers."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(self.command, stdout=output, stderr=output, cwd=self.folder)
        wait_ready(self)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()


def free_ports(names: tuple[str, ...]) -> dict[str, int]:
    """Return a free port for each, all different."""
    with ExitStack() as stack:
        found = {}
        for name in names:
            probe = stack.enter_context(socket.socket())
            probe.bind(("127.0.0.1", 0))
            found[name] = int(probe.getsockname()[1])
        return found


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Run SeaweedFS for the length of the block."""
    ports = free_ports((*PORTS, *VOLUME_PORTS))
    with tempfile.TemporaryDirectory(prefix="meeting-s3-") as folder:
        config = Path(folder) / "s3.json"
        keys = {"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}
        actions = ["Admin", "Read", "Write", "List", "Tagging"]
        config.write_text(
            json.dumps({"identities": [{"name": "test", "credentials": [keys], "actions": actions}]})
        )
        command = [str(WEED), "-logtostderr=true", "server", f"-dir={folder}", "-s3", f"-s3.config={config}"]
        command += ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false"]
        command += ["-volume.max=8", "-s3.port.iceberg=0", "-s3.port.lance=0", "-master.volumeSizeLimitMB=64"]
        command += [f"-{name}={port}" for name, port in ports.items()]
        server = S3Server(f"http://127.0.0.1:{ports['s3.port']}", command, Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.kill()


def wait_ready(server: S3Server) -> None:
    """Return when it answers; raise RuntimeError with its log when it never does."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            urllib.request.urlopen(server.endpoint, timeout=2)
        except urllib.error.HTTPError:
            return  # it answers: that we may not
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"SeaweedFS does not start: {server.log.read_text(errors='replace')[-2000:]}")


async def make_bucket(server: S3Server, name: str) -> None:
    """Make an empty bucket: SeaweedFS does with the first object."""

    async def nothing() -> AsyncIterator[bytes]:
        yield b""

    objects = open_objects(
        f"s3://{name}", endpoint=server.endpoint, access_key=ACCESS_KEY, secret_key=SECRET_KEY
    )
    await objects.put("first", nothing())
    await objects.delete("first")
