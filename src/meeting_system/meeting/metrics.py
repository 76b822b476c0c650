"""What meeting counts."""

from prometheus_client import Gauge

from meeting_system.kit.metrics import REGISTRY

LIVE = Gauge(
    "meeting_meeting_live",
    "Meetings that go on now, in the whole system: each process tells the same.",
    registry=REGISTRY,
)
