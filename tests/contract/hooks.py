"""What schemathesis is told: how bodies are written that are no JSON."""

from typing import Any

import schemathesis


@schemathesis.serializer("application/sdp", "application/trickle-ice-sdpfrag")
def write_text(_context: Any, value: Any) -> bytes:
    """Write SDP as it is."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
