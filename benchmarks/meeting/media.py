"""The load clients of crates/sfu-bench: real ICE, DTLS and SRTP, many participants in one process."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).resolve().parents[2] / "target" / "release" / "meeting-load"
ANSWER_TIMEOUT_S = 20.0


class MediaClients:
    """Speaks JSON lines with `meeting-load`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._waiting: dict[tuple[str, str], asyncio.Future[dict[str, Any]]] = {}
        self.totals: dict[str, int] = {}

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
                raise RuntimeError(f"load client {reply['id']}: {reply['detail']}")
            elif waiting := self._waiting.pop((reply["reply"], reply["id"]), None):
                waiting.set_result(reply)

    def _tell(self, **command: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")

    async def _wait(self, reply: str, name: str) -> dict[str, Any]:
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[reply, name] = future
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            return await future

    async def offer(self, name: str) -> dict[str, Any]:
        """Make a client that sends camera and microphone, and return its offer."""
        self._tell(op="open", id=name, camera=True, microphone=True, video_slots=9)
        return await self._wait("offer", name)

    async def connect(self, name: str, sdp: str) -> None:
        """Give a client the server's answer and wait until its media is up."""
        self._tell(op="answer", id=name, sdp=sdp)
        await self._wait("connected", name)

    def close(self, name: str) -> None:
        """End a client."""
        self._tell(op="close", id=name)


@asynccontextmanager
async def open_media_clients() -> AsyncIterator[MediaClients]:
    """Run the load clients' process for the length of the block."""
    process = await asyncio.create_subprocess_exec(
        PROGRAM, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 20
    )
    clients = MediaClients(process)
    async with asyncio.TaskGroup() as tasks:
        reader = tasks.create_task(clients.read())
        try:
            yield clients
        finally:
            reader.cancel()
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
