"""Trace ids, and how they travel."""

from contextvars import Context

import pytest

from meeting_system.kit.trace import (
    Trace,
    current_trace_id,
    current_traceparent,
    new_trace_id,
    read_traceparent,
    to_trace,
    traced,
)

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


def test_a_block_has_its_trace_id_and_gives_it_back() -> None:
    Context().run(check_blocks)  # whatever ran before


def check_blocks() -> None:
    assert current_trace_id() == current_traceparent() == ""
    with traced(TRACE):
        with traced() as inner:
            assert current_trace_id() == inner != TRACE
        assert current_trace_id() == TRACE
    assert current_trace_id() == ""
    assert len(new_trace_id()) == 32


def test_a_trace_travels_and_arrives() -> None:
    for trace in (Trace(TRACE, SPAN, is_sampled=True), Trace(TRACE, SPAN)):
        with traced(trace):
            assert read_traceparent(current_traceparent()) == trace


def test_without_a_span_a_trace_travels_as_one_that_is_not_recorded() -> None:
    with traced(TRACE):
        arrived = read_traceparent(current_traceparent())
    assert arrived is not None
    assert (arrived.trace_id, arrived.is_sampled) == (TRACE, False)


def test_whatever_travelled_there_is_a_trace() -> None:
    assert to_trace(TRACE) == Trace(TRACE)
    for rubbish in ("", "rubbish", TRACE.upper(), "a" * 33):
        assert len(to_trace(rubbish).trace_id) == 32
        assert to_trace(rubbish).trace_id != rubbish


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "00",
        f"00-{TRACE}",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01\n",
    ],
)
def test_what_is_no_traceparent_is_ignored(header: str | None) -> None:
    assert read_traceparent(header) is None
