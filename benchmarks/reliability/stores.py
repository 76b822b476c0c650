"""R9, R10, R11: Redis and PostgreSQL die, forget, or stay away."""

import asyncio
import time

import httpx2
from benchmarks.reliability.ground import (
    Found,
    Ground,
    faults,
    has_none,
    roll_back,
    saved_tail,
    seconds,
)

AWAY_S = 3.0
RETRY_WITHIN_S = 2.0


async def kill_redis(ground: Ground, *, talk_s: float = 25) -> Found:
    """R9: kill -9 of Redis while meetings talk by state and by chat, and back on its append-only file."""
    talking = asyncio.create_task(ground.clients.talk(1, 200, talk_s, durable=True))
    await asyncio.sleep(talk_s / 4)
    await ground.redis.kill()
    await asyncio.sleep(AWAY_S)
    await ground.redis.start()
    said = await talking
    live = await count_live(ground)
    figures = {"messages": said["said"], **faults(said), "meetings_lost": len(ground.meetings) - live}
    return Found(figures, has_none(figures) and live == len(ground.meetings))


async def forget_redis(ground: Ground, *, talk_s: float = 30) -> Found:
    """R10: Redis is wiped, and later comes back as it was some seconds earlier, while meetings talk."""
    talking = asyncio.create_task(ground.clients.talk(1, 200, talk_s, durable=True))
    await asyncio.sleep(talk_s / 6)
    await ground.wipe_redis()
    await asyncio.sleep(talk_s / 6)
    earlier = ground.redis.folder.with_name("earlier")
    await saved_tail(ground, earlier)
    await asyncio.sleep(talk_s / 6)
    await roll_back(ground, earlier)
    said = await talking
    live = await count_live(ground)
    figures = {"messages": said["said"], **faults(said), "meetings_lost": len(ground.meetings) - live}
    return Found(figures, has_none(figures) and live == len(ground.meetings))


async def kill_postgresql(ground: Ground, *, talk_s: float = 50, away_s: float = 30) -> Found:
    """R11: kill -9 of PostgreSQL, then 30 s without it, while meetings talk by chat."""
    talking = asyncio.create_task(ground.clients.talk(1, 500, talk_s, durable=True))
    await asyncio.sleep(5)
    await ground.postgres.kill()
    await ground.postgres.start()
    await asyncio.sleep(3)
    await ground.postgres.kill()
    answered_s, status = await ask_for_a_meeting(ground)
    await asyncio.sleep(max(0.0, away_s - answered_s))
    await ground.postgres.start()
    said = await talking
    live = await count_live(ground)
    figures = {
        "messages": said["said"],
        **faults(said),
        "meetings_lost": len(ground.meetings) - live,
        "retry_answered_s": round(answered_s, 2),
        "resume_p99_s": seconds(said["back"]),
    }
    met = (
        has_none(figures) and live == len(ground.meetings) and status == 503 and answered_s <= RETRY_WITHIN_S
    )
    return Found(figures, met, f"HTTP answered {status}; durable commands of a socket wait for their answer")


async def ask_for_a_meeting(ground: Ground) -> tuple[float, int]:
    """Ask for something that needs the database; return how soon the answer came, and its status."""
    headers = {"Authorization": f"Bearer {ground.site.token}"}
    async with httpx2.AsyncClient(
        base_url=f"http://{ground.site.api.address}", timeout=30, headers=headers
    ) as http:
        begun = time.monotonic()
        answer = await http.post("/api/v1/meetings", json={"title": "Now?"})
        return time.monotonic() - begun, answer.status_code


async def count_live(ground: Ground) -> int:
    """Count the meetings that go on."""
    headers = {"Authorization": f"Bearer {ground.site.token}"}
    live = 0
    async with httpx2.AsyncClient(
        base_url=f"http://{ground.site.api.address}", timeout=30, headers=headers
    ) as http:
        for meeting in ground.meetings:
            answer = await http.get(f"/api/v1/meetings/{meeting}")
            live += answer.is_success and answer.json()["status"] == "live"
    return live
