"""LiveKit server, driven by its WebSocket signaling; a few fields of its protobuf messages, written by hand.

The newest version whose modules come without replacements is 1.9.11. Put it into PATH as `livekit-server`:
`go install github.com/livekit/livekit-server/cmd/server@v1.9.11`.
"""

import base64
import hashlib
import hmac
import json
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.forwarding.load import Load
from benchmarks.forwarding.peers.peer import PeerUnusableError, Place
from benchmarks.forwarding.programs import Process, end, launch
from websockets.sync.client import ClientConnection, connect

INSTALL = "livekit-server is not in PATH: see the first lines of benchmarks/forwarding/peers/livekit.py"
KEY = "bench"
SECRET = "a secret of this benchmark, at least 32 bytes"
ROOM = "bench"
START_S = 15.0
MESSAGE_S = 15.0
# Fields of SignalResponse and SignalRequest, and of what is in them (livekit_rtc.proto).
RESPONSE_ANSWER, RESPONSE_OFFER, RESPONSE_TRICKLE, RESPONSE_PUBLISHED = 2, 3, 4, 6
REQUEST_OFFER, REQUEST_ANSWER, REQUEST_ADD_TRACK = 1, 2, 4
SESSION_TYPE, SESSION_SDP = 1, 2
TRICKLE_CANDIDATE = 1
TRACK_CID, TRACK_NAME, TRACK_TYPE, TRACK_WIDTH, TRACK_HEIGHT, TRACK_SOURCE = 1, 2, 3, 4, 5, 8
VIDEO, CAMERA = 1, 1

# Rates are fixed here: nothing may be paused, and nobody falls back to TCP.
CONFIG = """
port: {port}
bind_addresses: ["127.0.0.1"]
rtc:
  udp_port: {udp_port}
  tcp_port: 0
  use_external_ip: false
  node_ip: {address}
  use_ice_lite: true
  allow_tcp_fallback: false
  ips: {{ includes: ["{address}/32"] }}
  congestion_control: {{ enabled: false, allow_pause: false }}
keys: {{ {key}: "{secret}" }}
logging: {{ level: error, pion_level: error }}
"""

Fields = dict[int, list[bytes | int]]


def varint(value: int) -> bytes:
    """Encode a number as protobuf does."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def encode(fields: dict[int, bytes | str | int]) -> bytes:
    """Encode a message from its fields."""
    parts = []
    for number, value in fields.items():
        if isinstance(value, int):
            parts.append(varint(number << 3) + varint(value))
        else:
            content = value.encode() if isinstance(value, str) else value
            parts.append(varint(number << 3 | 2) + varint(len(content)) + content)
    return b"".join(parts)


def decode(message: bytes) -> Fields:
    """Decode the numbers and strings of a message; fields of other kinds end it."""
    fields: Fields = {}
    at = 0

    def number() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        tag = number()
        if tag & 7 == 0:
            fields.setdefault(tag >> 3, []).append(number())
        elif tag & 7 == 2:
            length = number()
            fields.setdefault(tag >> 3, []).append(message[at : at + length])
            at += length
        else:
            break
    return fields


def text(fields: Fields, number: int) -> str:
    """Return a string of a message."""
    value = fields[number][0]
    assert isinstance(value, bytes)
    return value.decode()


def token(identity: str, *, subscribes: bool) -> str:
    """Return a token for the room (JWT, HS256).

    Who may subscribe has joined only when it took the server's offer; until then it may stay for a minute.
    """

    def part(content: bytes) -> str:
        return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

    claims = {
        "iss": KEY,
        "sub": identity,
        "exp": int(time.time()) + 3_600,
        "video": {"room": ROOM, "roomJoin": True, "canSubscribe": subscribes},
    }
    signed = (
        f"{part(json.dumps({'alg': 'HS256', 'typ': 'JWT'}).encode())}.{part(json.dumps(claims).encode())}"
    )
    return f"{signed}.{part(hmac.digest(SECRET.encode(), signed.encode(), hashlib.sha256))}"


@dataclass
class LiveKitServer:
    """A running server; its clients' connections stay open."""

    pid: int
    port: int
    connections: ExitStack

    def publish(self, load: Load, name: str, stream: int) -> None:
        """Announce a track, then offer it."""
        signaling = self._join(name, subscribes=False)
        offer = load.publish(name, stream)
        track: dict[int, bytes | str | int] = {
            TRACK_CID: track_id(offer),
            TRACK_NAME: name,
            TRACK_TYPE: VIDEO,
            TRACK_WIDTH: 1_280,
            TRACK_HEIGHT: 720,
            TRACK_SOURCE: CAMERA,
        }
        signaling.send(encode({REQUEST_ADD_TRACK: encode(track)}))
        wait_for(signaling, RESPONSE_PUBLISHED, load, name)
        signaling.send(encode({REQUEST_OFFER: encode({SESSION_TYPE: "offer", SESSION_SDP: offer})}))
        load.answer(name, text(wait_for(signaling, RESPONSE_ANSWER, load, name), SESSION_SDP))
        wait_for(signaling, RESPONSE_TRICKLE, load, name)

    def receive(self, load: Load, name: str, *, streams: int, probe: bool) -> None:
        """Take two offers: one for data, and when that is up, one for everything that is published."""
        signaling = self._join(name, subscribes=True)
        for known in (None, name):
            offer = text(wait_for(signaling, RESPONSE_OFFER, load, known), SESSION_SDP)
            answer = load.accept(name, offer, probe=probe)
            signaling.send(encode({REQUEST_ANSWER: encode({SESSION_TYPE: "answer", SESSION_SDP: answer})}))

    def _join(self, name: str, *, subscribes: bool) -> ClientConnection:
        access = token(name, subscribes=subscribes)
        url = f"ws://127.0.0.1:{self.port}/rtc?access_token={access}&auto_subscribe=1&protocol=15"
        # Nobody reads on after the handshake: messages pile up, while the server's pings are still answered.
        connection = connect(url, max_size=None, max_queue=None, compression=None, ping_interval=None)
        return self.connections.enter_context(connection)


