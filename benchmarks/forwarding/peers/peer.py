"""What a server must offer to be measured: one file a server, added to the list in `known.py`.

`start` begins the server on the core that it is given, with as many threads as it needs: what is compared is
packets a second of CPU time, over all of them. All traffic stays on the machine, whose own address is given.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.forwarding.load import Load


class PeerUnusableError(Exception):
    """The server can't run here; the message says what to install or change."""


@dataclass(frozen=True)
class Place:
    """Where a server runs: on this core (None: any), its media at this address, its files in this folder."""

    core: int | None
    address: str
    folder: Path


class Server(Protocol):
    """A running server with one room."""

    pid: int

    def publish(self, load: Load, name: str, stream: int) -> None:
        """Make the load generator publish a video stream."""

    def receive(self, load: Load, name: str, *, streams: int, probe: bool) -> None:
        """Make the load generator receive all streams that are published."""


class Peer(Protocol):
    """A kind of server."""

    @property
    def name(self) -> str:
        """What tables call it."""

    def start(self, place: Place) -> AbstractContextManager[Server]:
        """Start a server; end it when left. Raises PeerUnusableError."""
