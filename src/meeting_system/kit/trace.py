"""Traces: one for each thing that somebody asked for, through HTTP, WebSocket, bus, outbox and jobs.

A trace travels as a `traceparent` (W3C Trace Context, section 3.2). Whether its spans are recorded is decided
once, where it begins, and travels in the flag. While nothing records, a span costs a look at a variable.
"""

import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

SAMPLED = 0x01
_TRACE_ID = re.compile(r"[0-9a-f]{32}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")

Kind = Literal["server", "client", "consumer", "internal"]
Attributes = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Trace:
    """What is being done: `span_id` is the present span, empty where none is recorded."""

    trace_id: str
    span_id: str = ""
    is_sampled: bool = False


@dataclass(slots=True)
class Span:
    """A part of a trace; times are nanoseconds since 1970. `error` is a code or the name of an exception."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    kind: Kind
    started_ns: int
    ended_ns: int = 0
    attributes: dict[str, str | int] = field(default_factory=dict)
    error: str = ""


class Sampler(Protocol):
    """Decides which traces are recorded; `wanted`: a proxy that we trust asked for it."""

    def __call__(self, *, wanted: bool) -> bool: ...


@dataclass(frozen=True, slots=True)
class Recorder:
    """Who takes the spans, and who decides whether there are any."""

    take: Callable[[Span], None]
    sampler: Sampler


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)
_recorders: list[Recorder] = []
_NOTHING: AbstractContextManager[None] = nullcontext()


@contextmanager
def recording(recorder: Recorder) -> Iterator[None]:
    """Give the spans of this process to `recorder` while the block runs."""
    _recorders.append(recorder)
    try:
        yield
    finally:
        _recorders.remove(recorder)


def current_trace_id() -> str:
    """Return the trace id of what is being done, or an empty string."""
    trace = _current.get()
    return trace.trace_id if trace is not None else ""


def current_traceparent() -> str:
    """Return what is being done as it travels, or an empty string."""
    trace = _current.get()
    if trace is None:
        return ""
    # A parent must not be all zeros; of what is not recorded nobody looks for it.
    return f"00-{trace.trace_id}-{trace.span_id or trace.trace_id[:16]}-0{int(trace.is_sampled)}"


def new_trace_id() -> str:
    """Return 32 hexadecimal digits."""
    return secrets.token_hex(16)


def new_trace(asked: Trace | None = None) -> Trace:
    """Begin a trace, or go on with one that comes from outside; whether it is recorded is decided here."""
    is_sampled = False
    if _recorders and (asked is None or asked.is_sampled):
        is_sampled = _recorders[-1].sampler(wanted=asked is not None)
    if asked is None:
        return Trace(new_trace_id(), "", is_sampled)
    return replace(asked, is_sampled=is_sampled)


def read_traceparent(header: str | None) -> Trace | None:
    """Return the trace in a `traceparent` header, None without one."""
    found = _TRACEPARENT.fullmatch(header or "")
    if found is None or set(found[1]) == {"0"} or set(found[2]) == {"0"}:
        return None
    return Trace(found[1], found[2], bool(int(found[3], 16) & SAMPLED))


def to_trace(carried: str) -> Trace:
    """Return the trace that travelled as a traceparent or as a bare id; a new one, not recorded, without."""
    trace = read_traceparent(carried)
    if trace is not None:
        return trace
    return Trace(carried if _TRACE_ID.fullmatch(carried) else new_trace_id())


@contextmanager
def traced(trace: Trace | str = "") -> Iterator[str]:
    """Do what is in the block within `trace`, as it is or as it travelled; give its id."""
    trace = to_trace(trace) if isinstance(trace, str) else trace
    token = _current.set(trace)
    try:
        yield trace.trace_id
    finally:
        _current.reset(token)


def span(
    name: str, kind: Kind = "internal", attributes: Attributes | None = None
) -> AbstractContextManager[Span | None]:
    """Record the block as a part of the present trace; give the span, None where it is not recorded."""
    trace = _current.get()
    if not _recorders or trace is None or not trace.is_sampled:
        return _NOTHING
    parts = dict(attributes or {})
    return _record(
        Span(trace.trace_id, secrets.token_hex(8), trace.span_id, name, kind, time.time_ns(), 0, parts)
    )


@contextmanager
def _record(part: Span) -> Iterator[Span]:
    token = _current.set(Trace(part.trace_id, part.span_id, is_sampled=True))
    started = time.perf_counter_ns()
    try:
        yield part
    except BaseException as error:
        part.error = str(getattr(error, "code", type(error).__name__))
        raise
    finally:
        _current.reset(token)
        part.ended_ns = part.started_ns + time.perf_counter_ns() - started
        for recorder in _recorders[-1:]:
            recorder.take(part)
