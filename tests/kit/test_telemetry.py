"""Spans reach a collector over OTLP, and no flood of requests becomes a flood of spans."""

import socket
import subprocess
import sys
import time

import pytest
from tests.otlp import collecting

from meeting_system.kit.telemetry import ShareSampler, open_spans
from meeting_system.kit.trace import Trace, current_traceparent, new_trace, span, traced

CONSUMER, SERVER = 5, 2


async def test_spans_arrive_with_their_parents_their_times_and_their_errors() -> None:
    before = time.time_ns()
    with collecting() as collector:
        async with open_spans(collector.url, service="meeting-user", share=1, per_second=100):
            with traced(new_trace()) as trace_id, span("GET /things", "server", {"http.route": "/things"}):
                carried = current_traceparent()
            with traced(carried), pytest.raises(KeyError), span("thing.made", "consumer"):
                raise KeyError
    first, second = collector.spans
    assert first.trace_id == second.trace_id == trace_id
    assert (first.service, first.name, first.kind, first.parent_id) == (
        "meeting-user",
        "GET /things",
        SERVER,
        "",
    )
    assert first.attributes == {"http.route": "/things"}
    assert (second.name, second.kind, second.parent_id, second.status) == (
        "thing.made",
        CONSUMER,
        first.span_id,
        2,
    )
    assert before <= first.started_ns <= first.ended_ns <= second.ended_ns <= time.time_ns()


async def test_a_collector_that_is_away_hinders_neither_the_work_nor_the_end() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1/traces"
        started = time.monotonic()
        async with open_spans(url, service="x", share=1, per_second=100):
            with traced(new_trace()), span("work"):
                pass
            assert time.monotonic() - started < 2
    assert time.monotonic() - started < 15


def test_a_share_of_the_traces_is_recorded() -> None:
    draws = iter([0.05, 0.5, 0.099, 0.1])
    sampler = ShareSampler(0.1, 100, draw=lambda: next(draws), now=lambda: 0.0)
    assert [sampler(wanted=False) for _ in range(4)] == [True, False, True, False]


def test_what_a_proxy_wants_is_recorded_but_no_more_than_so_many_a_second() -> None:
    now = 0.0
    sampler = ShareSampler(0.0, 5, now=lambda: now)
    assert sum(sampler(wanted=True) for _ in range(1000)) == 5
    now = 0.4
    assert sum(sampler(wanted=True) for _ in range(1000)) == 2
    now = 1000.0
    assert sum(sampler(wanted=True) for _ in range(1000)) == 5


async def test_whether_a_trace_is_recorded_is_decided_once_and_travels() -> None:
    with collecting() as collector:
        async with open_spans(collector.url, service="x", share=0, per_second=100):
            with traced(new_trace()), span("not drawn"):
                carried = current_traceparent()
        async with open_spans(collector.url, service="y", share=1, per_second=100):
            with traced(carried), span("elsewhere"):
                pass
            with traced(new_trace(Trace("a" * 32, "b" * 16, is_sampled=False))), span("not wanted"):
                pass
            with traced(new_trace(Trace("a" * 32, "b" * 16, is_sampled=True))), span("wanted"):
                pass
    (only,) = collector.spans
    assert (only.name, only.trace_id, only.parent_id) == ("wanted", "a" * 32, "b" * 16)


async def test_without_a_recorder_nothing_is_made() -> None:
    with traced(Trace("a" * 32, "b" * 16, is_sampled=True)), span("nothing") as part:
        assert part is None
        assert current_traceparent() == f"00-{'a' * 32}-{'b' * 16}-01"


def test_without_an_address_no_exporter_is_even_loaded() -> None:
    code = "import sys, meeting_system.app.lifespan; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "meeting_system.kit.telemetry" in loaded
    assert not [
        name for name in loaded if name.startswith(("opentelemetry.exporter", "opentelemetry.sdk.trace"))
    ]
