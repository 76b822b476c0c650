"""The emulator does what it is told: in virtual time, and to datagrams that pass through the kernel."""

import asyncio
import itertools
import os
import statistics
import struct
import time
from collections.abc import AsyncIterator
from random import Random

import pytest
from tests.network.emulator import Link, open_link
from tests.network.impairment import Direction, Impairment, corrupted, is_rtcp
from tests.network.namespaces import NAMESPACES, find_missing, open_udp

pytestmark = pytest.mark.alone

IP_HEADER = bytes([0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17]) + bytes(10)
STRAY_S = 0.05  # what a busy machine adds to a delay


def packet(payload: bytes = bytes(100)) -> bytes:
    return IP_HEADER + struct.pack("!HHHH", 1, 2, 8 + len(payload), 0xABCD) + payload


def pass_through(impairment: Impairment, count: int, *, apart_s: float = 0.01) -> list[tuple[float, int]]:
    """Send numbered packets; return when which arrived."""
    direction = Direction(seed=7)
    direction.set(impairment, 0.0)
    for number in range(count):
        direction.accept(packet(number.to_bytes(4, "big") * 25), number * apart_s)
    arrivals = []
    while (at := direction.next_at) is not None:
        arrivals += [(at, int.from_bytes(one[28:32], "big")) for one in direction.due(at)]
    return arrivals


def test_nothing_is_done_unless_told() -> None:
    arrivals = pass_through(Impairment(), 100)
    assert arrivals == [(number * 0.01, number) for number in range(100)]


@pytest.mark.parametrize(("loss", "burst"), [(0.1, 1), (0.1, 4), (0.3, 4), (0.05, 8)])
def test_losses_have_the_share_and_the_length_they_should(loss: float, burst: float) -> None:
    count = 60_000
    arrived = {number for _, number in pass_through(Impairment(loss=loss, burst=burst), count)}
    fate = [number in arrived for number in range(count)]
    bursts = [len(list(group)) for kept, group in itertools.groupby(fate) if not kept]
    assert 1 - len(arrived) / count == pytest.approx(loss, rel=0.08)
    assert statistics.mean(bursts) == pytest.approx(burst, rel=0.12)


def test_delays_spread_around_their_mean_and_reorder() -> None:
    arrivals = pass_through(Impairment(delay_s=0.3, jitter_s=0.05), 5000)
    delays = [at - number * 0.01 for at, number in arrivals]
    assert statistics.mean(delays) == pytest.approx(0.3, abs=0.005)
    assert statistics.stdev(delays) == pytest.approx(0.05, rel=0.1)
    assert [number for _, number in arrivals] != sorted(number for _, number in arrivals)


def test_a_bottleneck_spaces_packets_and_drops_what_its_queue_cannot_hold() -> None:
    size = len(packet()) * 8
    rate_bps = 50 * size  # half of what is sent
    arrivals = pass_through(Impairment(rate_bps=rate_bps, queue_s=0.2), 1000)
    gaps = [later - earlier for (earlier, _), (later, _) in itertools.pairwise(arrivals)]
    assert statistics.mean(gaps) == pytest.approx(1 / 50, rel=0.02)
    assert len(arrivals) == pytest.approx(1000 / 2 + 0.2 * 50, abs=5)
    assert max(at - number * 0.01 for at, number in arrivals) <= 0.2 + 2 / 50


def test_duplicates_come_twice() -> None:
    arrivals = pass_through(Impairment(duplicate=0.2), 10_000)
    assert len(arrivals) / 10_000 == pytest.approx(1.2, rel=0.02)
    assert {number for _, number in arrivals} == set(range(10_000))


def test_corruption_changes_one_bit_of_the_payload_and_takes_the_checksum_away() -> None:
    random = Random(3)
    whole = packet(bytes(range(100)))
    for _ in range(200):
        changed = corrupted(whole, random)
        assert changed[26:28] == b"\0\0"
        assert changed[:26] == whole[:26]
        assert sum((a ^ b).bit_count() for a, b in zip(changed[28:], whole[28:], strict=True)) == 1


def test_short_and_strange_packets_are_corrupted_without_a_fault() -> None:
    random = Random(4)
    for whole in (b"\x45", IP_HEADER, packet(b""), packet(b"x"), b"\xff" * 30):
        assert len(corrupted(whole, random)) == len(whole)


def test_rtcp_is_told_from_rtp() -> None:
    assert is_rtcp(packet(bytes([0x81, 205]) + bytes(20)))
    assert not is_rtcp(packet(bytes([0x90, 96 | 0x80]) + bytes(20)))
    assert not is_rtcp(b"\x45")


def test_the_same_seed_gives_the_same_fate() -> None:
    bad = Impairment(delay_s=0.1, jitter_s=0.02, loss=0.2, burst=3, duplicate=0.1, corrupt=0.1)
    assert pass_through(bad, 1000) == pass_through(bad, 1000)


