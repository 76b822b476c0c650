"""Open WebSockets by RFC 6455: what is whole, what is against the rules, and how they close."""

import asyncio
import struct

import pytest
from websockets.frames import Close, Frame, Opcode

from meeting_system.kit.websocket import Fault, FrameReader, Wire, encode_text

LIMIT = 1000


def size(value: object) -> str | None:
    """Name a case the same in every process: masks are random."""
    return f"{len(value)} bytes" if isinstance(value, bytes) else None


def masked(opcode: Opcode, payload: bytes, *, fin: bool = True) -> bytes:
    return Frame(opcode, payload, fin).serialize(mask=True)


def read(*chunks: bytes) -> list[tuple[int, bytes]]:
    reader = FrameReader(LIMIT)
    return [message for chunk in chunks for message in reader.feed(chunk)]


@pytest.mark.parametrize("length", [0, 1, 125, 126, 1000])
def test_a_text_of_every_form_of_length_is_read_whole_and_byte_by_byte(length: int) -> None:
    frame = masked(Opcode.TEXT, b"x" * length)
    assert read(frame) == [(Opcode.TEXT, b"x" * length)]
    assert read(*(bytes((byte,)) for byte in frame + frame)) == [(Opcode.TEXT, b"x" * length)] * 2


def test_parts_are_put_together_and_a_ping_may_come_between_them() -> None:
    parts = [
        masked(Opcode.TEXT, b"ab", fin=False),
        masked(Opcode.PING, b"!"),
        masked(Opcode.CONT, b"cd", fin=False),
        masked(Opcode.CONT, b"ef"),
    ]
    assert read(b"".join(parts)) == [(Opcode.PING, b"!"), (Opcode.TEXT, b"abcdef")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (Frame(Opcode.TEXT, b"unmasked").serialize(mask=False), 1002),
        (b"\xc1\x80\0\0\0\0", 1002),  # a reserved bit
        (b"\x83\x80\0\0\0\0", 1002),  # no such opcode
        (b"\x89\xfe\x00\x7e", 1002),  # a control frame of 126 bytes
        (b"\x09\x80\0\0\0\0", 1002),  # a control frame in parts
        (masked(Opcode.CONT, b"of nothing"), 1002),
        (masked(Opcode.TEXT, b"a", fin=False) + masked(Opcode.TEXT, b"b"), 1002),
        (b"\x81\xfe" + struct.pack("!H", LIMIT + 1), 1009),
        (b"\x81\xff" + struct.pack("!Q", 2**63), 1009),
        (masked(Opcode.TEXT, b"a" * 600, fin=False) + masked(Opcode.CONT, b"a" * 600), 1009),
    ],
    ids=size,
)
def test_what_is_against_the_rules_has_a_code(data: bytes, code: int) -> None:
    with pytest.raises(Fault) as fault:
        read(data)
    assert fault.value.code == code


class Line(asyncio.Transport):
    """Stands for the network: remembers what was written, and whether it was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False
        self.reading = True

    def write(self, data: object) -> None:
        assert isinstance(data, bytes)
        self.written += data

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


class Listener:
    def __init__(self) -> None:
        self.texts: list[str | None] = []
        self.losses = 0

    def take(self, text: str | None) -> None:
        self.texts.append(text)

    def drained(self) -> None: ...

    def lost(self) -> None:
        self.losses += 1


def open_wire() -> tuple[Line, Wire, Listener]:
    line, listener = Line(), Listener()
    wire = Wire(line, set(), LIMIT)
    wire.listen(listener)
    return line, wire, listener


def closing(code: int) -> bytes:
    return Frame(Opcode.CLOSE, Close(code, "").serialize()).serialize(mask=False)


async def test_texts_are_handed_on_pings_answered_and_binary_is_told_apart() -> None:
    line, wire, listener = open_wire()
    text, ping, binary = (
        masked(Opcode.TEXT, "héllo".encode()),
        masked(Opcode.PING, b"?"),
        masked(Opcode.BINARY, b"\0"),
    )
    wire.data_received(text + ping + binary)
    assert listener.texts == ["héllo", None]
    assert line.written == Frame(Opcode.PONG, b"?").serialize(mask=False)


async def test_what_comes_before_anybody_listens_waits_and_nothing_more_is_read() -> None:
    line, listener = Line(), Listener()
    wire = Wire(line, set(), LIMIT)
    wire.data_received(masked(Opcode.TEXT, b"early"))
    assert not line.reading
    wire.listen(listener)
    assert listener.texts == ["early"]


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (masked(Opcode.CLOSE, Close(1000, "bye").serialize()), 1000),
        (masked(Opcode.CLOSE, b"\x03"), 1002),
        (masked(Opcode.CLOSE, struct.pack("!H", 1005)), 1002),
        (masked(Opcode.TEXT, b"\xff"), 1007),
        (b"\xc1\x80\0\0\0\0", 1002),
    ],
    ids=size,
)
async def test_a_close_is_answered_and_a_fault_is_a_close(sent: bytes, answer: int) -> None:
    line, wire, listener = open_wire()
    wire.data_received(sent + masked(Opcode.TEXT, b"after the end"))
    assert line.written == closing(answer)
    assert line.closed
    assert (listener.texts, listener.losses) == ([], 1)


async def test_our_close_waits_for_the_answer_and_hears_no_text_any_more() -> None:
    line, wire, listener = open_wire()
    wire.close(4008)
    wire.write([encode_text("too late")])
    assert (line.written, line.closed) == (closing(4008), False)
    wire.data_received(masked(Opcode.TEXT, b"late") + masked(Opcode.CLOSE, Close(4008, "").serialize()))
    assert line.closed
    assert (line.written, listener.texts) == (closing(4008), [])


@pytest.mark.parametrize("text", ["", "é" * 63, "x" * 125, "x" * 126, "x" * 70_000])
def test_a_text_is_written_as_the_library_writes_it(text: str) -> None:
    assert encode_text(text) == Frame(Opcode.TEXT, text.encode()).serialize(mask=False)
