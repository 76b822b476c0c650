"""Trace ids: one for each thing that somebody asked for, through HTTP, bus and outbox, in W3C's form."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("trace_id", default="")

_TRACEPARENT = re.compile(r"^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$")


def current_trace_id() -> str:
    """Return the trace id of what is being done, or an empty string."""
    return _current.get()


def new_trace_id() -> str:
    """Return 32 hexadecimal digits."""
    return secrets.token_hex(16)


def read_traceparent(header: str | None) -> str | None:
    """Return the trace id in a `traceparent` header (W3C Trace Context, section 3.2), None without one."""
    found = _TRACEPARENT.match(header or "")
    if found is None or set(found[1]) == {"0"}:
        return None
    return found[1]


@contextmanager
def traced(trace_id: str | None = None) -> Iterator[str]:
    """Do what is in the block under `trace_id`, or under a new one."""
    trace_id = trace_id or new_trace_id()
    token = _current.set(trace_id)
    try:
        yield trace_id
    finally:
        _current.reset(token)
