"""Rows of the fault programme with few clients: real processes, PostgreSQL and Redis of Debian, real sockets.

`make reliability` runs them whole. Here times are not judged: whoever shares the machine would be.
"""

import os
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from benchmarks.reliability import pairs, sockets, stores
from benchmarks.reliability.ground import FAULTS, Found
from tests.outside import need

from meeting_system.app.cluster.programs import POSTGRES, REDIS

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

SMALL: dict[str, tuple[Callable[..., Awaitable[Found]], dict[str, Any]]] = {
    "R1": (sockets.reset_connections, {"meetings": 2, "each": 5, "resets": 6, "talk_s": 6}),
    "R4": (sockets.kill_signaling, {"meetings": 2, "each": 5, "talk_s": 6}),
    "R9": (stores.kill_redis, {"meetings": 2, "each": 4, "talk_s": 8}),
    "R10": (stores.forget_redis, {"meetings": 2, "each": 4, "talk_s": 9}),
    "R11": (stores.kill_postgresql, {"meetings": 2, "each": 4, "talk_s": 14, "away_s": 4}),
    "R21": (pairs.shift_clock, {"meetings": 1, "each": 3, "talk_s": 4, "shifts_s": (-3600,)}),
    "R22": (pairs.stop_processes, {"meetings": 1, "each": 3, "pauses_s": (2,), "after_s": 3}),
}


@pytest.fixture(scope="module", autouse=True)
def load_clients() -> None:
    need(POSTGRES, REDIS)
    build = ("cargo", "build", "-q", "--release", "--locked", "-p", "sfu-bench", "--bin", "signaling-load")
    subprocess.run(build, cwd=ROOT, check=True, env=os.environ)


@pytest.mark.parametrize("row", SMALL)
async def test_nothing_is_lost_doubled_or_reordered(row: str, tmp_path: Path) -> None:
    measure, size = SMALL[row]
    found = await measure(tmp_path, **size)
    assert {name: found.figures[name] for name in FAULTS} == dict.fromkeys(FAULTS, 0), found
    assert found.figures.get("meetings_lost", 0) == 0
    assert any(count for name, count in found.figures.items() if name.startswith(("messages", "events")))
