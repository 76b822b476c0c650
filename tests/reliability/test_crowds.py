"""R3, R20, L2 and F3 with two meetings of fifteen: what one client does or suffers is nobody else's loss.

`make reliability` runs them whole. Here times are bounded widely: whoever shares the machine would be judged.
"""

import asyncio
import os
import subprocess
from pathlib import Path

import pytest
from benchmarks.reliability import hostile, loads, sockets
from benchmarks.reliability.ground import FAULTS, Found, open_ground
from tests.outside import need

from meeting_system.app.cluster.programs import POSTGRES, REDIS

ROOT = Path(__file__).resolve().parents[2]
EACH = 15
DELAY_MS = 2_000
SLOW_BYTES = 2 * sockets.SLOW_BYTES
"""The whole process's growth, with what the allocator keeps."""

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@pytest.fixture(scope="module", autouse=True)
def load_clients() -> None:
    need(POSTGRES, REDIS)
    build = ("cargo", "build", "-q", "--release", "--locked", "-p", "sfu-bench", "--bin", "signaling-load")
    subprocess.run(build, cwd=ROOT, check=True, env=os.environ)


def check_nothing_is_lost(found: Found) -> None:
    assert {name: found.figures[name] for name in FAULTS} == dict.fromkeys(FAULTS, 0), found


async def test_a_half_open_a_slow_and_many_hostile_connections_are_noticed_and_cost_nobody_an_event(
    tmp_path: Path,
) -> None:
    async with open_ground(tmp_path, meetings=2, each=EACH) as ground:
        half_open = asyncio.create_task(sockets.half_open(ground))

        paced = await loads.keep_pace_in(ground.site, ground.clients, talk_s=2)
        check_nothing_is_lost(paced)
        assert paced.figures["deliveries"] >= 2 * EACH * 10
        assert paced.figures["p99_ms"] <= DELAY_MS

        attacked = await hostile.send_hostile(ground, read=5_000, sent=500, usual_s=1, talk_s=3)
        check_nothing_is_lost(attacked)
        assert attacked.figures["messages"] >= 50
        assert attacked.figures["closed_4001"] >= 100
        assert attacked.figures["exceptions"] == attacked.figures["undefined_closes"] == 0

        slow = await sockets.stop_reading(ground, slow_s=4, usual_s=1, every_ms=55)
        check_nothing_is_lost(slow)
        assert slow.figures["closed_with"] in sockets.ENDED
        assert slow.figures["others_seen_after"] == EACH
        assert slow.figures["memory_grown_bytes"] <= SLOW_BYTES

        noticed = (await half_open).figures
        assert noticed["server_noticed_s"] <= sockets.DEAD_S
        assert noticed["client_noticed_s"] <= sockets.DEAD_S
