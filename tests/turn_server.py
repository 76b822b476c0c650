"""A TURN server for tests: coturn with the configuration that we ship, on this machine's own address."""

import asyncio
import re
import shutil
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from meeting_system.adapters.turn_client import TurnRefused, check_allocation
from meeting_system.kernel.clock import SystemClock
from meeting_system.kit.turn import IceServer, Turn, TurnSettings

SHIPPED = Path(__file__).parents[1] / "deploy" / "coturn" / "turnserver.conf"
SECRET = "8f1c5a9d3b7e2046c1d8a5f09e3b7264"  # of a server that lives as long as a test
START_S = 10.0


def own_address() -> str:
    """Return an address of this machine that is not loopback: browsers use no relay there."""
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no network")
        return str(probe.getsockname()[0])


def free_port(address: str) -> int:
    with socket.socket() as tcp:
        tcp.bind((address, 0))
        port: int = tcp.getsockname()[1]
        return port


@dataclass(frozen=True)
class TurnServer:
    """A running coturn."""

    address: str
    port: int
    log: Path

    @property
    def settings(self) -> TurnSettings:
        return TurnSettings.model_validate({"urls": [self.url()], "secret": SECRET})

    def url(self, transport: str = "udp") -> str:
        return f"turn:{self.address}:{self.port}?transport={transport}"

    def issue(self, name: str = "somebody") -> IceServer:
        """Credentials as people get them."""
        return Turn(self.settings, SystemClock()).issue(name)[0]


def configuration(address: str, port: int) -> str:
    """Return the shipped file with what an operator fills in, and the ports of a test."""
    text = SHIPPED.read_text(encoding="utf-8")
    for name, value in (
        ("static-auth-secret", SECRET),
        ("realm", "turn.test"),
        ("allowed-peer-ip", address),
        ("listening-port", str(port)),
    ):
        text, count = re.subn(rf"^{name}=.*$", f"{name}={value}", text, flags=re.MULTILINE)
        assert count == 1, name
    return f"{text}\nlistening-ip={address}\nrelay-ip={address}\n"


@asynccontextmanager
async def open_turn_server(folder: Path) -> AsyncIterator[TurnServer]:
    """Run coturn for the length of the block."""
    program = shutil.which("turnserver")
    if program is None:
        pytest.skip("no turnserver: apt install coturn")
    address = own_address()
    server = TurnServer(address, free_port(address), folder / "turnserver.log")
    file = folder / "turnserver.conf"
    file.write_text(configuration(address, server.port), encoding="utf-8")
    with server.log.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            program, "-c", str(file), "--pidfile", str(folder / "turnserver.pid"), stdout=log, stderr=log
        )
    try:
        await _wait_until_it_answers(server)
        yield server
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _wait_until_it_answers(server: TurnServer) -> None:
    given = server.issue()
    try:
        async with asyncio.timeout(START_S):
            while True:
                try:
                    await check_allocation(server.url("tcp"), given.username or "", given.credential or "")
                except TurnRefused:
                    await asyncio.sleep(0.1)
                else:
                    return
    except TimeoutError:
        sys.stderr.write(server.log.read_text(errors="replace"))
        raise
