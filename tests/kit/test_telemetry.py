"""Spans reach a collector, with the trace id that people are told."""

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from meeting_system.kit.telemetry import Answered, is_sampled, open_spans

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class Collector(HTTPServer):
    """Receives spans over OTLP."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Receiver)
        self.bodies: list[bytes] = []


class Receiver(BaseHTTPRequestHandler):
    """Keeps what is posted."""

    server: Collector

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


async def test_a_request_is_a_span(collector: Collector) -> None:
    url = f"http://127.0.0.1:{collector.server_port}/v1/traces"
    async with open_spans(url, share=1) as observe:
        observe(Answered(TRACE, "GET", "/api/v1/meetings/{reference}", 503, 1_000, 2_000))
        await asyncio.sleep(0)
    request = ExportTraceServiceRequest.FromString(b"".join(collector.bodies))
    (span,) = request.resource_spans[0].scope_spans[0].spans
    assert span.trace_id.hex() == TRACE
    assert span.name == "GET /api/v1/meetings/{reference}"
    assert (span.start_time_unix_nano, span.end_time_unix_nano) == (1_000, 2_000)
    assert span.status.code == 2


def test_a_share_of_the_traces_is_sampled_the_same_everywhere() -> None:
    ids = [f"{number * 2654435761 % (1 << 32):032x}" for number in range(1000)]
    assert 50 < sum(is_sampled(each, 0.1) for each in ids) < 150
    assert all(is_sampled(each, 1) for each in ids)
    assert not any(is_sampled(each, 0) for each in ids)
