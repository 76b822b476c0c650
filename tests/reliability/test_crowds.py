"""R3, R12, R20, L2 and F3 in small: two meetings of fifteen, and the servers that only features need.

`make reliability` runs them whole. Here times are bounded widely: whoever shares the machine would be judged.
"""

import asyncio
from pathlib import Path

import pytest
from benchmarks.reliability import dependencies, hostile, loads, sockets
from benchmarks.reliability.features import Files, enter_files
from benchmarks.reliability.ground import FAULTS, Found, Ground, open_ground
from benchmarks.rooms.clients import build_clients
from tests.outside import need

from meeting_system.app.cluster.programs import POSTGRES, REDIS

EACH = 15
DELAY_MS = 2_000
NOTICED_S = sockets.DEAD_S + 5
"""That it is within DEAD_S is shown in virtual time (test_silence.py)."""
SLOW_BYTES = 2 * sockets.SLOW_BYTES
"""The whole process's growth, with what the allocator keeps."""

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]


@pytest.fixture(scope="module", autouse=True)
def load_clients() -> None:
    need(POSTGRES, REDIS)
    build_clients()


def check_nothing_is_lost(found: Found) -> None:
    assert {name: found.figures[name] for name in FAULTS} == dict.fromkeys(FAULTS, 0), found


async def test_what_one_connection_does_or_a_feature_lacks_costs_nobody_an_event(tmp_path: Path) -> None:
    async with (
        dependencies.open_dependencies() as servers,
        open_ground(tmp_path, meetings=2, each=EACH, settings=servers.settings) as ground,
        enter_files(f"http://{ground.site.api.address}", ground.site.token) as files,
    ):
        half_open = asyncio.create_task(sockets.half_open(ground))
        await check_pace(ground)
        await check_hostile_frames(ground)
        await check_slow_reader(ground)
        await check_dependencies(servers, ground, files)
        noticed = (await half_open).figures
    assert noticed["server_noticed_s"] <= NOTICED_S
    assert noticed["client_noticed_s"] <= NOTICED_S


async def check_pace(ground: Ground) -> None:
    """L2: everybody hears everybody, in time."""
    found = await loads.keep_pace_in(ground.site, ground.clients, talk_s=2)
    check_nothing_is_lost(found)
    assert found.figures["deliveries"] >= 2 * EACH * 10
    assert found.figures["p99_ms"] <= DELAY_MS


async def check_hostile_frames(ground: Ground) -> None:
    """F3: each is refused with a code that is defined."""
    found = await hostile.send_hostile(ground, read=5_000, sent=500, usual_s=1, talk_s=3)
    check_nothing_is_lost(found)
    assert found.figures["messages"] >= 50
    assert found.figures["closed_4001"] >= 50
    assert found.figures["exceptions"] == found.figures["undefined_closes"] == 0


async def check_slow_reader(ground: Ground) -> None:
    """R20: who reads nothing is closed, costs little, and has lost nothing once it reads again."""
    found = await sockets.stop_reading(ground, slow_s=4, usual_s=1, every_ms=55)
    check_nothing_is_lost(found)
    assert found.figures["closed_with"] in sockets.ENDED
    assert found.figures["others_seen_after"] == EACH
    assert found.figures["memory_grown_bytes"] <= SLOW_BYTES


async def check_dependencies(servers: dependencies.Servers, ground: Ground, files: Files) -> None:
    """R12: MongoDB dies and the store of objects falls silent; files are refused clearly, then work again."""
    scene = dependencies.Scene(ground.clients, f"http://{ground.site.api.address}", files)
    dead = dependencies.Fault("documents", "killed", servers.mongo.kill, servers.mongo.start)
    silent = dependencies.stop("objects", servers.s3.process.send_signal)
    await scene.endure([dead, silent], talk_s=8, settle_s=0.5)
    found = scene.found()
    check_nothing_is_lost(found)
    assert found.figures["messages"] >= 20
    assert found.figures["sockets_dropped"] == found.figures["unclear_answers"] == 0
    assert found.figures["answered_s"] <= 2 * dependencies.ANSWER_WITHIN_S
    assert found.figures["back_s"] <= 2 * dependencies.BACK_WITHIN_S
