"""Asks a TURN server for an allocation, to find out whether it lets our people in (RFC 8489, RFC 8656).

The least of the protocol: Allocate, the challenge, Allocate again with credentials. Nothing is relayed; the
allocation is given back at once.
"""

import asyncio
import hashlib
import hmac
import re
import secrets
import ssl
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast

from meeting_system.kernel.errors import Unavailable

MAGIC = 0x2112A442
ALLOCATE, REFRESH = 0x0003, 0x0004
SUCCESS, ERROR = 0x0100, 0x0110
USERNAME, INTEGRITY, ERROR_CODE, LIFETIME = 0x0006, 0x0008, 0x0009, 0x000D
REALM, NONCE, TRANSPORT = 0x0014, 0x0015, 0x0019
UDP = b"\x11\x00\x00\x00"
UNAUTHENTICATED = 401
TIMEOUT_S = 3.0
_URL = re.compile(r"(turns?):(\[[0-9a-fA-F:.]+\]|[^:?]+)(?::(\d+))?(?:\?transport=(udp|tcp))?")


class TurnRefused(Unavailable):
    """The TURN server does not answer, or does not let in."""

    code = "turn_refused"


@dataclass(frozen=True)
class TurnAddress:
    """A TURN URL (RFC 7065), taken apart."""

    host: str
    port: int
    transport: str
    secure: bool


def parse_turn_url(url: str) -> TurnAddress:
    """Take a `turn:` or `turns:` URL apart. Raises TurnRefused for what is none."""
    found = _URL.fullmatch(url)
    if found is None:
        raise TurnRefused(f"{url} is no URL like turn:host:3478?transport=udp")
    secure = found[1] == "turns"
    port = int(found[3] or (5349 if secure else 3478))
    return TurnAddress(found[2].strip("[]"), port, found[4] or ("tcp" if secure else "udp"), secure)


@dataclass(frozen=True)
class StunMessage:
    """A STUN message: method with class, transaction, attributes in order."""

    kind: int
    transaction: bytes
    attributes: dict[int, bytes] = field(default_factory=dict)

    def encode(self, key: bytes | None = None) -> bytes:
        """Write it, with MESSAGE-INTEGRITY by `key`."""
        body = b"".join(
            struct.pack("!HH", kind, len(value)) + value + b"\0" * (-len(value) % 4)
            for kind, value in self.attributes.items()
        )
        if key is None:
            return self._head(len(body)) + body
        # The length that is signed already counts the signature (RFC 8489, section 14.5).
        head = self._head(len(body) + 24)
        digest = hmac.new(key, head + body, hashlib.sha1).digest()
        return head + body + struct.pack("!HH", INTEGRITY, len(digest)) + digest

    def _head(self, length: int) -> bytes:
        return struct.pack("!HHI", self.kind, length, MAGIC) + self.transaction


def decode_stun(data: bytes) -> StunMessage | None:
    """Read a STUN message; None for what is none."""
    if len(data) < 20:
        return None
    kind, length, magic = struct.unpack_from("!HHI", data)
    if magic != MAGIC or len(data) < 20 + length:
        return None
    attributes: dict[int, bytes] = {}
    at = 20
    while at + 4 <= 20 + length:
        name, size = struct.unpack_from("!HH", data, at)
        attributes.setdefault(name, data[at + 4 : at + 4 + size])
        at += 4 + size + -size % 4
    return StunMessage(kind, data[8:20], attributes)


async def check_allocation(url: str, username: str, password: str) -> None:
    """Return when the server allocates a relay to these credentials. Error: turn_refused, with the reason."""
    address = parse_turn_url(url)
    try:
        async with asyncio.timeout(TIMEOUT_S):
            await _allocate(address, username, password)
    except TimeoutError:
        raise TurnRefused(f"no answer within {TIMEOUT_S:g} s") from None
    except (OSError, EOFError) as error:
        raise TurnRefused(str(error) or type(error).__name__) from error


async def _allocate(address: TurnAddress, username: str, password: str) -> None:
    link = await (_open_udp(address) if address.transport == "udp" else _open_tcp(address))
    try:
        challenge = await link.ask(StunMessage(ALLOCATE, secrets.token_bytes(12), {TRANSPORT: UDP}).encode())
        if error_of(challenge) != UNAUTHENTICATED:
            raise TurnRefused(
                f"it asks for no credentials (answer {challenge.kind:#06x}): anybody may use it"
            )
        realm = challenge.attributes.get(REALM, b"")
        proof = {
            USERNAME: username.encode(),
            REALM: realm,
            NONCE: challenge.attributes.get(NONCE, b""),
        }
        # MD5 is what the long-term mechanism says (RFC 8489, section 9.2.2).
        key = hashlib.md5(f"{username}:{realm.decode()}:{password}".encode(), usedforsecurity=False).digest()
        wish = StunMessage(ALLOCATE, secrets.token_bytes(12), {TRANSPORT: UDP} | proof)
        answer = await link.ask(wish.encode(key))
        if answer.kind != ALLOCATE | SUCCESS:
            raise TurnRefused(
                f"it refuses our credentials (error {error_of(answer)}): is the secret the same?"
            )
        bye = StunMessage(REFRESH, secrets.token_bytes(12), {LIFETIME: b"\0\0\0\0"} | proof)
        await link.ask(bye.encode(key))
    finally:
        await link.close()


def error_of(message: StunMessage) -> int | None:
    """Return the error code of an answer, None when it is none."""
    value = message.attributes.get(ERROR_CODE)
    if value is None or len(value) < 4:
        return None
    return value[2] * 100 + value[3]


class _Datagrams(asyncio.DatagramProtocol):
    """STUN over UDP."""

    def __init__(self) -> None:
        self._transport: asyncio.DatagramTransport | None = None
        self._answers: asyncio.Queue[StunMessage | Exception] = asyncio.Queue()
        self._lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Until Python 3.12 the loop's own class is no DatagramTransport, though it behaves as one.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def connection_lost(self, _error: Exception | None) -> None:
        self._lost.set()

    def datagram_received(self, data: bytes, _address: object) -> None:
        message = decode_stun(data)
        if message is not None:
            self._answers.put_nowait(message)

    def error_received(self, error: Exception) -> None:
        self._answers.put_nowait(error)

    async def ask(self, request: bytes) -> StunMessage:
        assert self._transport is not None
        self._transport.sendto(request)
        while True:
            answer = await self._answers.get()
            if isinstance(answer, Exception):
                raise answer
            if answer.transaction == request[8:20]:
                return answer

    async def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
            await self._lost.wait()


@dataclass(frozen=True)
class _Stream:
    """STUN over TCP or TLS."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, request: bytes) -> StunMessage:
        self.writer.write(request)
        await self.writer.drain()
        while True:
            head = await self.reader.readexactly(20)
            answer = decode_stun(head + await self.reader.readexactly(int.from_bytes(head[2:4])))
            if answer is None:
                raise TurnRefused("what answers there speaks no STUN")
            if answer.transaction == request[8:20]:
                return answer

    async def close(self) -> None:
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()


async def _open_udp(address: TurnAddress) -> _Datagrams:
    loop = asyncio.get_running_loop()
    _, protocol = await loop.create_datagram_endpoint(_Datagrams, remote_addr=(address.host, address.port))
    return protocol


async def _open_tcp(address: TurnAddress) -> _Stream:
    secure = ssl.create_default_context() if address.secure else None
    reader, writer = await asyncio.open_connection(address.host, address.port, ssl=secure)
    return _Stream(reader, writer)
