"""L1, L2, L3: how much signaling carries, and how soon."""

from pathlib import Path

from benchmarks.reliability.ground import Found
from benchmarks.rooms.clients import Clients, open_clients
from benchmarks.rooms.measure import TALK_S, enter, measure_idle, measure_pace
from benchmarks.rooms.site import Site, open_site

BYTES_PER_SOCKET = 25_000


async def hold_sockets(folder: Path, *, sockets: int = 10_000) -> Found:
    """L1: idle sockets, then one event a second to each."""
    async with open_site(folder) as site, open_clients() as clients:
        figures = await measure_idle(site, clients, sockets)
    met = (
        figures["bytes_per_socket"] <= BYTES_PER_SOCKET
        and figures["p99_ms"] <= 1_000
        and figures["cpu_with_events"] <= 0.5
    )
    return Found(figures, met)


async def keep_pace(folder: Path, *, meetings: int = 100, each: int = 10) -> Found:
    """L2: 1,000 sockets in 100 rooms, 10 events a second in each."""
    async with open_site(folder) as site, open_clients() as clients:
        await enter(site, clients, meetings, each)
        return await keep_pace_in(site, clients)


async def keep_pace_in(site: Site, clients: Clients, *, talk_s: float = TALK_S) -> Found:
    """Have one of each meeting say something ten times a second."""
    figures = await measure_pace(site, clients, talk_s)
    return Found(figures, figures["p99_ms"] <= 50)


async def join_at_once(folder: Path, *, joins: int = 500, in_s: float = 10) -> Found:
    """L3: so many join one meeting in ten seconds; from the socket to the session."""
    async with open_site(folder) as site, open_clients() as clients:
        meetings = await site.create_meetings(1)
        opened = await clients.open(
            site.api.address, site.signaling.address, meetings, joins, per_second=joins / in_s
        )
        failed = sum(count for code, count in clients.totals["closed"])
    figures = {
        "joins": opened["clients"],
        "attach_p50_ms": round(opened["attach"]["p50_ms"]),
        "attach_p99_ms": round(opened["attach"]["p99_ms"]),
        "errors": failed,
    }
    return Found(figures, figures["attach_p99_ms"] <= 2_000 and not failed)
