"""One room in two engines: a relay over real sockets between them, aiortc clients on both sides."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import meeting_sfu
import pytest
from aiortc import MediaStreamTrack
from aiortc.mediastreams import VideoStreamTrack
from av import VideoFrame
from tests.engine.conftest import Caller, Recorder, recording

RELAY = 77
ROOM = "room"


class Lamp(VideoStreamTrack):
    """A picture that becomes brighter with every frame, and dark again."""

    async def recv(self) -> VideoFrame:
        frame = await super().recv()
        bright = VideoFrame(width=320, height=240)
        for plane in bright.planes:
            plane.update(bytes([frame.pts // 3_000 * 5 % 200]) * plane.buffer_size)
        bright.pts, bright.time_base = frame.pts, frame.time_base
        return bright


def open_relay(end: Recorder, other: Recorder, *, key: bytes, first: bool) -> None:
    """Open one end of the relay."""
    remote = (other.engine.addresses[0], other.engine.port)
    end.engine.open_relay(
        room=ROOM, relay=RELAY, remote=remote, key=key, first=first, is_told_elsewhere=not first
    )


def link(one: Recorder, other: Recorder) -> None:
    """Open both ends with a fresh key."""
    key = os.urandom(32)
    open_relay(one, other, key=key, first=True)
    open_relay(other, one, key=key, first=False)


async def see(caller: Caller, lights: int = 3) -> None:
    """Wait until the first video slot has shown so many different pictures."""
    track = next(track for track in caller.tracks if track.kind == "video")
    seen: set[int] = set()
    async with asyncio.timeout(20):
        while len(seen) < lights:
            seen.add(await brightness(track))


async def brightness(track: MediaStreamTrack) -> int:
    """The brightness of the next frame, coarsely."""
    frame = await track.recv()
    assert isinstance(frame, VideoFrame)
    plane = bytes(frame.planes[0])
    return sum(plane) // len(plane) // 20


@pytest.fixture
async def ends() -> AsyncIterator[tuple[Recorder, Recorder]]:
    """Two engines."""
    async with recording() as one, recording() as other:
        yield one, other


@pytest.fixture
async def people() -> AsyncIterator[tuple[Caller, Caller]]:
    """Two who have not joined yet; the first has a lamp to show."""
    people = Caller("anna", Lamp()), Caller("bert")
    yield people
    for person in people:
        await person.connection.close()


async def join(ends: tuple[Recorder, Recorder], people: tuple[Caller, Caller]) -> None:
    """Each joins at an engine of their own, and bert looks at anna."""
    for request, (end, person) in enumerate(zip(ends, people, strict=True)):
        await person.join(end, ROOM, request=request)
    people[1].look_at(ends[1], ROOM, "anna")


async def test_who_publishes_at_one_engine_is_seen_and_heard_at_the_other(ends, people):
    link(*ends)
    for end in ends:
        assert await end.wait_for(meeting_sfu.RelayUp)
    await join(ends, people)
    await see(people[1])
    slots = await ends[1].wait_for(
        meeting_sfu.SlotsChanged, lambda e: [s.peer for s in e.slots].count("anna") == 2
    )
    assert {slot.source for slot in slots.slots if slot.peer == "anna"} == {"microphone", "camera"}
    assert not [event for end in ends for event in end.events if isinstance(event, meeting_sfu.RelayLost)]


async def test_what_is_said_in_a_data_channel_is_heard_at_the_other_engine(ends, people):
    link(*ends)
    for person in people:
        person.label = "pointer"
    await join(ends, people)
    said = ["here", b"\x07" * 16_384, "there"]
    async with asyncio.timeout(15):
        for person in people:
            await person.can_say.wait()
        for text in said:
            people[0].channel.send(text)
        assert [await people[1].heard.get() for _ in said] == said
    assert people[0].heard.empty()
    assert ends[1].engine.statistics().messages_passed == len(said)


async def test_engines_that_split_the_room_over_their_workers_are_relayed(people):
    async with recording(room_split=1) as here, recording(room_split=1) as there:
        link(here, there)
        homes = Caller("carl"), Caller("dora")
        for request, (end, person) in enumerate(
            zip((here, there, here, there), (*homes, *people), strict=True)
        ):
            await person.join(end, ROOM, request=request)
        people[1].look_at(there, ROOM, "anna")
        await see(people[1])
        assert [end.engine.statistics().rooms for end in (here, there)] == [2, 2], "both workers have it"
        for person in homes:
            await person.connection.close()


async def test_relays_are_counted(ends, people):
    link(*ends)
    await join(ends, people)
    await see(people[1])
    for end in ends:
        counted = end.engine.statistics()
        assert (counted.relays, counted.relays_up, counted.failures) == (1, 1, 0)
        assert min(counted.relay_datagrams_in, counted.relay_datagrams_out) > 10
        assert min(counted.relay_bytes_in, counted.relay_bytes_out) > 1_000
    ends[0].engine.close_relay(room=ROOM, relay=RELAY)
    await asyncio.sleep(0.5)
    assert (ends[0].engine.statistics().relays, ends[0].engine.statistics().relays_up) == (0, 0)


async def test_a_relay_may_be_opened_after_everybody_has_joined(ends, people):
    await join(ends, people)
    link(*ends)
    await see(people[1])


async def test_a_closed_relay_carries_nothing_and_the_other_end_notices(ends, people):
    link(*ends)
    await join(ends, people)
    await see(people[1])
    ends[1].events.clear()
    ends[1].engine.close_relay(room=ROOM, relay=RELAY)
    await ends[1].wait_for(meeting_sfu.SlotsChanged, lambda e: not any(slot.peer for slot in e.slots))
    before = await people[1].packets_received()
    lost = await ends[0].wait_for(meeting_sfu.RelayLost)
    assert (lost.room, lost.relay) == (ROOM, RELAY)
    assert await people[1].packets_received() - before < 5, "in five seconds no more than was on its way"
    assert not [event for event in ends[1].events if isinstance(event, meeting_sfu.RelayLost)]


async def test_ends_with_different_keys_hear_nothing_of_each_other(ends, people):
    for end, other, first in ((*ends, True), (*ends[::-1], False)):
        open_relay(end, other, key=os.urandom(32), first=first)
    await join(ends, people)
    for end in ends:
        await end.wait_for(meeting_sfu.RelayLost)
        assert end.engine.statistics().packets_forged > 0
        assert not [event for event in end.events if isinstance(event, meeting_sfu.RelayUp)]
    assert await people[1].packets_received() == 0


async def test_an_engine_that_ended_is_lost_and_its_successor_is_linked_with_a_fresh_key(people):
    async with AsyncExitStack() as former, recording() as here:
        there = await former.enter_async_context(recording())
        link(here, there)
        await here.wait_for(meeting_sfu.RelayUp)
        await people[0].join(here, ROOM, request=1)
        await former.aclose()
        await here.wait_for(meeting_sfu.RelayLost)
        here.events.clear()
        async with recording() as successor:
            link(here, successor)
            for end in (here, successor):
                up = await end.wait_for(meeting_sfu.RelayUp)
                assert (up.room, up.relay) == (ROOM, RELAY)
            await people[1].join(successor, ROOM, request=2)
            people[1].look_at(successor, ROOM, "anna")
            await see(people[1])


@pytest.fixture
def engine():
    with meeting_sfu.Engine(meeting_sfu.EngineConfig(bind="127.0.0.1")) as engine:
        yield engine


def relay_of(engine, **changes):
    """Open a relay, valid but for the changes."""
    arguments = {
        "room": ROOM,
        "relay": RELAY,
        "remote": ("127.0.0.1", 9),
        "key": bytes(32),
        "first": True,
        "is_told_elsewhere": False,
    }
    engine.open_relay(**(arguments | changes))


@pytest.mark.parametrize(
    "remote",
    [
        ("media.example.org", 10_000),
        ("127.0.0.1", 0),
        ("0.0.0.0", 10_000),
        ("224.0.0.1", 10_000),
        ("::1", 10_000),
    ],
)
def test_an_address_that_no_relay_can_lead_to_is_refused_at_once(engine, remote):
    with pytest.raises(meeting_sfu.EngineError) as caught:
        relay_of(engine, remote=remote)
    assert caught.value.code == "address_invalid"


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33)])
def test_a_key_has_32_bytes(engine, key):
    with pytest.raises(ValueError, match="32"):
        relay_of(engine, key=key)


@pytest.mark.parametrize("relay", [-1, 1 << 64])
def test_the_number_of_a_relay_has_64_bits(engine, relay):
    with pytest.raises(OverflowError):
        relay_of(engine, relay=relay)


def test_relays_of_rooms_without_a_name_and_of_closed_engines_are_refused(engine):
    with pytest.raises(meeting_sfu.EngineError) as caught:
        relay_of(engine, room="")
    assert caught.value.code == "id_invalid"
    engine.close()
    with pytest.raises(meeting_sfu.EngineError) as caught:
        relay_of(engine)
    assert caught.value.code == "closed"
