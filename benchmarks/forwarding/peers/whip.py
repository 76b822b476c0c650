"""Servers of this repository that speak WHIP and WHEP: our engine, and str0m as it comes."""

import http.client
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks.forwarding.load import Load
from benchmarks.forwarding.peers.peer import PeerUnusableError, Place
from benchmarks.forwarding.programs import BINARIES, end, launch

ROOM = "bench"
TIMEOUT_S = 15.0


@dataclass
class WhipServer:
    """A running server."""

    pid: int
    http: http.client.HTTPConnection

    def publish(self, load: Load, name: str, stream: int) -> None:
        """Publish through WHIP."""
        load.answer(name, self._post(f"/whip/{ROOM}", load.publish(name, stream)))

    def receive(self, load: Load, name: str, *, streams: int, probe: bool) -> None:
        """Receive through WHEP."""
        load.answer(name, self._post(f"/whep/{ROOM}", load.receive(name, streams=streams, probe=probe)))

    def _post(self, path: str, offer: str) -> str:
        self.http.request("POST", path, offer, {"Content-Type": "application/sdp"})
        response = self.http.getresponse()
        body = response.read().decode()
        if response.status != http.client.CREATED:
            raise PeerUnusableError(f"{path} answered {response.status}: {body}")
        return body


@dataclass(frozen=True)
class WhipPeer:
    """A program of crate `sfu-bench`: it prints the URL of its HTTP server and ends when its input does."""

    name: str
    program: str
    environment: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def start(self, place: Place) -> Iterator[WhipServer]:
        """Start it on a free port."""
        with (place.folder / "log").open("wb") as log:
            process = launch(
                [BINARIES / self.program, place.address],
                place.core,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                environment={**os.environ, **self.environment},
            )
        assert process.stdout is not None
        try:
            url = process.stdout.readline().decode().strip()
            if not url.startswith("http://"):
                log_text = (place.folder / "log").read_text(encoding="utf-8", errors="replace")
                raise PeerUnusableError(f"{self.program} did not start: {log_text.strip()[-500:]}")
            connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=TIMEOUT_S)
            yield WhipServer(process.pid, connection)
            connection.close()
        finally:
            end(process)
