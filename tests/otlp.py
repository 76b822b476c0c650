"""A small receiver of OTLP/HTTP: keeps the spans that are posted to it."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

PATIENCE_S = 30.0


@dataclass(frozen=True)
class Received:
    """A span as it came over the wire; ids are hexadecimal, `parent_id` is empty for a root."""

    service: str
    name: str
    kind: int
    trace_id: str
    span_id: str
    parent_id: str
    started_ns: int
    ended_ns: int
    status: int
    attributes: dict[str, str]


class Collector(ThreadingHTTPServer):
    """Receives spans on a free port of loopback."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receiver)
        self._bodies: list[bytes] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1/traces"

    def keep(self, body: bytes) -> None:
        self._bodies.append(body)

    @property
    def spans(self) -> list[Received]:
        """All spans so far."""
        return [span for body in list(self._bodies) for span in _read(body)]

    def wait_for(self, found: Callable[[list[Received]], bool]) -> list[Received]:
        """Return the spans as soon as they are what is wanted; blocks: call it in a thread."""
        until = time.monotonic() + PATIENCE_S
        while not found(spans := self.spans):
            if time.monotonic() > until:
                raise AssertionError("\n".join(map(repr, spans)))
            time.sleep(0.05)
        return spans


class _Receiver(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.keep(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


def _read(body: bytes) -> Iterator[Received]:
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        names = {each.key: each.value.string_value for each in resource.resource.attributes}
        for scope in resource.scope_spans:
            for span in scope.spans:
                attributes = {
                    each.key: each.value.string_value or str(each.value.int_value) for each in span.attributes
                }
                yield Received(
                    names["service.name"],
                    span.name,
                    span.kind,
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex(),
                    span.start_time_unix_nano,
                    span.end_time_unix_nano,
                    span.status.code,
                    attributes,
                )


@contextmanager
def collecting() -> Iterator[Collector]:
    """Receive while the block runs."""
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever, name="otlp")
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
