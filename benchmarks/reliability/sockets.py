"""R1, R3, R4, R20: what happens to sockets, and to the process that holds them."""

import asyncio
import json
import random
import socket
import time
from contextlib import suppress
from pathlib import Path

import websockets
from benchmarks.reliability.ground import Found, Ground, faults, has_none, open_ground, seconds
from benchmarks.reliability.people import Person, enter
from meeting_client import ClientCore
from websockets.asyncio.client import connect

EVERY_MS = 50
DEAD_S = 15.0
REPORT_S = 1.0
SLOW_BYTES = 1024 * 1024
ENDED = (4008, 1006)
"""As who is too slow, or by a reset: the server waits some seconds for the answer to its close frame, and who
reads nothing for longer finds the connection gone."""


async def reset_connections(ground: Ground, *, resets: int = 200, talk_s: float = 60) -> Found:
    """R1: every client's connection is reset so many times while each meeting talks 20 times a second."""
    talking = asyncio.create_task(ground.clients.talk(1, EVERY_MS, talk_s))
    clients = len(ground.meetings) * ground.each
    total, draw = clients * resets, random.Random(1)
    begun = time.monotonic()
    done = 0
    while done < total and not talking.done():
        due = int(total * (time.monotonic() - begun) / (talk_s * 0.9)) - done
        paths = draw.sample(sorted(ground.proxy.paths, key=id), min(max(due, 0), len(ground.proxy.paths)))
        for path in paths:
            path.reset()
        done += len(paths)
        await asyncio.sleep(0.05)
    said = await talking
    figures = {
        "clients": clients,
        "resets": done,
        "events": said["said"],
        "deliveries": said["deliveries"],
        **faults(said),
        "resume_p99_s": seconds(said["back"]),
    }
    return Found(figures, has_none(figures) and figures["resume_p99_s"] <= 1)


async def half_open(folder: Path) -> Found:
    """R3: nothing gets through in either direction, and nobody is told."""
    async with open_ground(folder, meetings=1, each=1) as ground:
        watcher = await enter(ground, ground.meetings[0], "Watcher", ground.site.signaling.address)
        async with watcher.running():
            await watcher.wait_until(lambda: len(watcher.others()) == 1)
            silenced = time.monotonic()
            ground.proxy.silence()
            server_s = await watcher.seconds_until(
                lambda: "reconnecting" in watcher.others().values(), silenced
            )
            while not ground.clients.totals.get("closed"):  # noqa: ASYNC110  # another process
                await asyncio.sleep(0.05)
            client_s = time.monotonic() - silenced
            ground.proxy.heal()
            back_s = await watcher.seconds_until(
                lambda: "reconnecting" not in watcher.others().values(), silenced
            )
    figures = {
        "server_noticed_s": round(server_s, 1),
        "client_noticed_s": round(client_s, 1),
        "back_s": round(back_s, 1),
    }
    met = server_s <= DEAD_S and client_s <= DEAD_S + REPORT_S
    return Found(figures, met, "the client tells it up to a second later")


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


async def stop_reading(folder: Path, *, each: int = 20, slow_s: float = 60) -> Found:
    """R20: one of a meeting stops reading, with a small receive buffer, while the others talk."""
    async with open_ground(folder, meetings=1, each=each) as ground:
        usual = await ground.clients.talk(each, EVERY_MS * 2, 10)
        slow = await enter(ground, ground.meetings[0], "Slow", ground.site.signaling.address)
        await asyncio.sleep(1)
        before = ground.site.signaling.resident_bytes()
        talking = asyncio.create_task(ground.clients.talk(each, EVERY_MS * 2, slow_s))
        code, heard = await read_nothing(ground, slow, slow_s)
        said = await talking
        grown = ground.site.signaling.resident_bytes() - before
        async with slow.running():
            await slow.wait_until(lambda: slow.client.core.ro > heard)
            is_whole = len(slow.others()) == each
    longer = said["delay"]["p99_ms"] / max(usual["delay"]["p99_ms"], 1.0) - 1
    figures = {
        "closed_with": code,
        "memory_grown_bytes": max(0, grown),
        "others_p99_ms_before": round(usual["delay"]["p99_ms"], 1),
        "others_p99_ms": round(said["delay"]["p99_ms"], 1),
        **faults(said),
    }
    is_small, is_quick = grown <= SLOW_BYTES, longer <= 0.1 or said["delay"]["p99_ms"] <= 50
    met = has_none(figures) and is_whole and code in ENDED and is_small and is_quick
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
        for _ in range(int(slow_s / 5)):  # it reads nothing, but it lives
            with suppress(websockets.ConnectionClosed):
                await wire.send('{"f":"ping","n":1,"t":0}')
            await asyncio.sleep(5)
        with suppress(websockets.ConnectionClosed):
            while True:
                core.receive(json.loads(await wire.recv()))
        return wire.close_code or 0, core.ro
