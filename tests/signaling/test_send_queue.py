"""The send queue: bounded, in order, ephemeral shed first, closed when slow."""

import pytest

from meeting_system.contracts.signal import CloseCode
from meeting_system.signaling.send_queue import SendQueue


def drained(queue: SendQueue) -> list[str]:
    return list(iter(queue.pop, None))


def test_frames_leave_in_order() -> None:
    queue = SendQueue()
    for frame in "abc":
        queue.push(frame)
    assert drained(queue) == ["a", "b", "c"]


def test_ephemeral_frames_are_shed_before_anything_else() -> None:
    queue = SendQueue(max_messages=3)
    for frame, ephemeral in (("a", False), ("e1", True), ("b", False), ("e2", True), ("c", False)):
        queue.push(frame, ephemeral=ephemeral)
    assert (drained(queue), queue.shed, queue.closing) == (["a", "b", "c"], 2, None)


@pytest.mark.parametrize(("frame", "count"), [("x", 257), ("x" * 10_000, 105)])
def test_a_queue_that_stays_full_closes_the_socket_as_slow(frame: str, count: int) -> None:
    queue = SendQueue()
    for _ in range(count):
        queue.push(frame)
    assert (queue.closing, len(queue)) == (CloseCode.SLOW, 0)


def test_one_frame_larger_than_the_bound_may_wait_alone() -> None:
    queue = SendQueue()
    queue.push("x" * 2_000_000)
    assert queue.closing is None


def test_nothing_follows_a_close() -> None:
    queue = SendQueue()
    queue.push("last")
    queue.close(CloseCode.KICKED)
    queue.push("too late")
    assert (drained(queue), queue.closing) == (["last"], CloseCode.KICKED)
