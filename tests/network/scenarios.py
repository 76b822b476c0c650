"""What is done to a running call, and what came of it: tests judge these figures, a benchmark prints them."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import httpx2
from tests.e2e.person import Person
from tests.network.call import Call
from tests.network.emulator import Way
from tests.network.impairment import CLEAN, Counters, Impairment
from tests.network.picture import HEIGHT
from tests.network.readings import Reading, first_news_s, longest_gap_s, read

LOSS_BURST = 4.0  # packets: about the length of a frame here, which is the worst for it
SETTLE_S = 4.0  # for congestion control to find the clean link's rate
LONGEST_SETTLE_S = 20.0
SLICE_S = 0.25
FITTING_S = 2.0
FITS = 1.05  # of the rate: packets come in lumps
STRAY_DROPS = 0.02
SOUND_S = 0.5  # without a packet of sound for longer is a gap

Value = TypeVar("Value")
Pair = dict[str, Value]


@dataclass(frozen=True)
class Outcome:
    """Both sides over the time of a fault: `alice` sees what Bob sent up the link, `bob` what came down."""

    bob: Reading
    alice: Reading
    bob_audio_gap_s: float
    alice_audio_gap_s: float
    bob_video_gap_s: float
    alice_video_gap_s: float
    link: dict[Way, Counters]
    engine: dict[str, float]

    @property
    def is_up(self) -> bool:
        """Whether the call went on over the connections with which it began."""
        return all(one.state == "connected" and one.connections == 0 for one in (self.alice, self.bob))


async def engine_counters(call: Call) -> dict[str, float]:
    """Return the media engine's counters, from `/metrics`."""
    async with httpx2.AsyncClient() as http:
        text = (await http.get(f"{call.server.url}/metrics")).text
    lines = [line.split() for line in text.splitlines() if line.startswith("meeting_media_")]
    return {name.removeprefix("meeting_media_").removesuffix("_total"): float(value) for name, value in lines}


def difference(later: Counters, earlier: Counters) -> Counters:
    """Return what a direction did between two moments."""
    before = earlier.to_json()
    return Counters(**{name: value - before[name] for name, value in later.to_json().items()})


class Watch:
    """Both sides, the link and the engine from its start on."""

    def __init__(
        self,
        call: Call,
        readings: tuple[Reading, Reading],
        link: dict[Way, Counters],
        engine: dict[str, float],
    ) -> None:
        self._call = call
        self._alice, self._bob = readings
        self._link = link
        self._engine = engine

    @classmethod
    async def start(cls, call: Call) -> "Watch":
        """Begin to count."""
        readings = (await read(call.alice), await read(call.bob))
        return cls(call, readings, await call.link.counters(), await engine_counters(call))

    async def finish(self) -> Outcome:
        """Return what was counted so far."""
        call = self._call
        alice, bob = await read(call.alice), await read(call.bob)
        link, engine = await call.link.counters(), await engine_counters(call)
        return Outcome(
            bob=bob.since(self._bob),
            alice=alice.since(self._alice),
            bob_audio_gap_s=await longest_gap_s(call.bob, "audio", self._bob.at_s),
            alice_audio_gap_s=await longest_gap_s(call.alice, "audio", self._alice.at_s),
            bob_video_gap_s=await longest_gap_s(call.bob, "video", self._bob.at_s),
            alice_video_gap_s=await longest_gap_s(call.alice, "video", self._alice.at_s),
            link={way: difference(link[way], self._link[way]) for way in link},
            engine={name: value - self._engine[name] for name, value in engine.items()},
        )


async def settle(call: Call) -> None:
    """Wait until both get the whole picture, which is what a fault is to find; go on without at last."""
    await asyncio.sleep(SETTLE_S)
    with suppress(TimeoutError):
        async with asyncio.timeout(LONGEST_SETTLE_S):
            for person in call.both:
                while (await read(person)).height < HEIGHT:  # noqa: ASYNC110  # another process
                    await asyncio.sleep(SLICE_S)


async def suffer(call: Call, impairment: Impairment, seconds: float) -> Outcome:
    """Impair both directions for some time, from a call that has settled on."""
    await settle(call)
    watch = await Watch.start(call)
    await call.link.set_both(impairment)
    await asyncio.sleep(seconds)
    return await watch.finish()


async def suffer_losses(call: Call, loss: float, seconds: float) -> Outcome:
    """Lose a share of all packets both ways, in bursts."""
    return await suffer(call, Impairment(loss=loss, burst=LOSS_BURST), seconds)


async def suffer_disorder(call: Call, seconds: float) -> Outcome:
    """A long way with jitter that reorders, duplicates, and bits that fall over."""
    bad = Impairment(delay_s=0.3, jitter_s=0.05, duplicate=0.02, corrupt=0.01)
    return await suffer(call, bad, seconds)


async def time_until_pictures(call: Call, *, longest_s: float) -> Pair[float]:
    """End the fault; return the seconds until each shows picture after picture again."""
    begin = {person.look.name: (await read(person)).at_s for person in call.both}
    await call.link.set_both(CLEAN)
    return {
        person.look.name: await time_until_smooth(person, begin[person.look.name], longest_s)
        for person in call.both
    }