def track_id(offer: str) -> str:
    """Return the id of the track in an offer: the second word of its msid."""
    found = next(line for line in offer.splitlines() if line.startswith("a=msid:"))
    return found.split()[-1]


def wait_for(signaling: ClientConnection, kind: int, load: Load, name: str | None) -> Fields:
    """Return the next message of a kind. Candidates on the way go to the participant, once it exists."""
    deadline = time.monotonic() + MESSAGE_S
    while (wait_s := deadline - time.monotonic()) > 0:
        message = signaling.recv(timeout=wait_s)
        assert isinstance(message, bytes)
        for number, values in decode(message).items():
            content = values[0]
            if not isinstance(content, bytes):
                continue
            fields = decode(content) if number in {kind, RESPONSE_TRICKLE} else {}
            if number == RESPONSE_TRICKLE and name is not None:
                load.add_candidate(name, json.loads(text(fields, TRICKLE_CANDIDATE))["candidate"])
            if number == kind:
                return fields
    raise PeerUnusableError(f"LiveKit did not send what was expected (field {kind})")


def free_port(kind: socket.SocketKind, address: str) -> int:
    """Return a port of an address that was free just now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class LiveKitPeer:
    """A single LiveKit server without Redis."""

    name: str

    @contextmanager
    def start(self, place: Place) -> Iterator[LiveKitServer]:
        """Start it with a configuration of its own."""
        if shutil.which("livekit-server") is None:
            raise PeerUnusableError(INSTALL)
        port = free_port(socket.SOCK_STREAM, "127.0.0.1")
        udp_port = free_port(socket.SOCK_DGRAM, place.address)
        config = place.folder / "livekit.yaml"
        config.write_text(
            CONFIG.format(port=port, udp_port=udp_port, address=place.address, key=KEY, secret=SECRET),
            encoding="utf-8",
        )
        with (place.folder / "log").open("wb") as log:
            command = ["livekit-server", "--config", str(config)]
            process = launch(command, place.core, stdout=log, stderr=log)
        try:
            wait_until_open(process, port, place.folder)
            with ExitStack() as connections:
                yield LiveKitServer(process.pid, port, connections)
        finally:
            end(process)


def wait_until_open(process: Process, port: int, folder: Path) -> None:
    """Wait until the server takes connections."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise PeerUnusableError(f"LiveKit did not start: {(folder / 'log').read_text(errors='replace')[-1000:]}")
