"""Open WebSockets without a task and with little memory each: texts in by a call, frames out by one write.

RFC 6455 without extensions: the frames of one text are the same bytes for everybody, so they are made once.
How they come to be open: websocket_opening.py.
"""

import asyncio
import socket
from collections.abc import Iterator, Sequence
from struct import Struct
from typing import Any, Protocol

from websockets.exceptions import ProtocolError
from websockets.frames import Close, Opcode
from websockets.speedups import apply_mask

MAX_UNSENT_BYTES = 256 * 1024
LINGER_S = 5.0
"""How long the other side may take to answer a close frame."""
NORMAL, PROTOCOL_ERROR, ONLY_TEXTS, NO_CODE = 1000, 1002, 1003, 1005
INVALID_TEXT, TOO_BIG, INTERNAL, RESTART = 1007, 1009, 1011, 1012
MAX_CONTROL = 125
_TWO, _EIGHT = Struct("!BBH"), Struct("!BBQ")
_FINAL = 0x80
_MASKED = 0x80


class Receiver(Protocol):
    """Who uses a wire. `take`: a text, or None for a binary message; `drained`: it takes more again."""

    def take(self, text: str | None) -> None: ...
    def drained(self) -> None: ...
    def lost(self) -> None: ...


class Fault(Exception):
    """A frame against the rules, and the code that its sender is closed with."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def encode_text(text: str) -> bytes:
    """Return the frame of a text, as a server sends it."""
    return _frame(Opcode.TEXT, text.encode())


def _frame(opcode: int, payload: bytes) -> bytes:
    length = len(payload)
    if length <= MAX_CONTROL:
        return bytes((_FINAL | opcode, length)) + payload
    if length <= 0xFFFF:
        return _TWO.pack(_FINAL | opcode, 126, length) + payload
    return _EIGHT.pack(_FINAL | opcode, 127, length) + payload


class FrameReader:
    """Bytes of a client to whole messages, (opcode, payload) each. No I/O. Raises Fault."""

    __slots__ = ("_buffer", "_max_bytes", "_opcode", "_parts")

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._buffer: bytearray | None = None
        self._opcode = 0
        self._parts: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Take bytes; yield what is whole by them."""
        buffer: bytes | bytearray = data
        if self._buffer is not None:
            self._buffer += data
            buffer = self._buffer
        at = 0
        try:
            while (found := self._read(buffer, at)) is not None:
                first, payload, at = found
                message = self._assemble(first, payload)
                if message is not None:
                    yield message
                    if message[0] == Opcode.CLOSE:
                        return  # nothing follows it
        finally:
            self._buffer = bytearray(buffer[at:]) if at < len(buffer) else None

    def _read(self, buffer: bytes | bytearray, at: int) -> tuple[int, bytes, int] | None:
        """Read the frame that begins at `at`: its first byte, its payload, where the next one begins."""
        if len(buffer) < at + 2:
            return None
        first, second = buffer[at], buffer[at + 1]
        if not second & _MASKED or first & 0x70:
            raise Fault(PROTOCOL_ERROR)
        length, at = second & 0x7F, at + 2
        if length > MAX_CONTROL:
            if first & 0x08:
                raise Fault(PROTOCOL_ERROR)
            size = 2 if length == 126 else 8
            if len(buffer) < at + size:
                return None
            length = int.from_bytes(buffer[at : at + size], "big")
            at += size
        if length > self._max_bytes - (sum(map(len, self._parts)) if self._parts else 0):
            raise Fault(TOO_BIG)
        end = at + 4 + length
        if len(buffer) < end:
            return None
        return first, apply_mask(buffer[at + 4 : end], buffer[at : at + 4]), end

    def _assemble(self, first: int, payload: bytes) -> tuple[int, bytes] | None:
        opcode, is_final = first & 0x0F, bool(first & _FINAL)
        if opcode in (Opcode.CLOSE, Opcode.PING, Opcode.PONG):
            if not is_final:
                raise Fault(PROTOCOL_ERROR)
            return opcode, payload
        if opcode == Opcode.CONT:
            if not self._opcode:
                raise Fault(PROTOCOL_ERROR)
            self._parts.append(payload)
            if not is_final:
                return None
            whole = self._opcode, b"".join(self._parts)
            self._opcode, self._parts = 0, []
            return whole
        if opcode not in (Opcode.TEXT, Opcode.BINARY) or self._opcode:
            raise Fault(PROTOCOL_ERROR)
        if is_final:
            return opcode, payload
        self._opcode, self._parts = opcode, [payload]
        return None


