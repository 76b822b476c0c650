"""The invariants I1 to I6 of meet.v1 over random schedules; a failure names the seed that shows it again.

MEETING_SCHEDULES says how many (100,000 unless said); `run_schedule(seed, ...)` shows one of them again.
"""

import os

import pytest

from .schedules import run_schedule

SCHEDULES = int(os.environ.get("MEETING_SCHEDULES", "100000"))
PARTS = 8
SHORT, LONG = 14, 120


@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
def test_no_schedule_loses_doubles_or_reorders_anything(part: int) -> None:
    each = SCHEDULES // PARTS
    for seed in range(part * each, (part + 1) * each):
        try:
            run_schedule(seed, actions=SHORT)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error


@pytest.mark.timeout(600)
def test_no_long_schedule_of_many_participants_does_either() -> None:
    for seed in range(max(10, SCHEDULES // 500)):
        try:
            run_schedule(seed, actions=LONG, clients=4)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
