"""The engine's counters for Prometheus, read when asked for."""

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from meeting_system.media.engine import Engine

GAUGES = {
    "rooms": "Rooms with at least one connection",
    "peers": "Media connections",
    "peers_sound_only": "Connections that get sound alone: no picture fits",
    "peers_video_paused": "Connections with a picture paused for want of bandwidth",
    "peers_estimated": "Connections of which it is known what their path carries",
    "estimated_bps": "What those paths are thought to carry together, bits a second",
    "relays": "Relays to other media processes",
    "relays_up": "Relays whose other end is heard",
}
COUNTERS = {
    "datagrams_in": "Datagrams received",
    "datagrams_out": "Datagrams sent",
    "bytes_in": "Bytes received",
    "bytes_out": "Bytes sent",
    "datagrams_rejected": "Datagrams dropped: unknown sender, wrong key, malformed",
    "relay_datagrams_in": "Datagrams received from other media processes",
    "relay_datagrams_out": "Datagrams sent to other media processes",
    "relay_bytes_in": "Bytes received from other media processes",
    "relay_bytes_out": "Bytes sent to other media processes",
    "events_dropped": "Events that nobody fetched in time",
    "packets_retransmitted": "Packets sent again on request",
    "repairs_refused": "Packets asked for and not sent again: beyond the share of retransmissions",
    "packets_requested": "Requests to publishers for a missing packet",
    "pictures_lost": "Keyframes asked for because packets stayed missing",
    "layers_stalled": "Larger simulcast layers that publishers left out",
    "keyframe_requests": "Keyframes asked of publishers",
    "packets_forged": "Packets dropped: their seal is not the sender's",
    "packets_replayed": "Packets dropped: they had arrived before",
    "messages_passed": "Messages of data channels passed on, once for each receiver",
    "messages_dropped": "Messages of data channels dropped: too many, too long, or no room on the way",
    "failures": "Times that a worker of the engine failed and began anew",
}


class EngineCollector(Collector):
    """Turns one snapshot of the counters into metrics."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def collect(self) -> Iterable[Metric]:
        statistics = self._engine.statistics()
        for name, about in GAUGES.items():
            yield GaugeMetricFamily(f"meeting_media_{name}", about, value=getattr(statistics, name))
        for name, about in COUNTERS.items():
            yield CounterMetricFamily(f"meeting_media_{name}", about, value=getattr(statistics, name))
