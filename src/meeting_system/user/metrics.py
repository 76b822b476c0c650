"""What user counts."""

from prometheus_client import Counter

from meeting_system.kit.metrics import REGISTRY

LETTERS = Counter(
    "meeting_user_letters_total",
    "Letters that were sent, have to wait for the mail server, or will never be sent.",
    ["outcome"],
    registry=REGISTRY,
)
