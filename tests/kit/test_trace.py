"""Trace ids."""

import pytest

from meeting_system.kit.trace import current_trace_id, new_trace_id, read_traceparent, traced

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_a_block_has_its_trace_id_and_gives_it_back() -> None:
    assert current_trace_id() == ""
    with traced(TRACE):
        with traced() as inner:
            assert current_trace_id() == inner != TRACE
        assert current_trace_id() == TRACE
    assert current_trace_id() == ""
    assert len(new_trace_id()) == 32


def test_the_callers_trace_is_continued() -> None:
    assert read_traceparent(f"00-{TRACE}-00f067aa0ba902b7-01") == TRACE


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "00",
        f"00-{TRACE}",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{TRACE.upper()}-00f067aa0ba902b7-01",
    ],
)
def test_what_is_no_traceparent_is_ignored(header: str | None) -> None:
    assert read_traceparent(header) is None
