"""R13, R21, R22: two signaling processes with one room; one stops, is cut off, or has a wrong clock."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.reliability.ground import Found, Ground, faults, has_none, open_ground
from benchmarks.reliability.proxy import Proxy, open_proxy
from benchmarks.rooms.clients import Clients, Reply, open_clients
from benchmarks.rooms.site import Process

HOUR_S, DAY_S = 3600, 86400
AFTER_S = 20.0


@dataclass
class Pair:
    """The ground, and a second signaling process with guests of its own in the same meetings.

    `to_redis`: the second's only way to Redis.
    """

    ground: Ground
    second: Process
    clients: Clients
    to_redis: Proxy

    async def talk(self, talk_s: float) -> tuple[Reply, Reply]:
        """Let guests of the first talk, by the chat; those of the second listen."""
        talked = self.ground.clients.talk(1, 250, talk_s, durable=True)
        heard = self.clients.talk(0, 250, talk_s, listen=1)
        said, listened = await asyncio.gather(talked, heard)
        return said, listened


@asynccontextmanager
async def open_pair(folder: Path, *, meetings: int, each: int, ahead_s: float = 0) -> AsyncIterator[Pair]:
    """Run it all; `ahead_s`: how far the second's clock is ahead."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        ground = await enter(open_ground(folder, meetings=meetings, each=each))
        url = ground.redis.url
        credentials, address = url.removeprefix("redis://").split("@")
        to_redis = await enter(open_proxy(address.partition("/")[0]))
        environment = {
            **ground.site.signaling.environment,
            "MEETING_REDIS_URL": f"redis://{credentials}@{to_redis.address}/0",
        }
        second = Process(("signaling",), folder / "second", environment, program=program(ahead_s))
        await second.start()
        stack.push_async_callback(second.end, signal.SIGTERM)
        await second.wait_ready()
        clients = await enter(open_clients())
        first = meetings * each
        await clients.open(ground.site.api.address, second.address, ground.meetings, each, first=first)
        yield Pair(ground, second, clients, to_redis)


def program(ahead_s: float) -> tuple[str, ...]:
    """Return how to run the system with a clock that is ahead."""
    if ahead_s == 0:
        return (sys.executable, "-m", "meeting_system.cli")
    return (sys.executable, "-m", "benchmarks.reliability.wrong_clock", str(ahead_s))


async def stop_processes(
    folder: Path,
    *,
    meetings: int = 5,
    each: int = 5,
    pauses_s: tuple[float, ...] = (5, 20),
) -> Found:
    """R22: SIGSTOP and SIGCONT of each process: whoever took its place meanwhile must keep it."""
    async with open_pair(folder, meetings=meetings, each=each) as pair:
        return await stop_processes_of(pair, pauses_s=pauses_s)


async def stop_processes_of(pair: Pair, *, pauses_s: tuple[float, ...], after_s: float = AFTER_S) -> Found:
    """Stop each of a pair's processes for each of the pauses."""
    figures: dict[str, float] = {}
    replies: list[Reply] = []
    for name, process in {"signaling": pair.second, "others": pair.ground.site.api}.items():
        for pause_s in pauses_s:
            talking = asyncio.create_task(pair.talk(pause_s + after_s))
            await asyncio.sleep(2)
            process.send(signal.SIGSTOP)
            await asyncio.sleep(pause_s)
            process.send(signal.SIGCONT)
            said = await talking
            replies += said
            figures[f"messages_{name}_{pause_s:g}s"] = said[0]["said"]
    figures |= faults(*replies)
    return Found(figures, has_none(figures))


async def cut_one_way(folder: Path, *, meetings: int = 5, each: int = 5, cut_s: float = 20) -> Found:
    """R13: one process hears nothing of Redis, though it is heard; then the other way round."""
    replies: list[Reply] = []
    async with open_pair(folder, meetings=meetings, each=each) as pair:
        ways: tuple[Mapping[str, bool], ...] = ({"up": False, "down": True}, {"up": True, "down": False})
        for way in ways:
            talking = asyncio.create_task(pair.talk(cut_s + AFTER_S))
            await asyncio.sleep(2)
            pair.to_redis.silence(**way)
            await asyncio.sleep(cut_s)
            pair.to_redis.heal()
            replies += await talking
    figures = {"messages": sum(reply["said"] for reply in replies), **faults(*replies)}
    return Found(figures, has_none(figures), "between a signaling process and Redis, by a proxy")


async def shift_clock(
    folder: Path, *, meetings: int = 3, each: int = 4, talk_s: float = 8, shifts_s: tuple[int, ...] = ()
) -> Found:
    """R21: one of two signaling processes has a clock that is wrong."""
    figures: list[dict[str, float]] = []
    for ahead_s in shifts_s or (HOUR_S, -HOUR_S, DAY_S, -DAY_S):
        place = folder / f"ahead{ahead_s}"
        place.mkdir()
        async with open_pair(place, meetings=meetings, each=each, ahead_s=ahead_s) as pair:
            figures.append((await kill_second(pair, talk_s=talk_s)).figures)
    summed = {name: sum(each[name] for each in figures) for name in figures[0]}
    return Found(summed, has_none(summed), "of a signaling process; it was killed and resumed besides")


async def kill_second(pair: Pair, *, talk_s: float) -> Found:
    """Kill the second process while all talk, and start it again."""
    talking = asyncio.create_task(pair.talk(talk_s))
    await asyncio.sleep(talk_s / 3)
    returned = pair.clients.await_return()
    await pair.second.end(signal.SIGKILL)
    await pair.second.start()
    await returned
    replies = await talking
    figures = {"messages": sum(reply["said"] for reply in replies), **faults(*replies)}
    return Found(figures, has_none(figures))
