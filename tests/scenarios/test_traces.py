"""One join is one trace, from the request for a ticket to the media engine, also across processes."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.otlp import Received, collecting
from tests.scenarios.observed import CHAT, System, in_a_meeting, one_process, register, two_processes

from meeting_system.adapters.embedded import Servers

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

JOIN = "POST /api/v1/meetings/{reference}/join"
MESSAGE = "signaling.chat.send"
OF_A_JOIN = {JOIN, "signaling.identify", "meeting.load_room", "signaling.media.offer", "media.open_peer"}
OF_A_MESSAGE = {
    MESSAGE,
    "meeting.send_chat",
    "outbox signaling.append_durable",
    "signaling.append_durable",
}


def settings(url: str) -> dict[str, str]:
    return {
        "MEETING_TRACE__OTLP_URL": url,
        "MEETING_TRACE__SHARE": "1",
        "MEETING_TRACE__PER_SECOND": "10000",
        "OTEL_BSP_SCHEDULE_DELAY": "200",
    }


async def join_and_talk(system: System) -> None:
    async with in_a_meeting(system, await register(system)):
        pass


def of_trace(spans: Sequence[Received], name: str) -> list[Received]:
    """Return the trace that has a span of that name, without the attempts of jobs."""
    ids = {span.trace_id for span in spans if span.name == name}
    return [span for span in spans if span.trace_id in ids]


def are_complete(spans: Sequence[Received]) -> bool:
    return all(
        wanted <= {span.name for span in of_trace(spans, name)}
        for wanted, name in ((OF_A_JOIN, JOIN), (OF_A_MESSAGE, MESSAGE))
    )


def check_is_one_tree(trace: Sequence[Received], root: str) -> None:
    """One trace id, one root, and every parent is there."""
    assert len({span.trace_id for span in trace}) == 1
    ids = {span.span_id for span in trace}
    assert [span.name for span in trace if not span.parent_id] == [root]
    assert all(span.parent_id in ids for span in trace if span.parent_id), trace


async def test_one_join_is_one_trace_in_one_process(tmp_path: Path) -> None:
    with collecting() as collector:
        async with one_process(tmp_path, settings(collector.url)) as system:
            await join_and_talk(system)
            spans = await asyncio.to_thread(collector.wait_for, are_complete)
            assert await system.processes[0].stop() == 0
        spans = collector.spans
    joined = of_trace(spans, JOIN)
    check_is_one_tree(joined, JOIN)
    assert {span.service for span in joined} == {"meeting-system"}
    check_is_one_tree(of_trace(spans, MESSAGE), MESSAGE)
    assert CHAT not in repr(spans)


async def test_one_join_is_one_trace_across_two_processes(tmp_path: Path, servers: Servers) -> None:
    with collecting() as collector:
        async with two_processes(tmp_path, settings(collector.url), servers) as system:
            await join_and_talk(system)
            await asyncio.to_thread(collector.wait_for, are_complete)
            for process in reversed(system.processes):
                assert await process.stop() == 0
        spans = collector.spans
    services = {span.name: span.service for span in spans if span.kind != 3}
    joined = of_trace(spans, JOIN)
    check_is_one_tree(joined, JOIN)
    assert {services[name] for name in (JOIN, "meeting.load_room")} == {"meeting-user-meeting"}
    assert {services[name] for name in ("signaling.identify", "media.open_peer")} == {
        "meeting-signaling-media"
    }
    check_is_one_tree(of_trace(spans, MESSAGE), MESSAGE)
