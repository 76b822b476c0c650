"""Rows of the fault programme with few clients: real processes, PostgreSQL and Redis of Debian, real sockets.

`make reliability` runs them whole. Here times are not judged: whoever shares the machine would be.
"""

from pathlib import Path

import pytest
from benchmarks.reliability import pairs, sockets, stores
from benchmarks.reliability.ground import FAULTS, Found, open_ground
from benchmarks.rooms.clients import build_clients
from tests.outside import need

from meeting_system.app.cluster.programs import POSTGRES, REDIS

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]


@pytest.fixture(scope="module", autouse=True)
def load_clients() -> None:
    need(POSTGRES, REDIS)
    build_clients()


def check_nothing_is_lost(found: Found) -> None:
    assert {name: found.figures[name] for name in FAULTS} == dict.fromkeys(FAULTS, 0), found
    assert found.figures.get("meetings_lost", 0) == 0
    assert any(count for name, count in found.figures.items() if name.startswith(("messages", "events")))


async def test_nothing_is_lost_doubled_or_reordered_whatever_is_killed_reset_wiped_or_rolled_back(
    tmp_path: Path,
) -> None:
    async with open_ground(tmp_path, meetings=2, each=4) as ground:
        check_nothing_is_lost(await sockets.reset_connections(ground, resets=5, talk_s=4))
        check_nothing_is_lost(await sockets.kill_signaling(ground, talk_s=5))
        check_nothing_is_lost(await stores.kill_redis(ground, talk_s=5))
        check_nothing_is_lost(await stores.forget_redis(ground, talk_s=6))
        check_nothing_is_lost(await stores.kill_postgresql(ground, talk_s=12, away_s=3))


async def test_nor_by_a_process_that_sleeps_or_whose_clock_is_an_hour_behind(tmp_path: Path) -> None:
    async with pairs.open_pair(tmp_path, meetings=1, each=3, ahead_s=-pairs.HOUR_S) as pair:
        check_nothing_is_lost(await pairs.kill_second(pair, talk_s=4))
        check_nothing_is_lost(await pairs.stop_processes_of(pair, pauses_s=(2,), after_s=3))
