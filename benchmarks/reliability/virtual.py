"""R2, R26: long outages and random schedules, in virtual time; everything that decides is real."""

import asyncio
import os
import re
import sys
from pathlib import Path

from benchmarks.reliability.ground import Found, faults, has_none, open_ground, seconds
from tests.reliability.outages import OUTAGES_S, run_outage

ROOT = Path(__file__).resolve().parents[2]
BACK_WITHIN_S = 8.0


async def lose_link(folder: Path, *, meetings: int = 5, each: int = 10, down_s: float = 45) -> Found:
    """R2: the link of everybody is down for 45 s in real time, for 45 s, 4 and 10 min in virtual time."""
    for outage_s in OUTAGES_S:
        run_outage(outage_s)
    async with open_ground(folder, meetings=meetings, each=each) as ground:
        talking = asyncio.create_task(ground.clients.talk(1, 500, down_s + 20, durable=True))
        await asyncio.sleep(5)
        ground.proxy.silence()
        await asyncio.sleep(down_s)
        returned = ground.clients.await_return()
        ground.proxy.heal()
        back, said = await returned, await talking
    figures = {
        "outages": len(OUTAGES_S) + 1,
        "messages": said["said"],
        **faults(said),
        "back_p99_s": seconds(back["back"]),
        "resumed": back["resumed"],
        "reset": back["reset"],
    }
    return Found(figures, has_none(figures) and figures["back_p99_s"] <= BACK_WITHIN_S)


async def run_schedules(_folder: Path, *, schedules: int = 100_000) -> Found:
    """R26: random schedules of drops, kills, wipes and removals; invariants I1 to I6 hold in each."""
    command = (
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        "2",
        "--no-header",
        "tests/signaling/test_schedules.py",
    )
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        env=os.environ | {"MEETING_SCHEDULES": str(schedules)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    failed = re.findall(rb"seed (\d+)", output)
    figures: dict[str, float] = {
        "schedules": schedules + max(10, schedules // 500),
        "broken": len(set(failed)),
    }
    return Found(figures, process.returncode == 0, "" if process.returncode == 0 else output[-400:].decode())
