"""The WebSocket route `/ws/signaling`: who may open a socket."""

from collections import Counter
from urllib.parse import urlsplit

from pydantic import ValidationError
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from meeting_system.contracts.signal import PROTOCOL, CloseCode, Identify
from meeting_system.kernel.address import address_block
from meeting_system.kernel.errors import Unavailable
from meeting_system.kit.http import client_address
from meeting_system.kit.problem import to_problem
from meeting_system.kit.websocket_opening import WIRE, ask_for_wire
from meeting_system.signaling.connection import Connection
from meeting_system.signaling.core import Core
from meeting_system.signaling.door import Door
from meeting_system.signaling.errors import BadFrame, CloseSocket
from meeting_system.signaling.hub import Hub
from meeting_system.signaling.outlet import Outlet
from meeting_system.signaling.settings import SignalingSettings

PATH = "/ws/signaling"


class Gateway:
    """Opens connections."""

    def __init__(self, core: Core, hub: Hub, door: Door, settings: SignalingSettings) -> None:
        self._core = core
        self._hub = hub
        self._door = door
        self._settings = settings
        self._outlet = Outlet()
        self._unauthenticated: Counter[str] = Counter()

    @property
    def route(self) -> WebSocketRoute:
        """The route to mount."""
        return WebSocketRoute(PATH, self.serve, name="signaling")

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one socket from handshake to close."""
        if self._door.is_closed:
            # Before the handshake a proxy still takes another process.
            stops = Unavailable("this process stops, another one takes new sockets", retry_after_s=1)
            await websocket.send_denial_response(to_problem(stops))
            return
        if not self._is_welcome(dict(websocket.scope["headers"])):
            await websocket.close()
            return
        has_protocol = PROTOCOL in websocket.scope.get("subprotocols", [])
        ask_for_wire(websocket.scope)
        await websocket.accept(subprotocol=PROTOCOL if has_protocol else None)
        address = address_block(client_address(websocket))
        opening, refused = self._open(websocket, address)
        wire = websocket.scope["extensions"].get(WIRE)
        if wire is None:
            return  # lost during the handshake
        connection = Connection(self._core, self._hub, self._outlet, wire)
        self._door.connections.add(connection)
        self._unauthenticated[address] += 1
        is_waiting = [address]

        def on_attached() -> None:
            while is_waiting:
                self._forget(is_waiting.pop())

        try:
            await connection.serve(opening, on_attached, refused)
        finally:
            on_attached()
            self._door.connections.discard(connection)

    def _is_welcome(self, headers: dict[bytes, bytes]) -> bool:
        origin = headers.get(b"origin")
        if origin is None:
            return True
        host = headers.get(b"host", b"").decode("latin-1")
        return is_origin_allowed(origin.decode("latin-1"), host, self._settings.public_origins)

    def _open(self, websocket: WebSocket, address: str) -> tuple[Identify | None, CloseSocket | None]:
        if self._door.is_closed:
            return None, CloseSocket(CloseCode.DRAINING)
        if self._unauthenticated[address] >= self._settings.max_unauthenticated_per_address:
            return None, CloseSocket(CloseCode.RATE_LIMITED, "too many sockets without a session")
        if not websocket.scope["query_string"]:
            return None, None
        try:
            return identify_of(dict(websocket.query_params)), None
        except BadFrame as fault:
            return None, fault

    def _forget(self, address: str) -> None:
        self._unauthenticated[address] -= 1
        if self._unauthenticated[address] <= 0:
            del self._unauthenticated[address]


def identify_of(query: dict[str, str]) -> Identify | None:
    """Read the URL form for simple clients: `?meeting_id&peer_id&token`, where `token` is the ticket."""
    if "token" not in query:
        return None
    try:
        return Identify(
            f="identify",
            ticket=query["token"],
            meeting_id=query.get("meeting_id", ""),
            device_id=query.get("peer_id", ""),
        )
    except ValidationError:
        raise BadFrame("the URL needs meeting_id, peer_id and token (a ticket)") from None


def is_origin_allowed(origin: str | None, host: str, public_origins: list[str]) -> bool:
    """Tell whether a page of `origin` may connect. Programs send none; browsers always do."""
    if origin is None:
        return True
    if origin.lower() in {allowed.lower().rstrip("/") for allowed in public_origins}:
        return True
    return urlsplit(origin).netloc.lower() == host.lower() != ""
