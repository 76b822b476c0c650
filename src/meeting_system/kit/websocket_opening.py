"""From a request to an open WebSocket: the handshake (RFC 6455, section 4.2), and ASGI as uvicorn wants it.

The connection of who asked for it (`ask_for_wire`, before it accepts) is handed over as a `Wire`, found in
the scope's extensions under `WIRE`, and ASGI's `receive` and `send` are over; others have texts by them.
A storm of clients that come back is mostly handshakes, and uvicorn's own cost three times as much.
"""

import asyncio
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import MutableMapping, Sequence
from hashlib import sha1
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import unquote

from uvicorn.config import Config
from uvicorn.protocols.utils import ClientDisconnected, get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState

from meeting_system.kit.log import logger
from meeting_system.kit.websocket import INTERNAL, NO_CODE, NORMAL, ONLY_TEXTS, Wire, encode_text

WIRE = "meeting_system.wire"
_WANTED = "meeting_system.wire_wanted"
_DENIAL = "websocket.http.response"
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KEY, _VERSION, _PROTOCOL = b"sec-websocket-key", b"sec-websocket-version", b"sec-websocket-protocol"
_SWITCHING = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
)

Pairs = Sequence[tuple[bytes, bytes]]

log = logger(__name__)


class Refused(Exception):
    """A handshake that is none: the status line's end, and what else the answer says."""

    def __init__(self, status: bytes, text: str, headers: Pairs = ()) -> None:
        super().__init__(text)
        self.status = status
        self.headers = headers


def ask_for_wire(scope: MutableMapping[str, Any]) -> None:
    """Say, before accepting, that the application takes the connection as a `Wire`."""
    scope["extensions"][_WANTED] = True


