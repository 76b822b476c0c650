"""The network between clients and a server, as a TCP proxy: resets, silence one way or both, a link down."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

CHUNK = 64 * 1024
RESET = struct.pack("ii", 1, 0)


class Path:
    """One connection through the proxy."""

    def __init__(self, near: asyncio.StreamWriter, far: asyncio.StreamWriter) -> None:
        self.near = near
        self.far = far

    def reset(self) -> None:
        """End both sides as a router does that has forgotten them: with RST."""
        for writer in (self.near, self.far):
            raw = writer.get_extra_info("socket")
            if raw is not None:
                with suppress(OSError):
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()


class Proxy:
    """Forwards to `target` while `up` and `down` are set; what is not forwarded waits, as on a lost route."""

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self.address = ""
        self.paths: set[Path] = set()
        self.up, self.down = asyncio.Event(), asyncio.Event()
        self.up.set()
        self.down.set()

    def silence(self, *, up: bool = True, down: bool = True) -> None:
        """Forward nothing more from clients (`up`), to them (`down`), or both; nobody is told."""
        if up:
            self.up.clear()
        if down:
            self.down.clear()

    def heal(self) -> None:
        """Forward again, first what waited."""
        self.up.set()
        self.down.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection to its end."""
        await self.up.wait()
        try:
            far_reader, far = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        path = Path(writer, far)
        self.paths.add(path)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_carry(reader, far, self.up))
                tasks.create_task(_carry(far_reader, writer, self.down))
        except* OSError:
            path.reset()
        finally:
            self.paths.discard(path)
            far.transport.abort()
            writer.transport.abort()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gate: asyncio.Event) -> None:
    while data := await reader.read(CHUNK):
        await gate.wait()
        writer.write(data)
        await writer.drain()
    # The other direction ends with this one: nobody here uses half-closed connections.
    raise ConnectionAbortedError


@asynccontextmanager
async def open_proxy(target: str) -> AsyncIterator[Proxy]:
    """Forward a free port of loopback to `target` (`address:port`) while the block runs."""
    proxy = Proxy(target)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, backlog=4096)
    proxy.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
        for path in list(proxy.paths):
            path.reset()
