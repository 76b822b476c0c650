"""The load generator `sfu-load`: a process that is told by JSON lines what to send and receive."""

import json
import os
import select
import subprocess
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.forwarding.programs import BINARIES, end, launch

REPLY_S = 15.0
CONNECT_S = 30.0

Reply = dict[str, Any]


class LoadFailedError(Exception):
    """The load generator could not do what it was told, or has ended."""


class Load:
    """Publishers and receivers of one server."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._replies: deque[Reply] = deque()
        self._rest = b""
        self._accepted: set[str] = set()
        self.participants = 0

    def publish(self, name: str, stream: int) -> str:
        """Make a publisher; return its offer."""
        self.participants += 1
        return str(self._ask({"op": "publish", "id": name, "stream": stream}, "offer", name)["sdp"])

    def receive(self, name: str, *, streams: int, probe: bool) -> str:
        """Make a receiver; return its offer."""
        self.participants += 1
        command = {"op": "receive", "id": name, "streams": streams, "probe": probe}
        return str(self._ask(command, "offer", name)["sdp"])

    def accept(self, name: str, offer: str, *, probe: bool) -> str:
        """Make a receiver from the server's offer, or give one that exists another; return its answer."""
        if name not in self._accepted:
            self._accepted.add(name)
            self.participants += 1
        command = {"op": "accept", "id": name, "sdp": offer, "probe": probe}
        return str(self._ask(command, "answer", name)["sdp"])

    def answer(self, name: str, sdp: str) -> None:
        """Hand a participant the server's answer."""
        self._tell({"op": "answer", "id": name, "sdp": sdp})

    def add_candidate(self, name: str, candidate: str) -> None:
        """Hand a participant a candidate of the server that was not in its SDP."""
        self._tell({"op": "candidate", "id": name, "candidate": candidate})

    def close(self, name: str) -> None:
        """End a participant."""
        self.participants -= 1
        self._tell({"op": "close", "id": name})

    def send(self, packets_per_second: float, *, burst: int, payload_bytes: int) -> None:
        """Let every publisher send at this rate from now on; 0: nothing."""
        command = {"packets_per_second": packets_per_second, "burst": burst, "payload_bytes": payload_bytes}
        self._tell({"op": "media", **command})

    def reset(self) -> None:
        """Forget what the probes have measured."""
        self._tell({"op": "reset"})

    def counters(self) -> Reply:
        """Return everything that is counted; raise when a participant failed."""
        return self._ask({"op": "counters"}, "counters", "")

    def wait_connected(self) -> None:
        """Wait until the media of every participant is up."""
        deadline = time.monotonic() + CONNECT_S
        while (connected := self.counters()["connected"]) < self.participants:
            if time.monotonic() > deadline:
                raise LoadFailedError(f"only {connected} of {self.participants} participants connected")
            time.sleep(0.05)

    def _tell(self, command: dict[str, Any]) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        stdin.write(json.dumps(command).encode() + b"\n")
        stdin.flush()

    def _ask(self, command: dict[str, Any], kind: str, name: str) -> Reply:
        self._tell(command)
        deadline = time.monotonic() + REPLY_S
        while True:
            reply = self._next_reply(deadline)
            if reply["reply"] == "failed":
                raise LoadFailedError(f"{reply['id'] or 'the load generator'}: {reply['detail']}")
            if reply["reply"] == kind and reply.get("id", "") == name:
                return reply

    def _next_reply(self, deadline: float) -> Reply:
        while not self._replies:
            stdout = self._process.stdout
            assert stdout is not None
            wait_s = deadline - time.monotonic()
            if wait_s <= 0 or not select.select([stdout], [], [], wait_s)[0]:
                raise LoadFailedError("the load generator does not answer")
            read = os.read(stdout.fileno(), 1 << 20)
            if not read:
                raise LoadFailedError("the load generator has ended")
            *lines, self._rest = (self._rest + read).split(b"\n")
            self._replies.extend(json.loads(line) for line in lines)
        return self._replies.popleft()


@contextmanager
def open_load(core: int | None, address: str) -> Iterator[Load]:
    """Start a load generator on a core, its sockets at an address; end it."""
    process = launch([BINARIES / "sfu-load", address], core, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield Load(process)
    finally:
        end(process)
