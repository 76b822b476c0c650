"""What is measured of signaling: how much a core delivers, how soon, what a socket costs, and a storm."""

import asyncio
import signal
import time

from benchmarks.meeting.processes import cpu_s
from benchmarks.rooms.clients import RETURN_TIMEOUT_S, Clients, Reply
from benchmarks.rooms.site import Site

Row = dict[str, float]

TALK_S = 10.0
SETTLE_S = 3.0
LOOK_S = 10.0
LOADS = (10, 20, 40, 80, 160, 240)
"""Deliveries a second to each socket: a core is filled by one of them, at a thousand sockets."""
FULL = 0.85
EVERY_MS = 100
"""How often one talks: half of what a client may."""
IDLE_MEETINGS = 100


def faults(reply: Reply) -> Row:
    """Return what was not as promised."""
    return {name: float(reply["faults"][name]) for name in ("lost", "doubled", "reordered")}


async def talk(site: Site, clients: Clients, talkers: int, every_ms: int, seconds: float) -> Row:
    """Let some of each meeting talk; return what was delivered, how soon, and for how much CPU."""
    started, used, load = time.monotonic(), site.signaling.cpu_s(), cpu_s(clients.pid)
    said = await clients.talk(talkers, every_ms, seconds)
    taken = time.monotonic() - started
    used, load = site.signaling.cpu_s() - used, cpu_s(clients.pid) - load
    return {
        "talkers": talkers,
        "every_ms": every_ms,
        "events_a_second": round(said["said"] / seconds),
        "deliveries": said["deliveries"],
        "deliveries_per_s_core": round(said["deliveries"] / used),
        "server_cpu": round(used / taken, 2),
        "clients_cpu": round(load / taken, 2),
        "p50_ms": round(said["delay"]["p50_ms"], 1),
        "p99_ms": round(said["delay"]["p99_ms"], 1),
        "refused": said["refused"],
        **faults(said),
    }


async def enter(site: Site, clients: Clients, meetings: int, each: int) -> Reply:
    """Fill new meetings."""
    found = await site.create_meetings(meetings)
    opened = await clients.open(site.api.address, site.signaling.address, found, each)
    await asyncio.sleep(SETTLE_S)
    return opened


async def measure_rooms(site: Site, clients: Clients, meetings: int, each: int) -> list[Row]:
    """Have ever more talked, until the server's core is full; report the steps."""
    await enter(site, clients, meetings, each)
    rows: list[Row] = []
    for heard in LOADS:
        talkers = min(heard * EVERY_MS // 1_000, each)
        row = await talk(site, clients, talkers, EVERY_MS, TALK_S)
        rows.append({"meetings": meetings, "each": each, **row})
        if row["server_cpu"] > FULL or talkers == each:
            break
    return rows


async def measure_pace(site: Site, clients: Clients, talk_s: float = TALK_S) -> Row:
    """Measure the delay at a load that is usual: 10 events a second in each of 100 meetings of ten."""
    return await talk(site, clients, 1, EVERY_MS, talk_s)


async def measure_idle(site: Site, clients: Clients, sockets: int) -> Row:
    """Open many sockets, let them be, then have each hear one event a second."""
    await asyncio.sleep(SETTLE_S)
    before, used = site.signaling.resident_bytes(), site.signaling.cpu_s()
    opened = await enter(site, clients, IDLE_MEETINGS, sockets // IDLE_MEETINGS)
    attached_s = site.signaling.cpu_s() - used
    grown = site.signaling.resident_bytes() - before
    used = site.signaling.cpu_s()
    await asyncio.sleep(LOOK_S)
    idle_cpu = (site.signaling.cpu_s() - used) / LOOK_S
    heard = await talk(site, clients, 1, 1_000, TALK_S)
    return {
        "sockets": opened["clients"],
        "bytes_per_socket": round(grown / sockets),
        "attach_cpu_ms": round(attached_s / sockets * 1_000, 2),
        "attach_p99_ms": round(opened["attach"]["p99_ms"]),
        "cpu_without_events": round(idle_cpu, 3),
        "cpu_with_events": heard["server_cpu"],
        "p99_ms": heard["p99_ms"],
        **{name: heard[name] for name in ("lost", "doubled", "reordered")},
    }


async def measure_storm(site: Site, clients: Clients) -> Row:
    """Kill signaling while it serves everybody, start it again, and wait for the last client."""
    talking = asyncio.create_task(clients.talk(1, 1_000, TALK_S))
    await asyncio.sleep(TALK_S / 4)
    returned, killed = clients.await_return(), time.monotonic()
    await site.signaling.end(signal.SIGKILL)
    await site.signaling.start()
    await site.signaling.wait_ready()
    ready_s = time.monotonic() - killed
    async with asyncio.timeout(RETURN_TIMEOUT_S):
        back = await returned
    used = site.signaling.cpu_s()
    said = await talking
    return {
        "clients": back["back"]["count"],
        "server_ready_s": round(ready_s, 2),
        "p50_back_s": round(back["back"]["p50_ms"] / 1_000, 2),
        "p99_back_s": round(back["back"]["p99_ms"] / 1_000, 2),
        "all_back_s": round(back["back"]["max_ms"] / 1_000, 2),
        "cpu_s": round(used, 1),
        "resumed": back["resumed"],
        "reset": back["reset"],
        "anew": back["anew"],
        **faults(said),
    }
