"""Prometheus metrics of this process: one registry, and what every part of the system counts."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

FAST_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

HTTP_SECONDS = Histogram(
    "meeting_http_request_seconds",
    "Time to answer a request.",
    ("method", "route", "status"),
    buckets=FAST_BUCKETS,
    registry=REGISTRY,
)
SQL_STATEMENTS = Counter("meeting_sql_statements_total", "SQL statements sent.", registry=REGISTRY)
SQL_CONNECTIONS = Gauge(
    "meeting_sql_connections", "Connections of the pool that are in use.", registry=REGISTRY
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


def expose() -> bytes:
    """Return all metrics in Prometheus' text format."""
    return generate_latest(REGISTRY)