@pytest.mark.parametrize(
    "wrong", [{"loss": 1.0}, {"loss": -0.1}, {"burst": 0.5}, {"rate_bps": 0}, {"corrupt": 2}]
)
def test_what_no_network_does_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Impairment(**wrong)


@pytest.fixture
async def link() -> AsyncIterator[Link]:
    if (missing := find_missing()) is not None:
        pytest.skip(missing)
    async with open_link(seed=5) as opened:
        yield opened


async def send_through(link: Link, count: int, *, apart_s: float, size: int) -> list[tuple[float, int]]:
    """Send numbered datagrams from the client; return the delay of each that arrived, by number."""
    with (
        open_udp(link.namespace, link.plan.client) as client,
        open_udp(None, link.plan.server) as server,
    ):
        server.setblocking(False)
        sent_at: dict[int, float] = {}
        arrivals: list[tuple[float, int]] = []

        def receive() -> None:
            number = int.from_bytes(server.recv(2048)[:4], "big")
            arrivals.append((time.monotonic() - sent_at[number], number))

        loop = asyncio.get_running_loop()
        loop.add_reader(server, receive)
        for number in range(count):
            sent_at[number] = time.monotonic()
            client.sendto(number.to_bytes(4, "big") + bytes(size - 4), server.getsockname())
            await asyncio.sleep(apart_s)
        await asyncio.sleep(0.7)
        loop.remove_reader(server)
        return arrivals


async def test_datagrams_are_lost_through_the_kernel_as_told(link: Link) -> None:
    await link.set(up=Impairment(loss=0.3, burst=4))
    arrivals = await send_through(link, 2000, apart_s=0.0005, size=200)
    counters = (await link.counters())["up"]
    assert counters.offered >= 2000
    assert 1 - len(arrivals) / 2000 == pytest.approx(0.3, abs=0.06)
    assert counters.lost == pytest.approx(2000 - len(arrivals), abs=5)


async def test_datagrams_are_delayed_and_those_of_the_other_direction_are_not(link: Link) -> None:
    await link.set(down=Impairment(delay_s=0.4))
    fast = await send_through(link, 100, apart_s=0.002, size=200)
    assert statistics.median(delay for delay, _ in fast) < STRAY_S
    await link.set(up=Impairment(delay_s=0.3, jitter_s=0.05))
    slow = await send_through(link, 200, apart_s=0.002, size=200)
    assert statistics.median(delay for delay, _ in slow) == pytest.approx(0.3, abs=STRAY_S)
    assert [number for _, number in slow] != sorted(number for _, number in slow)


async def test_a_rate_can_fall_and_rise_while_packets_flow(link: Link) -> None:
    await link.set(up=Impairment(rate_bps=300_000, queue_s=0.2))
    slow = await send_through(link, 400, apart_s=0.0025, size=1000)  # 3.2 Mbit/s
    await link.set(up=Impairment())
    free = await send_through(link, 400, apart_s=0.0025, size=1000)
    assert len(slow) < 120
    assert max(delay for delay, _ in slow) == pytest.approx(0.2, abs=0.03 + STRAY_S)
    assert len(free) == 400
    assert (await link.counters())["up"].queue_dropped == 400 - len(slow)


async def test_corrupt_datagrams_reach_the_program(link: Link) -> None:
    await link.set(up=Impairment(corrupt=0.5))
    with open_udp(link.namespace, link.plan.client) as client, open_udp(None, link.plan.server) as server:
        server.settimeout(2)
        whole = os.urandom(500)
        for _ in range(40):
            client.sendto(whole, server.getsockname())
        got = [await asyncio.to_thread(server.recv, 2048) for _ in range(40)]
    assert 5 < sum(one != whole for one in got) < 35


async def test_a_client_that_moves_has_another_address(link: Link) -> None:
    await link.move_client()
    with pytest.raises(OSError, match="assign"):
        open_udp(link.namespace, link.plan.client)
    open_udp(link.namespace, link.plan.second_client).close()
    await link.move_client_back()
    open_udp(link.namespace, link.plan.client).close()


async def test_nothing_is_left_behind_after_a_failure() -> None:
    if (missing := find_missing()) is not None:
        pytest.skip(missing)

    async def fail() -> None:
        async with open_link() as link:
            made.append(link)
            assert (NAMESPACES / link.namespace).exists()
            raise RuntimeError("on purpose")

    made: list[Link] = []
    with pytest.raises(RuntimeError, match="on purpose"):
        await fail()
    assert not (NAMESPACES / made[0].namespace).exists()
    with pytest.raises(OSError, match="assign"):
        open_udp(None, made[0].plan.server)
