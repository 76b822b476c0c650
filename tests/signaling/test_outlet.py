"""What is queued is written at once, together, or together after a while: by how long writing takes."""

import asyncio
import time

import pytest

from meeting_system.signaling.outlet import LONGEST_PACE_S, PACE_S, Outlet, pace_s


@pytest.mark.parametrize(
    ("writing_s", "expected_s"), [(0, PACE_S), (0.001, PACE_S), (0.003, 0.015), (0.2, LONGEST_PACE_S)]
)
def test_the_more_time_writes_take_the_more_is_gathered_up_to_a_bound(
    writing_s: float, expected_s: float
) -> None:
    assert pace_s(writing_s) == pytest.approx(expected_s)


class Socket:
    """Asks again as soon as it was written, and says when that was."""

    def __init__(self, outlet: Outlet, writing_s: float) -> None:
        self.outlet, self.writing_s = outlet, writing_s
        self.at_s: list[float] = []

    def flush(self) -> None:
        self.at_s.append(time.monotonic())
        time.sleep(self.writing_s)  # as a busy processor does
        if len(self.at_s) < 2:
            asyncio.get_running_loop().call_soon(self.outlet.flush_soon, self)


@pytest.mark.parametrize(("writing_s", "at_least_s"), [(0.0, PACE_S), (0.004, 0.02)])
async def test_what_comes_after_a_round_of_writes_waits_for_the_next(
    writing_s: float, at_least_s: float
) -> None:
    outlet = Outlet()
    socket = Socket(outlet, writing_s)
    outlet.flush_soon(socket)
    async with asyncio.timeout(2):
        while len(socket.at_s) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    first_s, second_s = socket.at_s
    assert second_s - first_s >= at_least_s - 0.001
