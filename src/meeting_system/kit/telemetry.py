"""Spans for OpenTelemetry: one a request, sent in batches over OTLP where an address is set.

The trace id is the one of our logs and problems, so that a collector shows what a person was told.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from meeting_system import __version__

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan


@dataclass(frozen=True)
class Answered:
    """A request that was answered; times are nanoseconds since 1970."""

    trace_id: str
    method: str
    route: str
    status: int
    started_ns: int
    ended_ns: int


Observer = Callable[[Answered], None]


def is_sampled(trace_id: str, share: float) -> bool:
    """Decide by the id, so that all processes decide alike."""
    return int(trace_id[-8:], 16) < share * (1 << 32)


@asynccontextmanager
async def open_spans(url: str, *, share: float) -> AsyncIterator[Observer]:
    """Send spans to `url` while the block runs; what waits at its end is sent before."""
    # Imported here: most installations send none.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    processor = BatchSpanProcessor(OTLPSpanExporter(endpoint=url))

    def observe(answered: Answered) -> None:
        if is_sampled(answered.trace_id, share):
            processor.on_end(to_span(answered))

    try:
        yield observe
    finally:
        await asyncio.to_thread(processor.shutdown)


def to_span(answered: Answered) -> "ReadableSpan":
    """Return a request as OpenTelemetry tells it (semantic conventions for HTTP servers)."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

    context = SpanContext(
        trace_id=int(answered.trace_id, 16),
        span_id=secrets.randbits(63) + 1,
        is_remote=False,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )
    return ReadableSpan(
        name=f"{answered.method} {answered.route}",
        context=context,
        resource=Resource({"service.name": "meeting-system", "service.version": __version__}),
        attributes={
            "http.request.method": answered.method,
            "http.route": answered.route,
            "http.response.status_code": answered.status,
        },
        kind=SpanKind.SERVER,
        status=Status(StatusCode.ERROR if answered.status >= 500 else StatusCode.UNSET),
        start_time=answered.started_ns,
        end_time=answered.ended_ns,
    )
