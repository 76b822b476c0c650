"""What signaling counts."""

from prometheus_client import Counter, Gauge

from meeting_system.kit.metrics import REGISTRY

SOCKETS = Gauge("meeting_signaling_sockets", "Open WebSockets, authenticated or not.", registry=REGISTRY)
SESSIONS = Gauge("meeting_signaling_sessions", "Sessions at a socket of this process.", registry=REGISTRY)
LOG_LAG = Gauge(
    "meeting_signaling_log_lag", "Most entries that a client has not yet confirmed.", registry=REGISTRY
)
UNTOLD = Gauge(
    "meeting_signaling_log_untold",
    "Entries of room logs that were appended, but not yet told to the sockets here.",
    registry=REGISTRY,
)
UNTOLD_SECONDS = Gauge(
    "meeting_signaling_log_untold_seconds",
    "How long the entry that waits longest has been seen waiting.",
    registry=REGISTRY,
)
SHED = Counter("meeting_signaling_shed_total", "Ephemeral events shed from slow sockets.", registry=REGISTRY)
COMMANDS_DONE = Counter(
    "meeting_signaling_commands_total", "Commands handled.", ("type", "outcome"), registry=REGISTRY
)
CLOSED = Counter(
    "meeting_signaling_closed_total", "Sockets closed by the server.", ("code",), registry=REGISTRY
)
ATTACHED = Counter(
    "meeting_signaling_attached_total", "Sockets that got a session.", ("how",), registry=REGISTRY
)
