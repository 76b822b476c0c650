"""A server that speaks MongoDB's protocol over a real socket: NX-27017 from its wheel."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pymongo import MongoClient
from pymongo.errors import PyMongoError
from tests.outside import free_port

NX = Path(sys.executable).with_name("nx-27017")
READY_S = 30.0


AWAY = "mongodb://127.0.0.1:9/meeting?timeoutMS=200&serverSelectionTimeoutMS=200"
"""Nobody listens there."""

LEAVES_SOCKETS = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""Where a client is closed while it connects: PyMongo 4.20 then leaves a socket to the garbage collection.
The test collects itself, so that no later one is blamed."""


@dataclass
class MongoServer:
    """Where it listens. It has one database, whatever a URL says."""

    port: int
    command: list[str]
    folder: Path
    process: subprocess.Popen[bytes] = field(init=False)

    @property
    def log(self) -> Path:
        return self.folder / "output"

    def start(self) -> None:
        """Start it, again on what it has written, and return when it answers."""
        (self.folder / "pid").unlink(missing_ok=True)
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(self.command, stdout=output, stderr=output, cwd=self.folder)
        wait_ready(self)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()

    @property
    def url(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}/meeting"


@contextmanager
def mongo_server(*, port: int | None = None) -> Iterator[MongoServer]:
    """Run the server for the length of the block. Its files are its own: it allows one in the usual place."""
    port = port or free_port()
    with tempfile.TemporaryDirectory(prefix="meeting-mongo-") as folder:
        command = [str(NX), f"--db={folder}/documents.db", "--host=127.0.0.1", f"-p={port}"]
        command += [f"--pid-file={folder}/pid", f"--log-file={folder}/log"]
        server = MongoServer(port, command, Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.kill()


def wait_ready(server: MongoServer) -> None:
    """Return when it answers; raise RuntimeError with its log when it never does."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and server.process.poll() is None:
        with MongoClient[dict[str, object]](server.url, serverSelectionTimeoutMS=200) as client:
            try:
                client.admin.command("ping")
            except PyMongoError:
                continue
            return
    raise RuntimeError(f"NX-27017 does not start: {server.log.read_text(errors='replace')[-2000:]}")
