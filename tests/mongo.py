"""A server that speaks MongoDB's protocol over a real socket: NX-27017 from its wheel."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}/meeting"


@contextmanager
def mongo_server(*, port: int | None = None) -> Iterator[MongoServer]:
    """Run the server for the length of the block. Its files are its own: it allows one in the usual place."""
    port = port or free_port()
    with tempfile.TemporaryDirectory(prefix="meeting-mongo-") as folder:
        log = Path(folder) / "output"
        command = [str(NX), f"--db={folder}/documents.db", "--host=127.0.0.1", f"-p={port}"]
        command += [f"--pid-file={folder}/pid", f"--log-file={folder}/log"]
        with (
            log.open("wb") as output,
            subprocess.Popen(command, stdout=output, stderr=output, cwd=folder) as process,
        ):
            try:
                server = MongoServer(port, process)
                wait_ready(server, log)
                yield server
            finally:
                process.kill()


def wait_ready(server: MongoServer, log: Path) -> None:
    """Return when it answers; raise RuntimeError with its log when it never does."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and server.process.poll() is None:
        with MongoClient[dict[str, object]](server.url, serverSelectionTimeoutMS=200) as client:
            try:
                client.admin.command("ping")
            except PyMongoError:
                continue
            return
    raise RuntimeError(f"NX-27017 does not start: {log.read_text(errors='replace')[-2000:]}")