async def time_until_smooth(person: Person, since_s: float, longest_s: float) -> float:
    """Return the seconds until a second passes without a gap of half a second, or `longest_s`."""
    while True:
        now = (await read(person)).at_s
        if now - since_s >= longest_s:
            return longest_s
        start = max(since_s, now - 1.0)
        if now - start >= 1.0 and await longest_gap_s(person, "video", start) < 0.5:
            first = await first_news_s(person, "video", since_s)
            return max(first or 0.0, start - since_s)
        await asyncio.sleep(SLICE_S)


@dataclass(frozen=True)
class Slice:
    """A quarter of a second of one direction."""

    at_s: float
    seconds: float
    moved: Counters

    @property
    def offered_bps(self) -> float:
        return self.moved.offered_bytes * 8 / self.seconds


@dataclass(frozen=True)
class Fall:
    """What a fall of the rate came to. Absorbed: from then on what is sent fits, for two seconds at least."""

    absorbed_s: Pair[float | None]
    slices: dict[Way, list[Slice]]
    after: Outcome  # from five seconds after the fall on
    whole: Outcome


async def suffer_fall(call: Call, rate_bps: float, *, seconds: float, absorb_s: float = 5.0) -> Fall:
    """Let the rate fall both ways, from a call that has settled on."""
    await settle(call)
    narrow = Impairment(rate_bps=rate_bps, queue_s=0.3, delay_s=0.02)
    whole = await Watch.start(call)
    await call.link.set_both(narrow)
    begin = time.monotonic()
    early = await take_slices(call, begin, begin + absorb_s)
    later = await Watch.start(call)
    late = await take_slices(call, begin, begin + seconds)
    slices: dict[Way, list[Slice]] = {"up": early["up"] + late["up"], "down": early["down"] + late["down"]}
    return Fall(
        absorbed_s={way: absorbed_after(found, rate_bps) for way, found in slices.items()},
        slices=slices,
        after=await later.finish(),
        whole=await whole.finish(),
    )


async def take_slices(call: Call, begin: float, until: float) -> dict[Way, list[Slice]]:
    """Count what crosses the link, slice by slice."""
    slices: dict[Way, list[Slice]] = {"up": [], "down": []}
    before, last = await call.link.counters(), time.monotonic()
    while last < until:
        await asyncio.sleep(SLICE_S)
        counters, now = await call.link.counters(), time.monotonic()
        for way, found in slices.items():
            found.append(Slice(last - begin, now - last, difference(counters[way], before[way])))
        before, last = counters, now
    return slices


def absorbed_after(slices: list[Slice], rate_bps: float) -> float | None:
    """Return when what is sent began to fit, for `FITTING_S` on end; None if it never did."""
    return next(
        (each.at_s for i, each in enumerate(slices) if fits(slices[i:], rate_bps)),
        None,
    )


def fits(slices: list[Slice], rate_bps: float) -> bool:
    """Tell whether the first `FITTING_S` of these slices fit the rate and were not dropped."""
    taken = [each for each in slices if each.at_s < slices[0].at_s + FITTING_S]
    seconds = sum(each.seconds for each in taken)
    if seconds < FITTING_S:
        return False
    offered = sum(each.moved.offered for each in taken)
    dropped = sum(each.moved.queue_dropped for each in taken)
    bits = sum(each.moved.offered_bytes for each in taken) * 8
    return bits / seconds <= rate_bps * FITS and dropped <= offered * STRAY_DROPS


@dataclass(frozen=True)
class Move:
    """What another address came to. Gaps: the longest time without sound, None if it did not come back."""

    bob_audio_gap_s: float | None
    alice_audio_gap_s: float | None
    replaced: bool  # the connection was built anew
    phase: str


async def suffer_move(call: Call, *, longest_s: float, overlap_s: float = 0.0) -> Move:
    """Give Bob's machine another address and take the first, as between two networks.

    With an overlap it has both for a while, as a phone that is still at the edge of its Wi-Fi.
    """
    await settle(call)
    alice, bob = await read(call.alice), await read(call.bob)
    await call.link.move_client(overlap_s=overlap_s)
    returned = await wait_for_sound(call, longest_s)
    gaps = [
        await longest_gap_s(person, "audio", since.at_s) if returned else None
        for person, since in ((call.alice, alice), (call.bob, bob))
    ]
    present = await read(call.bob)
    phase = str(await call.bob.view("view.phase"))
    return Move(gaps[1], gaps[0], present.connections != bob.connections, phase)


async def wait_for_sound(call: Call, longest_s: float) -> bool:
    """Wait until sound flows to both over the new address; False when it did not in time."""
    end = time.monotonic() + longest_s
    while time.monotonic() < end:
        await asyncio.sleep(1.0)
        if (await read(call.bob)).local_address != call.link.plan.second_client:
            continue
        for person in call.both:
            now_s = (await read(person)).at_s
            if await longest_gap_s(person, "audio", now_s - 1.0) > SOUND_S:
                break
        else:
            return True
    return False


def worst(outcome: Outcome, of: Callable[[Reading], float]) -> float:
    """Return the larger of both sides' figures."""
    return max(of(outcome.alice), of(outcome.bob))
