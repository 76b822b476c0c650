"""Traces for OpenTelemetry: spans leave in batches over OTLP/HTTP where an address is set.

The trace id is the one of our logs and problems, so that a collector shows what a person was told.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from meeting_system import __version__
from meeting_system.kit.trace import Recorder, Span, recording

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext

SEND_S = 5.0
"""A collector that does not answer delays the end of the process by no more than about this."""


class ShareSampler:
    """Records a share of the traces, those that a trusted proxy wants as well, and never more than
    `per_second` of both together: many requests, or a flag with each of them, don't flood a collector."""

    def __init__(
        self,
        share: float,
        per_second: float,
        *,
        draw: Callable[[], float] = random.random,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._share = share
        self._per_second = per_second
        self._draw = draw
        self._now = now
        self._left = per_second
        self._at = now()

    def __call__(self, *, wanted: bool) -> bool:
        if not wanted and self._draw() >= self._share:
            return False
        now = self._now()
        self._left = min(self._per_second, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


@asynccontextmanager
async def open_spans(url: str, *, service: str, share: float, per_second: float) -> AsyncIterator[None]:
    """Send spans to `url` while the block runs; what waits at its end is sent before.

    `service` names this process. Headers that a collector wants are set as OpenTelemetry says, in
    `OTEL_EXPORTER_OTLP_HEADERS`.
    """
    # Imported here: most installations send none.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    processor = BatchSpanProcessor(OTLPSpanExporter(endpoint=url, timeout=SEND_S))
    resource = Resource({"service.name": service, "service.version": __version__})

    def take(part: Span) -> None:
        processor.on_end(to_readable(part, resource))

    try:
        with recording(Recorder(take, ShareSampler(share, per_second))):
            yield
    finally:
        await asyncio.to_thread(processor.shutdown)


def to_readable(part: Span, resource: "Resource") -> "ReadableSpan":
    """Return a span as OpenTelemetry's exporters take it."""
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanKind, Status, StatusCode

    return ReadableSpan(
        name=part.name,
        context=_context(part.trace_id, part.span_id),
        parent=_context(part.trace_id, part.parent_id) if part.parent_id else None,
        resource=resource,
        attributes=part.attributes,
        kind=SpanKind[part.kind.upper()],
        status=Status(StatusCode.ERROR, part.error) if part.error else Status(StatusCode.UNSET),
        start_time=part.started_ns,
        end_time=part.ended_ns,
    )


def _context(trace_id: str, span_id: str) -> "SpanContext":
    from opentelemetry.trace import SpanContext, TraceFlags

    return SpanContext(
        trace_id=int(trace_id, 16),
        span_id=int(span_id, 16),
        is_remote=False,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )
