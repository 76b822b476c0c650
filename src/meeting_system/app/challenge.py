"""What an ACME authority asks on port 80 is answered while an order runs; others are sent to HTTPS."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from meeting_system.adapters.acme_folder import Publish
from meeting_system.app import network
from meeting_system.kernel.errors import Unavailable

REQUEST_S = 5.0
LONGEST_LINE = 8 << 10


class ChallengePortTaken(Unavailable):
    """Something else listens on the port, or we may not."""

    code = "acme_port_taken"


@asynccontextmanager
async def answering(addresses: Sequence[str], port: int, elsewhere: str) -> AsyncIterator[Publish]:
    """Listen while the block runs; give what publishes an answer. Other paths are sent to `elsewhere`."""
    answers: dict[str, str] = {}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_S):
                writer.write(_respond(await reader.readline(), answers, elsewhere))
                await writer.drain()
        except (OSError, TimeoutError, ValueError):
            pass
        finally:
            writer.close()

    servers = [
        await asyncio.start_server(answer, sock=each, limit=LONGEST_LINE) for each in _listen(addresses, port)
    ]
    try:
        yield answers.__setitem__
    finally:
        for server in servers:
            server.close()


def _listen(addresses: Sequence[str], port: int) -> list[socket.socket]:
    try:
        return network.listen(tuple(addresses), port)
    except network.AddressInUse:
        raise ChallengePortTaken(
            f"port {port} is in use: stop what listens there, or have it pass /.well-known/acme-challenge/ "
            "on to MEETING_ACME__PORT"
        ) from None
    except PermissionError:
        raise ChallengePortTaken(
            f"port {port} needs rights: give CAP_NET_BIND_SERVICE, or lead port 80 to MEETING_ACME__PORT"
        ) from None
    except OSError as error:
        raise ChallengePortTaken(f"port {port} can't be opened: {error}") from None


def _respond(line: bytes, answers: dict[str, str], elsewhere: str) -> bytes:
    """Return the whole answer to a request that begins with `line`."""
    words = line.decode("latin-1").split()
    path = words[1] if len(words) == 3 and words[0] in {"GET", "HEAD"} else ""
    body = answers.get(path, "")
    if body:
        head = "200 OK\r\nContent-Type: application/octet-stream"
    elif path.startswith("/") and not path.startswith("/.well-known/acme-challenge/"):
        head = f"308 Permanent Redirect\r\nLocation: {elsewhere}{path}"
    else:
        head = "404 Not Found"
    sent = "" if words[:1] == ["HEAD"] else body
    return (f"HTTP/1.1 {head}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{sent}").encode(
        "latin-1"
    )
