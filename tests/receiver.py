"""A receiver of webhooks: a real HTTP server that notes what it gets and answers as told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Got:
    """A request."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """`answers`: the next answers, each a status or a whole response; then `status`."""

    url: str = ""
    status: int = 204
    answers: list[int | bytes] = field(default_factory=list)
    got: list[Got] = field(default_factory=list)
    hangs: bool = False
    connections: int = 0
    _arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            self.got.append(await read_request(reader))
            async with self._arrived:
                self._arrived.notify_all()
            if self.hangs:
                await asyncio.sleep(60)
            answer = self.answers.pop(0) if self.answers else self.status
            if isinstance(answer, int):
                answer = f"HTTP/1.1 {answer} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
            writer.write(answer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def wait_for(self, count: int) -> None:
        """Return when so many requests have come."""
        async with asyncio.timeout(10), self._arrived:
            await self._arrived.wait_for(lambda: len(self.got) >= count)


async def read_request(reader: asyncio.StreamReader) -> Got:
    """Return one request."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    method, target, _ = first.split(" ")
    return Got(method, target, headers, body)


@asynccontextmanager
async def open_receiver() -> AsyncIterator[Receiver]:
    """Run a receiver on this machine for the length of the block."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    receiver.url = f"http://127.0.0.1:{port}/hook"
    try:
        yield receiver
    finally:
        server.close()