class Wire(asyncio.Protocol):
    """One open WebSocket. Texts that come before `listen` wait; nothing more is read meanwhile.

    `head`: what leaves before the first frame, by the same write: a write costs more than anything else here.
    """

    __slots__ = (
        "_connections",
        "_early",
        "_ending",
        "_head",
        "_is_lost",
        "_reader",
        "_receiver",
        "_transport",
        "is_writable",
    )

    def __init__(
        self, transport: asyncio.Transport, connections: set[Any], max_bytes: int, head: bytes = b""
    ) -> None:
        self.is_writable = True
        self._transport = transport
        self._head = head
        self._connections = connections
        self._reader = FrameReader(max_bytes)
        self._receiver: Receiver | None = None
        self._early: list[str | None] = []
        self._ending: asyncio.TimerHandle | None = None
        self._is_lost = False
        connections.add(self)
        _bound_backlog(transport)

    def listen(self, receiver: Receiver) -> None:
        """Give all texts to `receiver` from now on."""
        if self._head:
            self._send(b"")
        self._receiver = receiver
        early, self._early = self._early, []
        for text in early:
            receiver.take(text)
        if self._is_lost:
            self._receiver = None
            receiver.lost()

    def write(self, frames: Sequence[bytes]) -> None:
        """Send frames; `is_writable` tells whether more should follow before `drained`."""
        if self._ending is None and not self._is_lost:
            self._send(frames[0] if len(frames) == 1 else b"".join(frames))

    def _send(self, data: bytes) -> None:
        if self._head:
            data, self._head = self._head + data, b""
        self._transport.write(data)

    def pause(self) -> None:
        """Read nothing more for now."""
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def close(self, code: int, reason: str = "") -> None:
        """End it; the connection is closed when the other side has answered, or after a while."""
        if self._ending is not None or self._is_lost:
            return
        # Texts are of no concern any more, but the answer is.
        self.resume()
        self._send(_frame(Opcode.CLOSE, Close(code, reason).serialize()))
        self._ending = asyncio.get_running_loop().call_later(LINGER_S, self._transport.abort)

    def shutdown(self) -> None:
        """Close as the server does when it stops (uvicorn calls it)."""
        self.close(RESTART)
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        try:
            for opcode, payload in self._reader.feed(data):
                self._take(opcode, payload)
        except Fault as fault:
            self._fail(fault.code)
        except UnicodeDecodeError:
            self._fail(INVALID_TEXT)

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == Opcode.CLOSE:
            self._answer_close(payload)
        elif self._ending is not None:
            return
        elif opcode == Opcode.PING:
            self._send(_frame(Opcode.PONG, payload))
        elif opcode != Opcode.PONG:
            self._hand_on(payload.decode() if opcode == Opcode.TEXT else None)

    def _hand_on(self, text: str | None) -> None:
        if self._receiver is None:
            self._early.append(text)
            self.pause()
        else:
            self._receiver.take(text)

    def _answer_close(self, payload: bytes) -> None:
        if self._ending is None:
            try:
                code = Close.parse(payload).code
            except (ProtocolError, UnicodeDecodeError):
                code = PROTOCOL_ERROR
            self._send(_frame(Opcode.CLOSE, b"" if code == NO_CODE else Close(code, "").serialize()))
        self._transport.close()
        self._lose()

    def _fail(self, code: int) -> None:
        """Close at once: what else comes can't be told apart."""
        if self._ending is None:
            self._send(_frame(Opcode.CLOSE, Close(code, "").serialize()))
        self._transport.close()
        self._lose()

    def pause_writing(self) -> None:
        self.is_writable = False

    def resume_writing(self) -> None:
        self.is_writable = True
        if self._receiver is not None:
            self._receiver.drained()

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        if self._ending is not None:
            self._ending.cancel()
        self._lose()

    def _lose(self) -> None:
        if not self._is_lost:
            self._is_lost = True
            # It has us, and we have it no more: what is closed is freed at once, not by the collector.
            receiver, self._receiver = self._receiver, None
            if receiver is not None:
                receiver.lost()


def _bound_backlog(transport: asyncio.Transport) -> None:
    """What a slow client doesn't take waits where its bound is ours, not in 4 MB of the kernel's for each."""
    raw = transport.get_extra_info("socket")
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    if option is not None and raw is not None and raw.family != socket.AF_UNIX:
        raw.setsockopt(socket.IPPROTO_TCP, option, MAX_UNSENT_BYTES)
