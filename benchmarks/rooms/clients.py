"""The load clients of crates/sfu-bench: `meet.v1` by the thousand, each at an address of its own."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "target" / "release" / "signaling-load"
OPEN_TIMEOUT_S = 240.0
SETTLE_TIMEOUT_S = 60.0
RETURN_TIMEOUT_S = 120.0

Reply = dict[str, Any]


def build_clients() -> None:
    """Build the program, as the engine is built."""
    build = ("cargo", "build", "-q", "--release", "--locked", "-p", "sfu-bench", "--bin", PROGRAM.name)
    subprocess.run(build, cwd=ROOT, check=True)


class LoadFailed(RuntimeError):
    """A load client met something that should not be."""


class Clients:
    """Speaks JSON lines with `signaling-load`. `totals` is what it said last of all clients together."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._waiting: dict[str, asyncio.Future[Reply]] = {}
        self.totals: Reply = {}

    @property
    def pid(self) -> int:
        """The process of all load clients."""
        return self._process.pid

    async def read(self) -> None:
        """Hand replies to those who wait for them, until the process ends."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            reply = json.loads(line)
            if reply["reply"] == "totals":
                self.totals = reply
            elif reply["reply"] == "failed":
                raise LoadFailed(reply["detail"])
            elif waiting := self._waiting.pop(reply["reply"], None):
                waiting.set_result(reply)
        raise LoadFailed("the load clients' process ended")

    def _ask(self, reply: str, **command: object) -> asyncio.Future[Reply]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[reply] = future
        return future

    async def open(
        self,
        api: str,
        signaling: str,
        meetings: list[str],
        each: int,
        *,
        first: int = 0,
        per_second: float = 0,
    ) -> Reply:
        """Bring `each` guests into every meeting by HTTP and WebSocket; return when all are there.

        `first`: their first number, where another process has guests in the same meetings.
        """
        asked = self._ask(
            "opened",
            op="open",
            api=api,
            signaling=signaling,
            meetings=meetings,
            each=each,
            first=first,
            per_second=float(per_second),
        )
        async with asyncio.timeout(OPEN_TIMEOUT_S):
            return await asked

    async def talk(
        self, talkers: int, every_ms: int, seconds: float, *, durable: bool = False, listen: int = 0
    ) -> Reply:
        """Let some of each meeting talk, in the chat if it is to be durable, else by changes of their state;
        return when everything has arrived, or can't any more. `listen`: how many of each talk elsewhere."""
        wish = {"talkers": talkers, "every_ms": every_ms, "seconds": seconds}
        asked = self._ask("talked", op="talk", durable=durable, listen=listen, **wish)
        async with asyncio.timeout(seconds + SETTLE_TIMEOUT_S):
            return await asked

    def await_return(self) -> asyncio.Future[Reply]:
        """Say that the server dies now; the future is done when everybody is back."""
        return self._ask("returned", op="await_return")

    async def leave(self) -> None:
        """Have everybody say goodbye."""
        asked = self._ask("left", op="leave")
        async with asyncio.timeout(SETTLE_TIMEOUT_S):
            await asked


@asynccontextmanager
async def open_clients() -> AsyncIterator[Clients]:
    """Run the load clients' process for the length of the block."""
    process = await asyncio.create_subprocess_exec(
        PROGRAM, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 20
    )
    clients = Clients(process)
    async with asyncio.TaskGroup() as tasks:
        reader = tasks.create_task(clients.read())
        try:
            yield clients
        finally:
            reader.cancel()
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
