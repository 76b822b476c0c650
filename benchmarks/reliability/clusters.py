"""R12, R23: `meeting-system cluster`, whose parts are stopped or started again one after the other."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from benchmarks.reliability.ground import Found, faults, has_none, seconds
from benchmarks.rooms.clients import Clients, open_clients
from benchmarks.rooms.site import Process, Site
from tests.scenarios.cluster import Cluster, open_cluster

PARTS = ("user", "meeting", "media", "signaling-1", "signaling-2")
GAP_S = 0.3
ALARM_WITHIN_S = 30.0
BACK_S = 60.0


@dataclass
class Busy:
    """A cluster with guests, who come through Nginx."""

    cluster: Cluster
    site: Site
    clients: Clients


@asynccontextmanager
async def open_busy(folder: Path, *, meetings: int, each: int) -> AsyncIterator[Busy]:
    """Run the cluster with `each` guests in every meeting."""
    with open_cluster(folder) as cluster:
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


async def stop_etcd(folder: Path, *, meetings: int = 5, each: int = 5, stopped_s: float = 25) -> Found:
    """R12: etcd stops, while all meetings talk; somebody is told."""
    async with open_busy(folder, meetings=meetings, each=each) as busy:
        talking = asyncio.create_task(busy.clients.talk(1, 250, stopped_s + 15, durable=True))
        await asyncio.sleep(2)
        if await seconds_to_alarm(busy.cluster, 3) < 3:
            return Found({}, met=False, note="there was an alarm before anything had stopped")
        busy.cluster.signal("etcd", signal.SIGSTOP)
        alarm_s = await seconds_to_alarm(busy.cluster, stopped_s)
        await asyncio.sleep(max(0.0, stopped_s - alarm_s))
        busy.cluster.signal("etcd", signal.SIGCONT)
        said = await talking
    dropped = sum(count for code, count in busy.clients.totals["closed"] if code != 4011)
    figures = {
        "messages": said["said"],
        **faults(said),
        "sockets_dropped": dropped,
        "alarm_s": round(alarm_s, 1),
    }
    met = has_none(figures) and not dropped and alarm_s < min(ALARM_WITHIN_S, stopped_s)
    return Found(figures, met, "etcd alone: no feature needs MongoDB, an object store or AI yet")


async def seconds_to_alarm(cluster: Cluster, patience_s: float) -> float:
    """Return when the media process says that the registry is away; `patience_s` where it never does."""
    begun = time.monotonic()
    url = f"http://127.0.0.1:{cluster.port_of('media')}"
    async with httpx2.AsyncClient(base_url=url, timeout=5) as http:
        while time.monotonic() - begun < patience_s:
            if not (await http.get("/ready")).json()["checks"].get("registry", {"ok": True})["ok"]:
                return time.monotonic() - begun
            await asyncio.sleep(0.2)
    return patience_s