def read_request(data: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """Split a request, as uvicorn hands it over, into its target and its headers. Raises Refused."""
    first, *lines = data[:-4].split(b"\r\n")
    method, target, _ = first.split(b" ")
    if method != b"GET":
        raise Refused(b"405 Method Not Allowed", "a WebSocket is opened by GET", [(b"allow", b"GET")])
    parts = [line.partition(b": ") for line in lines]
    return target, [(name, value) for name, _, value in parts]


def accept_key(headers: Pairs) -> bytes:
    """Return the answer to a client's key. Raises Refused. That an upgrade is wanted uvicorn has seen."""
    if _only(headers, _VERSION) != b"13":
        raise Refused(b"426 Upgrade Required", "version 13 is spoken here", [(_VERSION, b"13")])
    key = _only(headers, _KEY)
    try:
        is_good = len(b64decode(key, validate=True)) == 16
    except NotBase64:
        is_good = False
    if not is_good:
        raise Refused(b"400 Bad Request", "Sec-WebSocket-Key has to be 16 bytes in Base64, once")
    return b64encode(sha1(key + _GUID, usedforsecurity=False).digest())


def _only(headers: Pairs, wanted: bytes) -> bytes:
    found = [value for name, value in headers if name == wanted]
    return found[0].strip() if len(found) == 1 else b""


class WireProtocol(asyncio.Protocol):
    """uvicorn's protocol of a WebSocket until it is open; it has the whole request by one `data_received`."""

    __slots__ = (
        "_accept",
        "_config",
        "_denial",
        "_early",
        "_has_connected",
        "_is_answered",
        "_scope",
        "_server_state",
        "_state",
        "_texts",
        "_transport",
        "_wire",
    )

    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any]) -> None:
        self._config = config
        self._server_state = server_state
        self._state = app_state
        self._transport: asyncio.Transport
        self._scope: dict[str, Any] | None = None
        self._accept = b""
        self._early = b""
        self._denial: tuple[bytes, Pairs] = (b"", ())
        self._has_connected = self._is_answered = False
        self._wire: Wire | None = None
        self._texts: _Texts | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are none by their class
        self._connections.add(self)

    @property
    def _connections(self) -> set[Any]:
        return self._server_state.connections

    def data_received(self, data: bytes) -> None:
        if self._scope is not None:
            # A client that doesn't wait for the answer.
            self._early += data
            self._transport.pause_reading()
            return
        try:
            target, headers = read_request(data)
            self._accept = accept_key(headers)
        except Refused as refused:
            self._refuse(refused.status, str(refused), refused.headers)
            return
        self._scope = self._describe(target, headers)
        task = asyncio.get_running_loop().create_task(self._run(self._scope))
        self._server_state.tasks.add(task)
        task.add_done_callback(self._server_state.tasks.discard)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        self._is_answered = True

    def shutdown(self) -> None:
        """Close as the server does when it stops before the application has answered (uvicorn calls it)."""
        self._refuse(b"503 Service Unavailable", "the server stops")

    def _describe(self, target: bytes, headers: Pairs) -> dict[str, Any]:
        raw_path, _, query = target.partition(b"?")
        root = self._config.root_path
        named = [value for name, value in headers if name == _PROTOCOL]
        return {
            "type": "websocket",
            "asgi": {"version": self._config.asgi_version, "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "wss" if is_ssl(self._transport) else "ws",
            "server": get_local_addr(self._transport),
            "client": get_remote_addr(self._transport),
            "root_path": root,
            "path": root + unquote(raw_path.decode("latin-1")),
            "raw_path": root.encode("ascii") + raw_path,
            "query_string": query,
            "headers": headers,
            "subprotocols": [each.strip().decode("latin-1") for line in named for each in line.split(b",")],
            "state": self._state.copy(),
            "extensions": {_DENIAL: {}},
        }

    async def _run(self, scope: dict[str, Any]) -> None:
        """Run the application; what it leaves open is closed."""
        code = NORMAL
        try:
            await self._config.loaded_app(scope, self._receive, self._send)
        except ClientDisconnected:
            pass
        except Exception:
            log.exception("websocket_application_failed", path=scope["path"])
            code = INTERNAL
        if self._wire is not None:
            self._wire.close(code)
        else:
            self._refuse(b"500 Internal Server Error", "the server failed; its log says why")

    async def _receive(self) -> dict[str, Any]:
        if not self._has_connected:
            self._has_connected = True
            return {"type": "websocket.connect"}
        if self._texts is None:
            raise RuntimeError("what comes goes to the wire, or nothing was accepted")
        return await self._texts.receive()

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        kind = message["type"]
        if kind == "websocket.accept" and self._wire is None:
            self._open(message)
        elif kind == "websocket.close" and self._wire is None:
            self._refuse(b"403 Forbidden", "")
        elif kind == f"{_DENIAL}.start":
            status = HTTPStatus(message["status"])
            self._denial = (f"{status} {status.phrase}".encode(), [*message["headers"]])
        elif kind == f"{_DENIAL}.body":
            self._answer(*self._denial, message.get("body", b""))
        elif self._texts is None:
            raise RuntimeError(f"{kind} has no place here")
        else:
            self._texts.send(message)

    def _open(self, message: MutableMapping[str, Any]) -> None:
        if self._is_answered or self._transport.is_closing():
            return  # lost during the handshake
        assert self._scope is not None
        self._is_answered = True
        headers = [*message.get("headers", ())]
        if message.get("subprotocol"):
            headers.append((b"Sec-WebSocket-Protocol", message["subprotocol"].encode("latin-1")))
        head = b"".join((_SWITCHING, self._accept, b"\r\n", *_lines(headers), b"\r\n"))
        self._connections.discard(self)
        self._wire = wire = Wire(self._transport, self._connections, self._config.ws_max_size, head)
        self._transport.set_protocol(wire)
        if _WANTED in self._scope["extensions"]:
            self._scope["extensions"][WIRE] = wire
        else:
            self._texts = _Texts(wire)
            wire.listen(self._texts)
        if self._early:
            wire.resume()
            wire.data_received(self._early)
        self._early = b""

    def _refuse(self, status: bytes, text: str, headers: Pairs = ()) -> None:
        body = text.encode()
        kind = (b"content-type", b"text/plain; charset=utf-8")
        self._answer(status, [*headers, kind, (b"content-length", str(len(body)).encode())], body)

    def _answer(self, status: bytes, headers: Pairs, body: bytes) -> None:
        """Answer with something else than a WebSocket, of one piece, and close."""
        if self._is_answered:
            return
        self._is_answered = True
        told = [*self._server_state.default_headers, *headers, (b"connection", b"close")]
        self._transport.write(b"".join((b"HTTP/1.1 ", status, b"\r\n", *_lines(told), b"\r\n", body)))
        self._transport.close()


def _lines(headers: Pairs) -> list[bytes]:
    return [name + b": " + value + b"\r\n" for name, value in headers]


class _Texts:
    """The texts of a wire as ASGI has them; while one waits, nothing more is read."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._is_lost = False

    async def receive(self) -> dict[str, Any]:
        message = await self._queue.get()
        if not self._is_lost and self._queue.empty():
            self._wire.resume()
        return message

    def send(self, message: MutableMapping[str, Any]) -> None:
        if self._is_lost:
            raise ClientDisconnected
        if message["type"] == "websocket.close":
            self._wire.close(message.get("code", NORMAL), message.get("reason") or "")
        else:
            self._wire.write([encode_text(message["text"])])

    def take(self, text: str | None) -> None:
        if text is None:
            self._wire.close(ONLY_TEXTS)
            return
        self._queue.put_nowait({"type": "websocket.receive", "text": text})
        self._wire.pause()

    def drained(self) -> None: ...

    def lost(self) -> None:
        self._is_lost = True
        self._queue.put_nowait({"type": "websocket.disconnect", "code": NO_CODE})
