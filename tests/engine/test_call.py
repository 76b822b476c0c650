"""Calls over real sockets: aiortc clients through the engine, with and without a storm of junk."""

import asyncio
import random
import socket
import time

import meeting_sfu

JUNK_DATAGRAMS = 1_000_000


def storm(address: tuple[str, int], count: int) -> float:
    """Send random datagrams as fast as one thread can; returns the seconds that took."""
    chooser = random.Random(1)
    junk = [chooser.randbytes(chooser.randrange(1, 120)) for _ in range(2_000)]
    # Half of it gets past the first byte: STUN, DTLS, RTP.
    junk += [bytes([chooser.choice((0, 1, 22, 128, 144))]) + datagram for datagram in junk]
    start = time.perf_counter()
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(8)]
    for sender in sockets:
        sender.connect(address)
    sent = 0
    while sent < count:
        send = sockets[sent // len(junk) % len(sockets)].send
        for datagram in junk:
            send(datagram)
        sent += len(junk)
    for sender in sockets:
        sender.close()
    return time.perf_counter() - start


async def test_two_callers_hear_and_see_each_other(recorder, callers):
    await recorder.wait_for(
        meeting_sfu.SlotsChanged,
        lambda e: e.peer == "anna" and {s.peer for s in e.slots if s.kind == "video"} == {"bert", None},
    )
    await recorder.wait_for(meeting_sfu.TrackStarted, lambda e: e.source == "camera")
    sinks = [await caller.drink() for caller in callers]
    before = [await caller.packets_received() for caller in callers]
    await asyncio.sleep(2)
    for caller, count in zip(callers, before, strict=True):
        assert await caller.packets_received() - count > 80
    for sink in sinks:
        await sink.stop()


async def test_a_peer_that_is_closed_ends(recorder, callers):
    recorder.engine.close_peer(room="room", peer="anna")
    ended = await recorder.wait_for(meeting_sfu.PeerEnded)
    assert (ended.peer, ended.generation, ended.reason) == ("anna", 1, "closed")
    assert recorder.engine.statistics().peers == 1


async def test_a_million_random_datagrams_leave_a_call_alone(recorder, callers):
    await recorder.wait_for(meeting_sfu.TrackStarted, lambda e: e.source == "microphone")
    address = (recorder.engine.addresses[0], recorder.engine.port)
    took = await asyncio.to_thread(storm, address, JUNK_DATAGRAMS)
    assert took < 20
    before = await callers[0].packets_received()
    await asyncio.sleep(2)
    assert await callers[0].packets_received() - before > 60
    assert not [event for event in recorder.events if isinstance(event, meeting_sfu.PeerEnded)]
    assert recorder.engine.statistics().datagrams_rejected > 10_000
