"""R6: the media process dies with eight participants who send and watch."""

from pathlib import Path

from benchmarks.reliability.ground import Found
from tests.scenarios.test_media_nodes import (
    A_NODE_TAKES,
    BACK_WITHIN_S,
    SETTLED_S,
    now,
    open_site,
    percentile_95,
    wait_all_see,
)

from meeting_system.adapters.embedded import open_servers
from meeting_system.adapters.redis_store import open_store


async def kill_media(folder: Path, *, participants: int = 2 * A_NODE_TAKES) -> Found:
    """R6: kill -9 of the media process of half of them, with aiortc's real media."""
    async with (
        open_servers(folder / "servers") as servers,
        open_store(servers.redis_url) as store,
        open_site(folder, servers, servers.database_url, store, robots=participants) as site,
    ):
        await wait_all_see(site, site.robots, 0.0, within_s=SETTLED_S)
        dead = await site.node_of(site.robots[-1])
        lost = [robot for robot in site.robots if await site.node_of(robot) == dead]
        killed = now()
        await (await site.process_of(dead)).kill()
        back = await wait_all_see(site, lost, killed, within_s=SETTLED_S)
    figures = {
        "participants": participants,
        "on_the_dead_process": len(lost),
        "first_frame_p95_s": round(percentile_95(back), 2),
        "all_back_s": round(max(back), 2),
    }
    return Found(figures, figures["first_frame_p95_s"] <= BACK_WITHIN_S)
