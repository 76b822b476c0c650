"""Prometheus metrics of this process: one registry, and what every part of the system counts.

Names are `meeting_<part>_<what>[_<unit>][_total]`; a part is a service or a layer of the kit. Units are
seconds and bytes, counters end in `_total`. Labels have few values that our code knows: never an id, never
what a client sent. tests/app/test_metrics.py holds every metric to this.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

FAST_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

Read = Callable[[], float]


class Watched(Collector):
    """A gauge that is read when somebody asks for it: no cost in between.

    Where several parts of a process give a value for one label, `combine` makes one of them.
    """

    def __init__(
        self, name: str, about: str, *, label: str | None = None, combine: Callable[[list[float]], float]
    ) -> None:
        self._name = name
        self._about = about
        self._label = label
        self._combine = combine
        self._reads: dict[str, list[Read]] = {}
        REGISTRY.register(self)

    @contextmanager
    def watch(self, label: str, read: Read) -> Iterator[None]:
        """Ask `read` for the value of `label` (empty where the gauge has none) while the block runs."""
        self._reads.setdefault(label, []).append(read)
        try:
            yield
        finally:
            self._reads[label].remove(read)

    def collect(self) -> Iterable[Metric]:
        family = GaugeMetricFamily(self._name, self._about, labels=[self._label] if self._label else [])
        for label, reads in list(self._reads.items()):
            if reads:
                value = self._combine([read() for read in reads])
                family.add_metric([label] if self._label else [], value)
        yield family


HTTP_SECONDS = Histogram(
    "meeting_http_request_seconds",
    "Time to answer a request.",
    ("method", "route", "status"),
    buckets=FAST_BUCKETS,
    registry=REGISTRY,
)
QUEUES = Watched(
    "meeting_queue_length",
    "What waits in the longest queue of a kind: send and commands (of a socket), reports (of signaling), "
    "bus_events (of a listener), bus_calls (of a service), outbox (of the whole system).",
    label="queue",
    combine=max,
)
SQL_STATEMENTS = Counter("meeting_sql_statements_total", "SQL statements sent.", registry=REGISTRY)
SQL_CONNECTIONS = Watched("meeting_sql_connections", "Connections of the pool that are in use.", combine=sum)
SQL_OPEN = Watched(
    "meeting_sql_connections_open", "Connections of the pool to the server, in use or not.", combine=sum
)
SQL_LIMIT = Watched("meeting_sql_connections_limit", "Connections that the pool opens at most.", combine=sum)
SQL_WAITING = Watched(
    "meeting_sql_connections_waiting", "Callers that wait for a connection of the pool.", combine=sum
)
BUS_SECONDS = Histogram(
    "meeting_bus_call_seconds",
    "Time to answer a request of the bus.",
    ("topic", "outcome"),
    buckets=FAST_BUCKETS,
    registry=REGISTRY,
)
EVENTS_DROPPED = Counter(
    "meeting_bus_events_dropped_total", "Events lost by a full inbox.", ("topic",), registry=REGISTRY
)
OUTBOX_DELIVERIES = Counter(
    "meeting_outbox_deliveries_total", "Attempts to deliver a request.", ("outcome",), registry=REGISTRY
)
OUTBOX_OLDEST_SECONDS = Gauge(
    "meeting_outbox_oldest_seconds",
    "Age of the oldest request that waits in the outbox for a service.",
    ("service",),
    registry=REGISTRY,
)
OUTBOX_FAILED = Gauge(
    "meeting_outbox_failed", "Requests that were given up, for people to look at.", registry=REGISTRY
)
CACHE_READS = Counter(
    "meeting_cache_reads_total",
    "Reads of a cache: hit; miss (loaded and kept), joined (another load of this process), passed (somebody "
    "changes or loads it), away (no Valkey).",
    ("cache", "outcome"),
    registry=REGISTRY,
)
CHECKS = Gauge(
    "meeting_health_check", "1 where a dependency answers, 0 where not.", ("check",), registry=REGISTRY
)


def expose() -> bytes:
    """Return all metrics in Prometheus' text format."""
    return generate_latest(REGISTRY)
