"""R23: `meeting-system cluster`, whose parts are started again one after the other."""

import asyncio
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.reliability.ground import Found, faults, has_none, seconds
from benchmarks.rooms.clients import Clients, open_clients
from benchmarks.rooms.site import Process, Site
from tests.scenarios.cluster import Cluster, open_cluster

PARTS = ("user", "meeting", "media", "signaling-1", "signaling-2")
GAP_S = 0.3
BACK_S = 60.0


@dataclass
class Busy:
    """A cluster with guests, who come through Nginx."""

    cluster: Cluster
    site: Site
    clients: Clients


@asynccontextmanager
async def open_busy(
    folder: Path, *, meetings: int, each: int, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Busy]:
    """Run the cluster with `each` guests in every meeting."""
    with open_cluster(folder, settings) as cluster:
        through_nginx = Process((), folder, {}, port=cluster.port)
        site = Site(through_nginx, through_nginx)
        await site.register()
        found = await site.create_meetings(meetings)
        async with open_clients() as clients:
            # Tickets past Nginx, which allows an address 100 requests a second; sockets through it.
            await clients.open(f"127.0.0.1:{cluster.port_of('meeting')}", through_nginx.address, found, each)
            yield Busy(cluster, site, clients)


async def restart_all(folder: Path, *, meetings: int = 10, each: int = 10) -> Found:
    """R23: SIGTERM to every process of the system, one after the other, while all meetings talk."""
    async with open_busy(folder, meetings=meetings, each=each) as busy:
        found = await restart_parts(busy, PARTS, talk_s=75)
    return Found({"clients": meetings * each, **found.figures}, found.met)


async def restart_parts(busy: Busy, names: Sequence[str], *, talk_s: float) -> Found:
    """Restart some of the processes while all meetings talk.

    A gap begins when a client sends nothing more on its socket, and ends when its session is on the next.
    """
    talking = asyncio.create_task(busy.clients.talk(1, 250, talk_s, durable=True))
    await asyncio.sleep(1)
    for name in names:
        await restart(busy.cluster, name)
    said = await talking
    figures = {
        "messages": said["said"],
        **faults(said),
        "gaps": said["back"]["count"],
        "gap_p50_s": seconds(said["back"], "p50_ms"),
        "gap_p99_s": seconds(said["back"]),
    }
    return Found(figures, has_none(figures) and figures["gap_p99_s"] <= GAP_S)


async def restart(cluster: Cluster, name: str) -> None:
    """Stop a part as an operator does, and return when it is back and gets traffic."""
    before = cluster.processes()[name]["restarts"]
    cluster.signal(name, signal.SIGTERM)
    async with asyncio.timeout(BACK_S):
        while cluster.processes()[name]["restarts"] <= before:  # noqa: ASYNC110  # another process
            await asyncio.sleep(0.05)
    if name != "media":  # it is asked over the bus
        await cluster.wait_routed(name, routed=True)
    await asyncio.sleep(1)
