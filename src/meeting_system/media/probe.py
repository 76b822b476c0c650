"""The connection test: throw-away peers with which a browser proves that it reaches the engine.

Nobody signs in for it, so everything is bounded: how many at once, how long, and what the answer offers.
"""

from dataclasses import dataclass
from typing import Literal

from meeting_system.contracts.media import OpenPeer, PeerOpened, Track
from meeting_system.kernel.clock import Clock
from meeting_system.kernel.errors import AppError, Invalid, TooMany, Unavailable
from meeting_system.kernel.ids import new_id
from meeting_system.media.engine import Engine
from meeting_system.media.sdp import keep_candidates, media_lines

Transport = Literal["udp", "tcp"]

PROBE_LIFETIME_S = 30.0
ROOM_PREFIX = "probe-"


class ProbesExhausted(TooMany):
    """Too many connection tests run at once."""

    code = "test_connection_busy"


class OfferInvalid(Invalid):
    """The offer is no SDP, or asks for what can't be."""

    code = "media_sdp_invalid"


class TransportOff(Unavailable):
    """The engine has no candidate of the transport asked for."""

    code = "media_transport_off"


@dataclass(frozen=True)
class Probe:
    """One throw-away room and when it closes."""

    room: str
    closes_at_s: float


class Probes:
    """Open probes, oldest first."""

    def __init__(self, engine: Engine, clock: Clock, *, at_once: int) -> None:
        self._engine = engine
        self._clock = clock
        self._at_once = at_once
        self._open: list[Probe] = []

    async def open(self, *, offer: str, transport: Transport) -> str:
        """Return an answer whose candidates are all of `transport`, so that connecting proves that one."""
        if len(self._open) >= self._at_once:
            raise ProbesExhausted("too many connection tests at once", retry_after_s=PROBE_LIFETIME_S)
        room = ROOM_PREFIX + new_id(self._clock.now().timestamp())
        self._open.append(Probe(room=room, closes_at_s=self._clock.monotonic() + PROBE_LIFETIME_S))
        opened = await self._ask(room, offer)
        answer = keep_candidates(opened.sdp, transport)
        if answer is None:
            raise TransportOff(f"this server offers no media over {transport.upper()}")
        return answer

    async def _ask(self, room: str, offer: str) -> PeerOpened:
        try:
            return await self._engine.open_peer(as_wish(room, offer))
        except AppError as error:
            if error.code == OfferInvalid.code:
                # Without the parser's words: they name places in our memory.
                raise OfferInvalid("the offer is no SDP that media can be agreed on") from error
            raise

    def sweep(self) -> None:
        """Close what is over."""
        now_s = self._clock.monotonic()
        over = [probe for probe in self._open if probe.closes_at_s <= now_s]
        self._open = [probe for probe in self._open if probe.closes_at_s > now_s]
        for probe in over:
            self._engine.close_room(room=probe.room)


def as_wish(room: str, offer: str) -> OpenPeer:
    """Name the offer's media lines as the engine wants them: audio is a microphone or a slot, never video."""
    audio = [line for line in media_lines(offer) if line.kind == "audio"]
    return OpenPeer(
        meeting_id=room,
        participant_id="probe",
        generation=1,
        offer=offer,
        publish=[Track(mid=line.mid, source="microphone") for line in audio if line.sends][:1],
        audio_slots=[line.mid for line in audio if not line.sends],
    )


def is_probe(meeting_id: str) -> bool:
    """Tell whether an event of the engine is about a connection test: nobody listens to those."""
    return meeting_id.startswith(ROOM_PREFIX)
