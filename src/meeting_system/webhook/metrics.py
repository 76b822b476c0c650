"""Figures of webhooks."""

from prometheus_client import Counter

from meeting_system.kit.metrics import REGISTRY

DELIVERIES = Counter(
    "meeting_webhook_attempts_total",
    "Attempts to deliver an event to a webhook, by what became of the delivery.",
    ("outcome",),
    registry=REGISTRY,
)
