"""R1, R3, R4, R20: what happens to sockets, and to the process that holds them."""

import asyncio
import json
import math
import random
import socket
import time
from contextlib import suppress

import websockets
from benchmarks.reliability.ground import Found, Ground, faults, has_none, seconds
from benchmarks.reliability.people import Person, enter
from benchmarks.reliability.proxy import open_proxy
from meeting_client import ClientCore
from websockets.asyncio.client import connect

EVERY_MS = 50
RESET_EVERY_S = 0.02
OPEN_SHARE = 0.45
DEAD_S = 15.0
SLOW_BYTES = 1024 * 1024
ENDED = (4008, 1006)
"""As who is too slow, or by a reset: the server waits some seconds for the answer to its close frame, and who
reads nothing for longer finds the connection gone."""


async def reset_connections(ground: Ground, *, resets: int = 200, talk_s: float = 80) -> Found:
    """R1: every client's connection is reset so many times while each meeting talks 20 times a second.

    A connection is reset at any moment of its life with the same probability, also while its client gets its
    session, and lives for `OPEN_SHARE` of the time that there is for each: the rest is for coming back.
    """
    talking = asyncio.create_task(ground.clients.talk(1, EVERY_MS, talk_s))
    clients = len(ground.meetings) * ground.each
    total, draw = clients * resets, random.Random(1)
    life_s = OPEN_SHARE * talk_s / resets
    done, looked_at = 0, time.monotonic()
    while done < total and not talking.done():
        await asyncio.sleep(RESET_EVERY_S)
        now = time.monotonic()
        share, looked_at = 1 - math.exp((looked_at - now) / life_s), now
        paths = [path for path in sorted(ground.proxy.paths, key=id) if draw.random() < share]
        for path in paths[: total - done]:
            path.reset()
        done += min(len(paths), total - done)
    said = await talking
    figures = {
        "clients": clients,
        "resets": done,
        "life_s": round(life_s, 2),
        "events": said["said"],
        "deliveries": said["deliveries"],
        **faults(said),
        "resume_p99_s": seconds(said["back"]),
    }
    met = has_none(figures) and done == total and figures["resume_p99_s"] <= 1
    return Found(figures, met, "a connection lives for life_s on average, tries included")


async def half_open(ground: Ground) -> Found:
    """R3: nothing gets through to one of the guests nor from it, and nobody is told."""
    address, meeting = ground.site.signaling.address, ground.meetings[0]
    async with open_proxy(address) as path:
        watcher = await enter(ground, meeting, "Watcher", address)
        lost = await enter(ground, meeting, "Lost", path.address)
        async with watcher.running(), lost.running():
            pid = lost.client.core.pid
            await watcher.wait_until(lambda: watcher.others().get(pid) == "connected")
            silenced = time.monotonic()
            path.silence()
            server_s, client_s = await asyncio.gather(
                watcher.seconds_until(lambda: watcher.others().get(pid) == "reconnecting", silenced),
                seconds_until_closed(lost, silenced),
            )
            path.heal()
            back_s = await watcher.seconds_until(lambda: watcher.others().get(pid) == "connected", silenced)
    figures = {
        "server_noticed_s": round(server_s, 1),
        "client_noticed_s": round(client_s, 1),
        "back_s": round(back_s, 1),
    }
    return Found(figures, server_s <= DEAD_S and client_s <= DEAD_S)


async def seconds_until_closed(person: Person, since: float) -> float:
    """Return how long after `since` (monotonic) a client has given its socket up."""
    while not person.client.closed:  # noqa: ASYNC110  # it tells nobody
        await asyncio.sleep(0.05)
    return time.monotonic() - since


async def kill_signaling(ground: Ground, *, talk_s: float = 20) -> Found:
    """R4: kill -9 of the process with everybody's sockets, while all meetings talk."""
    talking = asyncio.create_task(ground.clients.talk(1, 500, talk_s, durable=True))
    await asyncio.sleep(talk_s / 4)
    returned = ground.clients.await_return()
    await ground.restart_signaling()
    back, said = await returned, await talking
    figures = {
        "clients": back["back"]["count"],
        "messages": said["said"],
        **faults(said),
        "back_p99_s": seconds(back["back"]),
        "resumed": back["resumed"],
    }
    return Found(figures, has_none(figures) and figures["back_p99_s"] <= 5)


async def stop_reading(
    ground: Ground, *, slow_s: float = 60, usual_s: float = 10, every_ms: int = EVERY_MS * 2
) -> Found:
    """R20: one of a meeting stops reading, with a small receive buffer, while the others talk."""
    each = ground.each
    usual = await ground.clients.talk(each, every_ms, usual_s)
    slow = await enter(ground, ground.meetings[-1], "Slow", ground.site.signaling.address)
    await asyncio.sleep(1)
    before = ground.site.signaling.resident_bytes()
    talking = asyncio.create_task(ground.clients.talk(each, every_ms, slow_s))
    code, heard = await read_nothing(ground, slow, slow_s)
    said = await talking
    grown = ground.site.signaling.resident_bytes() - before
    async with slow.running():
        await slow.wait_until(lambda: slow.client.core.ro > heard)
        seen = len(slow.others())
    longer = said["delay"]["p99_ms"] / max(usual["delay"]["p99_ms"], 1.0) - 1
    figures = {
        "messages": said["said"],
        "closed_with": code,
        "others_seen_after": seen,
        "memory_grown_bytes": max(0, grown),
        "others_p99_ms_before": round(usual["delay"]["p99_ms"], 1),
        "others_p99_ms": round(said["delay"]["p99_ms"], 1),
        **faults(said),
    }
    is_small, is_quick = grown <= SLOW_BYTES, longer <= 0.1 or said["delay"]["p99_ms"] <= 50
    met = has_none(figures) and seen == each and code in ENDED and is_small and is_quick
    return Found(figures, met, "memory is the whole process's growth, with its logs' and allocator's")


async def read_nothing(ground: Ground, slow: Person, slow_s: float) -> tuple[int, int]:
    """Attach, read nothing for a while, then everything; return the close code and the last offset seen."""
    core: ClientCore = slow.client.core
    raw = socket.create_connection(("127.0.0.1", ground.site.signaling.port))
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    url = f"ws://{ground.site.signaling.address}/ws/signaling"
    ticket = await slow.ticket()
    async with connect(
        url, sock=raw, max_size=None, max_queue=1, ping_interval=None, compression=None
    ) as wire:
        core.opened()
        await wire.send(json.dumps(core.opening(ticket)))
        while core.receive(json.loads(await wire.recv())) != "attached":
            pass
        await wire.send(json.dumps(core.position()))
        until = time.monotonic() + slow_s
        while time.monotonic() < until:  # it reads nothing, but it lives
            with suppress(websockets.ConnectionClosed):
                await wire.send('{"f":"ping","n":1,"t":0}')
            await asyncio.sleep(min(5, slow_s / 2))
        with suppress(websockets.ConnectionClosed):
            while True:
                core.receive(json.loads(await wire.recv()))
        return wire.close_code or 0, core.ro
