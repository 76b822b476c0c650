"""`meeting-system cluster` as its users run it, on other ports."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from dotenv import dotenv_values
from tests.e2e.server import BIGBLUEBUTTON_SECRET, Server, open_server
from tests.outside import need

from meeting_system.adapters.embedded_process import is_alive
from meeting_system.app.cluster.programs import ETCD, NGINX, POSTGRES, REDIS

START_S = 240.0
BACK_S = 60.0
METRICS_TOKEN = "metrics-0f9c2e57b1d84a6e3c7f51aa90"


class Cluster(Server):
    """The running cluster: to the scenarios it is a server like the one process."""

    @property
    def data(self) -> Path:
        return self.folder / "cluster"

    @property
    def commands_environment(self) -> dict[str, str]:
        return {name: value or "" for name, value in dotenv_values(self.data / "settings.env").items()}

    def said(self) -> str:
        return "".join(log.read_text(errors="replace") for log in sorted((self.data / "log").glob("*.log")))

    @property
    def database(self) -> str:
        return self.commands_environment["MEETING_DATABASE_URL"]

    def start_processes(self) -> None:
        """Start it and wait until it says where it is."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith("MEETING_")}
        settings = {
            "MEETING_DATA": str(self.folder),
            "MEETING_HTTP__PORT": str(self.port),
            "MEETING_MEDIA__PORT": str(self.media_port),
            "MEETING_MEDIA__ADVERTISED": "127.0.0.1",
            "MEETING_MEDIA__WORKERS": "1",
            "MEETING_METRICS__TOKEN": METRICS_TOKEN,
            "MEETING_BIGBLUEBUTTON__SECRET": BIGBLUEBUTTON_SECRET,
            **self._settings,
        }
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                [sys.executable, "-m", "meeting_system.cli", "cluster", "--free-ports"],
                env=ours | settings,
                stdout=log,
                stderr=log,
            )
        deadline = monotonic() + START_S
        while not (self.data / "processes.json").exists():
            if self.child.poll() is not None or monotonic() > deadline:
                raise RuntimeError(self.log.read_text())
            sleep(0.1)

    def processes(self) -> dict[str, dict[str, Any]]:
        """What runs: process id, port and restarts by name."""
        found: dict[str, dict[str, Any]] = json.loads((self.data / "processes.json").read_text())
        return found

    def port_of(self, name: str) -> int:
        return int(self.processes()[name]["port"])

    def signal(self, name: str, number: signal.Signals) -> None:
        os.kill(self.processes()[name]["pid"], number)

    def routed(self) -> str:
        """What Nginx was told."""
        return (self.data / "nginx" / "upstreams.conf").read_text()

    async def wait_routed(self, name: str, *, routed: bool) -> None:
        """Return when the process gets traffic, or none."""
        port = f"127.0.0.1:{self.port_of(name)} "
        async with asyncio.timeout(BACK_S):
            while (port in self.routed()) is not routed:  # noqa: ASYNC110  # another process does it
                await asyncio.sleep(0.05)

    async def kill_part(self, name: str) -> None:
        """Kill -9, and return when it was started again."""
        before = self.processes()[name]
        self.signal(name, signal.SIGKILL)
        async with asyncio.timeout(BACK_S):
            while not self._is_back(name, before["restarts"]):  # noqa: ASYNC110  # another process does it
                await asyncio.sleep(0.05)

    def _is_back(self, name: str, restarts: int) -> bool:
        process = self.processes()[name]
        return bool(process["pid"]) and process["restarts"] > restarts

    def interrupt(self) -> int:
        """End it as Ctrl-C does; return its exit status, and see that nothing is left."""
        pids = [process["pid"] for process in self.processes().values() if process["pid"]]
        self.child.send_signal(signal.SIGINT)
        code = self.child.wait(60)
        assert [pid for pid in pids if is_alive(pid)] == []
        return code


@contextmanager
def open_cluster(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[Cluster]:
    """Run it for the length of the block; `settings` are further environment variables."""
    cluster = Cluster(folder, settings)
    try:
        cluster.start_processes()
        yield cluster
        assert cluster.interrupt() == 0
        assert "Stopped | 已停止" in cluster.log.read_text()
    finally:
        cluster.child.kill()
        cluster.child.wait()


@asynccontextmanager
async def open_system(
    kind: str, folder: Path, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Server]:
    """Run the system as one process, or as separate ones behind Nginx."""
    if kind == "one process":
        async with open_server(folder, settings) as server:
            yield server
        return
    need(POSTGRES, REDIS, ETCD, NGINX)
    # Browsers send from no address of loopback: the address for media is found, as it is for one process.
    with open_cluster(folder, {"MEETING_MEDIA__ADVERTISED": "", **(settings or {})}) as cluster:
        yield cluster
