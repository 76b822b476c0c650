"""The relays of this node: one for each meeting and each other node that has it too."""

import secrets
from contextlib import suppress

from meeting_system.contracts.media_node import CloseRelayHere, NodeInfo, OpenRelayHere
from meeting_system.kernel.errors import AppError
from meeting_system.kit.bus import Bus
from meeting_system.kit.log import logger
from meeting_system.media.engine import Engine
from meeting_system.media.errors import RelayForeign

ASK_TIMEOUT_S = 2.0
KEY_BYTES = 32

log = logger(__name__)


class Relays:
    """What is open, by meeting and other node. The node that came to the meeting later opens."""

    def __init__(self, engine: Engine, bus: Bus) -> None:
        self._engine = engine
        self._bus = bus
        self._open: dict[str, dict[str, int]] = {}
        self._failed: dict[tuple[str, str], int] = {}

    def nodes_of(self, meeting_id: str) -> set[str]:
        """Return the nodes to which a meeting has a relay."""
        return set(self._open.get(meeting_id, ()))

    def meetings_with(self, node_id: str) -> list[str]:
        """Return the meetings that have a relay to a node."""
        return [meeting_id for meeting_id, relays in self._open.items() if node_id in relays]

    @property
    def meetings(self) -> list[str]:
        """Every meeting with a relay."""
        return list(self._open)

    async def open(self, meeting_id: str, me: NodeInfo, other: NodeInfo) -> None:
        """Open a relay, the other end first. Raises what hinders it."""
        relay, key = secrets.randbits(63), secrets.token_bytes(KEY_BYTES)
        request = OpenRelayHere(
            node_id=other.node_id,
            from_node=me.node_id,
            meeting_id=meeting_id,
            relay=relay,
            host=me.host,
            port=me.port,
            key=key.hex(),
            relay_format=me.relay_format,
        )
        await self._bus.call(request, to=other.process, timeout_s=ASK_TIMEOUT_S)
        self._begin(meeting_id, other.node_id, relay, (other.host, other.port), key, first=True)

    def accept(self, wish: OpenRelayHere) -> None:
        """Open this end of a relay; an older one to the same node ends. Error: media_relay_foreign."""
        own = self._engine.relay_format
        if wish.relay_format != own:
            raise RelayForeign(
                f"node {wish.from_node} relays in format {wish.relay_format}, this one in {own}"
            )
        remote, key = (wish.host, wish.port), bytes.fromhex(wish.key)
        self._begin(wish.meeting_id, wish.from_node, wish.relay, remote, key, first=False)

    def _begin(
        self, meeting_id: str, node_id: str, relay: int, remote: tuple[str, int], key: bytes, *, first: bool
    ) -> None:
        self.drop(meeting_id, node_id)
        self._engine.open_relay(room=meeting_id, relay=relay, remote=remote, key=key, first=first)
        self._open.setdefault(meeting_id, {})[node_id] = relay
        log.info("media_relay_opened", meeting_id=meeting_id, node_id=node_id)

    async def close(self, meeting_id: str, me: str, other: NodeInfo | None, node_id: str) -> None:
        """Close a relay at both ends; `other` is None where that node is dead."""
        relay = self.drop(meeting_id, node_id)
        if relay is not None and other is not None:
            await self._ask_to_close(meeting_id, me, other, relay)

    async def _ask_to_close(self, meeting_id: str, me: str, other: NodeInfo, relay: int) -> None:
        request = CloseRelayHere(node_id=other.node_id, from_node=me, meeting_id=meeting_id, relay=relay)
        with suppress(AppError):  # it closes its end by itself when it next looks
            await self._bus.call(request, to=other.process, timeout_s=ASK_TIMEOUT_S)

    def ended(self, meeting_id: str, node_id: str, relay: int) -> None:
        """The other end was closed."""
        if self._open.get(meeting_id, {}).get(node_id) == relay:
            self.drop(meeting_id, node_id)

    def failed(self, meeting_id: str, relay: int) -> str | None:
        """Forget a relay that hears nothing; return the node to which it was."""
        for node_id, present in self._open.get(meeting_id, {}).items():
            if present == relay:
                self.drop(meeting_id, node_id)
                self._failed[meeting_id, node_id] = relay
                return node_id
        return None

    async def ask_anew(self, meeting_id: str, me: str, other: NodeInfo) -> None:
        """Have the other end open a relay anew that failed at this end."""
        relay = self._failed.pop((meeting_id, other.node_id), None)
        if relay is not None:
            await self._ask_to_close(meeting_id, me, other, relay)

    def drop(self, meeting_id: str, node_id: str) -> int | None:
        """Close this end; return which relay it was, if there was one."""
        self._failed.pop((meeting_id, node_id), None)
        relays = self._open.get(meeting_id, {})
        relay = relays.pop(node_id, None)
        if not relays:
            self._open.pop(meeting_id, None)
        if relay is not None:
            with suppress(AppError):
                self._engine.close_relay(room=meeting_id, relay=relay)
            log.info("media_relay_closed", meeting_id=meeting_id, node_id=node_id)
        return relay

    def drop_meeting(self, meeting_id: str) -> None:
        """Close every relay of a meeting at this end."""
        for node_id in self.nodes_of(meeting_id):
            self.drop(meeting_id, node_id)
