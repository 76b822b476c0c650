"""What a network does to packets in one direction. No sockets, no clock: packets and the time go in.

An impairment is a promise about averages. Losses come in bursts by Gilbert's model: in the bad state every
packet is lost, the mean stay there is `burst` packets. Times are in seconds, shares between 0 and 1.
"""

import heapq
from dataclasses import asdict, dataclass
from random import Random

UDP = 17
UDP_HEADER = 8


@dataclass(frozen=True)
class Impairment:
    """What one direction does; the default does nothing. A queue holds `queue_s` at the rate, then drops."""

    delay_s: float = 0.0
    jitter_s: float = 0.0
    loss: float = 0.0
    burst: float = 1.0
    duplicate: float = 0.0
    corrupt: float = 0.0
    rate_bps: float | None = None
    queue_s: float = 0.3

    def __post_init__(self) -> None:
        """Refuse what no network can do."""
        shares = {"loss": self.loss, "duplicate": self.duplicate, "corrupt": self.corrupt}
        for name, share in shares.items():
            if not 0 <= share < 1:
                raise ValueError(f"{name} is {share}: give a share of at least 0 and below 1")
        if self.burst < 1:
            raise ValueError(f"burst is {self.burst}: a burst of losses has one packet at least")
        if self.rate_bps is not None and self.rate_bps <= 0:
            raise ValueError(f"rate_bps is {self.rate_bps}: give more than 0, or None for no limit")


CLEAN = Impairment()


@dataclass
class Counters:
    """Packets of one direction since its start: `offered` came in, `delivered` went out with duplicates."""

    offered: int = 0
    offered_bytes: int = 0
    lost: int = 0
    queue_dropped: int = 0
    duplicated: int = 0
    corrupted: int = 0
    delivered: int = 0
    delivered_bytes: int = 0
    rtcp_offered: int = 0
    rtcp_offered_bytes: int = 0

    def to_json(self) -> dict[str, int]:
        """Return the counters by name."""
        return asdict(self)


class Direction:
    """Packets on their way. The same seed and the same packets at the same times have the same fate."""

    def __init__(self, seed: int) -> None:
        self.counters = Counters()
        self._random = Random(seed)
        self._impairment = CLEAN
        self._losing = False
        self._free_at = 0.0  # when the bottleneck has sent all that waits for it
        self._number = 0
        self._under_way: list[tuple[float, int, bytes]] = []

    def set(self, impairment: Impairment, now: float) -> None:
        """Change what is done from now on. What waits at the bottleneck takes as long as it would have."""
        self._impairment = impairment
        self._losing = self._losing and impairment.loss > 0
        if impairment.rate_bps is None:
            self._free_at = now

    def accept(self, packet: bytes, now: float) -> None:
        """Take an IP packet at its entrance."""
        counters, impairment = self.counters, self._impairment
        counters.offered += 1
        counters.offered_bytes += len(packet)
        if is_rtcp(packet):
            counters.rtcp_offered += 1
            counters.rtcp_offered_bytes += len(packet)
        if self._is_lost():
            counters.lost += 1
            return
        sent_at = self._pass_bottleneck(len(packet), now)
        if sent_at is None:
            counters.queue_dropped += 1
            return
        if self._happens(impairment.corrupt):
            counters.corrupted += 1
            packet = corrupted(packet, self._random)
        self._send(packet, sent_at)
        if self._happens(impairment.duplicate):
            counters.duplicated += 1
            self._send(packet, sent_at)

    def due(self, now: float) -> list[bytes]:
        """Return the packets that arrive by now, in the order of their arrival."""
        arrived = []
        while self._under_way and self._under_way[0][0] <= now:
            packet = heapq.heappop(self._under_way)[2]
            self.counters.delivered += 1
            self.counters.delivered_bytes += len(packet)
            arrived.append(packet)
        return arrived

    @property
    def next_at(self) -> float | None:
        """When the next packet arrives; None while none is on its way."""
        return self._under_way[0][0] if self._under_way else None

    def _happens(self, share: float) -> bool:
        return share > 0 and self._random.random() < share

    def _is_lost(self) -> bool:
        loss, leave = self._impairment.loss, 1 / self._impairment.burst
        if loss == 0:
            return False
        # The chance of a burst's start, so that the share of time in the bad state is `loss`.
        enter = min(1.0, loss * leave / (1 - loss))
        self._losing = self._random.random() >= leave if self._losing else self._random.random() < enter
        return self._losing

    def _pass_bottleneck(self, size: int, now: float) -> float | None:
        rate = self._impairment.rate_bps
        if rate is None:
            return now
        start = max(now, self._free_at)
        if start - now > self._impairment.queue_s:
            return None
        self._free_at = start + size * 8 / rate
        return self._free_at

    def _send(self, packet: bytes, sent_at: float) -> None:
        jitter = self._impairment.jitter_s
        delay = self._impairment.delay_s + (self._random.gauss(0, jitter) if jitter else 0)
        self._number += 1
        heapq.heappush(self._under_way, (sent_at + max(0.0, delay), self._number, packet))


def udp_payload_at(packet: bytes) -> int | None:
    """Return where the payload of a UDP packet over IPv4 starts; None for other packets."""
    if len(packet) < 20 or packet[9] != UDP:
        return None
    start = (packet[0] & 0x0F) * 4 + UDP_HEADER
    return start if start < len(packet) else None


def is_rtcp(packet: bytes) -> bool:
    """Tell whether a packet carries RTCP: its header stays readable in SRTCP (RFC 5761, section 4)."""
    start = udp_payload_at(packet)
    if start is None or start + 1 >= len(packet):
        return False
    return 128 <= packet[start] < 192 and 192 <= packet[start + 1] < 224


def corrupted(packet: bytes, random: Random) -> bytes:
    """Return a packet with one bit changed.

    A UDP packet gets the checksum 0, which is none (RFC 768): otherwise the receiving system would drop it
    and the program never see it.
    """
    start = udp_payload_at(packet)
    changed = bytearray(packet)
    if start is not None:
        changed[start - 2 : start] = b"\0\0"
    changed[random.randrange(start or min(20, len(packet) - 1), len(packet))] ^= 1 << random.randrange(8)
    return bytes(changed)
