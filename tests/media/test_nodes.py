"""Several media processes serve one system: placed, forwarded, linked, given up, drained. Valkey is real."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
import structlog.testing
from tests.media.neighbours import Street, open_street, wait_until

from meeting_system.adapters.embedded import Servers
from meeting_system.adapters.redis_store import RedisStore
from meeting_system.contracts.media import (
    CloseMeetingMedia,
    ClosePeer,
    FindPeer,
    MediaNodeEnded,
    MeetingRelayLost,
    OpenPeer,
    PeerMustMove,
    SetMuted,
    SpeakersChanged,
)
from meeting_system.contracts.media_node import NodeInfo, OpenPeerHere, OpenRelayHere
from meeting_system.kernel.errors import AppError
from meeting_system.kit.plug import Ports
from meeting_system.media.ledger import _CLAIM, _LOOK, Ledger


@pytest_asyncio.fixture
async def street(ports: Ports, servers: Servers, store: RedisStore) -> AsyncIterator[Street]:
    """Two nodes, each of which takes one participant of a meeting before the other helps."""
    async with open_street(ports, servers.redis_url, 2, spread_after=1) as street:
        yield street


@asynccontextmanager
async def wide_street(ports: Ports, servers: Servers, count: int) -> AsyncIterator[Street]:
    async with open_street(ports, servers.redis_url, count, spread_after=1) as street:
        yield street


async def test_a_meeting_stays_on_its_home_until_that_has_enough(
    ports: Ports, servers: Servers, store: RedisStore
) -> None:
    async with open_street(ports, servers.redis_url, 2, spread_after=3) as street:
        nodes = [await street.offer(f"p{number}") for number in range(5)]
        assert nodes[0] is nodes[1] is nodes[2]
        assert nodes[3] is nodes[4] is not nodes[0]


async def test_who_offers_again_stays_and_who_asks_after_them_is_led_there(street: Street) -> None:
    home = await street.offer("alice")
    other = await street.offer("bob")
    for generation in range(2, 8):  # taken by either process
        assert await street.offer("alice", generation) is home
        known = await street.bus.call(FindPeer(meeting_id="m", participant_id="bob"))
        assert (known.alive, known.generation) == (True, 1)
    assert home is not other
    assert not other.holds("alice")
    assert home.engine.peers["m", "alice"] == 7


async def test_many_at_once_are_placed_one_by_one(ports: Ports, servers: Servers, store: RedisStore) -> None:
    async with open_street(ports, servers.redis_url, 3, spread_after=20) as street:
        await asyncio.gather(*(street.offer(f"p{number}") for number in range(60)))
        assert [len(each.engine.peers) for each in street.neighbours] == [20, 20, 20]
        look = await Ledger(store).look("m", "p0")
        assert sorted(share.peers for share in look.shares) == [20, 20, 20]


async def test_two_nodes_of_a_meeting_are_linked_by_a_relay_with_one_key(street: Street) -> None:
    home, other = await street.offer("alice"), await street.offer("bob")
    await wait_until(lambda: len(home.relays()) == len(other.relays()) == 1)
    (here,), (there,) = home.relays(), other.relays()
    assert here["key"] == there["key"]
    assert len(here["key"]) == 32
    assert {here["first"], there["first"]} == {True, False}
    assert here["remote"] == ("127.0.0.1", other.engine.port)
    assert there["remote"] == ("127.0.0.1", home.engine.port)
    assert home.engine.relays["m"].keys() == other.engine.relays["m"].keys()


async def test_every_two_of_four_nodes_are_linked_and_no_two_relays_share_a_key(
    ports: Ports, servers: Servers, store: RedisStore
) -> None:
    async with wide_street(ports, servers, 4) as street:
        for number in range(4):
            await street.offer(f"p{number}")
        await wait_until(lambda: all(len(each.relays()) == 3 for each in street.neighbours))
        keys = {end["key"] for each in street.neighbours for end in each.relays()}
        assert len(keys) == 6


async def test_a_relay_ends_with_the_last_participant_of_a_node(street: Street) -> None:
    home, other = await street.offer("alice"), await street.offer("bob")
    await wait_until(lambda: len(home.relays()) == len(other.relays()) == 1)
    await street.bus.call(ClosePeer(meeting_id="m", participant_id="bob"))
    await wait_until(lambda: not home.relays() and not other.relays())
    assert home.holds("alice")
    assert not other.holds("bob")


@pytest.mark.parametrize("end", [0, 1])
async def test_a_relay_that_hears_nothing_is_opened_anew_with_another_key(street: Street, end: int) -> None:
    home, other = await street.offer("alice"), await street.offer("bob")
    await wait_until(lambda: len(home.relays()) == len(other.relays()) == 1)
    ((relay, known),) = other.engine.relays["m"].items()
    (home, other)[end].engine.told.put_nowait(MeetingRelayLost(meeting_id="m", relay=relay))
    await wait_until(lambda: [each["key"] for each in other.relays()] not in ([], [known["key"]]))
    await wait_until(lambda: home.engine.relays["m"].keys() == other.engine.relays["m"].keys())


async def test_nodes_whose_engines_can_not_read_each_other_are_not_relayed_and_say_so_once(
    ports: Ports, servers: Servers, store: RedisStore
) -> None:
    async with open_street(ports, servers.redis_url, 1, spread_after=1, capacity=1) as street:
        other = await street.open(relay_format=2)
        await wait_until(lambda: all(len(each.node.nodes.live) == 2 for each in street.neighbours))
        with structlog.testing.capture_logs() as logs:
            home = await street.offer("alice")
            assert await street.offer("bob") is other
            for _ in range(2):
                await home.node.spanning.settle("m")
                await other.node.spanning.settle("m")
        refused = [line for line in logs if line["event"] == "media_relay_refused"]
        assert sorted((line["relay_format"], line["other_format"]) for line in refused) == [(1, 2), (2, 1)]
        assert home.relays() == other.relays() == []


async def test_a_node_that_does_not_tell_its_format_is_refused_a_relay(street: Street) -> None:
    (node, *_) = street.neighbours
    wish = OpenRelayHere(
        node_id=node.node.nodes.me,
        from_node="older",
        meeting_id="m",
        relay=1,
        host="127.0.0.1",
        port=9,
        key="00" * 32,
    )
    with pytest.raises(AppError, match="node older relays in format 0, this one in 1") as refused:
        await street.bus.call(wish, to=node.bus.address)
    assert refused.value.code == "media_relay_foreign"
    assert node.relays() == []


async def test_of_two_nodes_one_says_who_speaks(street: Street) -> None:
    home, other = await street.offer("alice"), await street.offer("bob")
    await wait_until(lambda: len(home.relays()) == len(other.relays()) == 1)
    for each, names in ((other, ["bob"]), (home, ["alice"]), (other, ["bob", "alice"])):
        each.engine.told.put_nowait(SpeakersChanged(meeting_id="m", participant_ids=names))
    await wait_until(lambda: bool(street.of(SpeakersChanged)))
    await street.bus.settle()
    assert [event.participant_ids for event in street.of(SpeakersChanged)] == [["alice"]]


async def test_the_next_node_says_who_speaks_when_the_first_has_left(street: Street) -> None:
    home, other = await street.offer("alice"), await street.offer("bob")
    await wait_until(lambda: len(home.relays()) == len(other.relays()) == 1)
    other.engine.told.put_nowait(SpeakersChanged(meeting_id="m", participant_ids=["bob"]))
    await street.bus.call(ClosePeer(meeting_id="m", participant_id="alice"))
    await wait_until(lambda: bool(street.of(SpeakersChanged)))
    assert street.of(SpeakersChanged)[0].participant_ids == ["bob"]
    assert not home.relays()


async def test_a_mute_reaches_the_node_of_the_participant_and_follows_them_to_another(street: Street) -> None:
    home, other = await street.offer("alice"), await street.offer("bob")
    await street.bus.call(SetMuted(meeting_id="m", participant_id="bob", source="microphone", muted=True))
    assert ("m", "bob", "microphone") in other.engine.muted
    await Ledger(home.store).lose(other.node.nodes.me)
    await wait_until(lambda: not other.holds("bob"))
    assert await street.offer("bob", 2) is not None
    now = next(each for each in street.neighbours if each.holds("bob"))
    assert ("m", "bob", "microphone") in now.engine.muted


async def test_the_end_of_a_meeting_ends_it_everywhere(street: Street) -> None:
    home, other = await street.offer("alice"), await street.offer("bob")
    await wait_until(lambda: len(home.relays()) == len(other.relays()) == 1)
    await street.bus.call(CloseMeetingMedia(meeting_id="m"))
    await wait_until(lambda: not home.engine.peers and not other.engine.peers)
    assert not home.relays()
    assert not other.relays()
    assert (await Ledger(home.store).look("m", "alice")).shares == []


async def test_a_node_whose_process_has_hung_up_is_given_up_before_its_lease_ends(
    street: Street, ports: Ports, store: RedisStore
) -> None:
    info = NodeInfo(
        node_id="dead", process="nobody", host="127.0.0.1", port=9, peers=0, capacity=100, cpu=0.0
    )
    ledger = Ledger(store)
    await ledger.claim("m", "alice", "dead", await ledger.look("m", "alice"), by="dead", at_most=9)
    async with ports.registry.announce("media/dead", info.model_dump_json().encode()):
        await wait_until(lambda: MediaNodeEnded(node_id="dead") in street.heard)
    assert (await ledger.look("m", "alice")).owner is None
    assert await street.offer("alice") in street.neighbours


async def test_a_node_that_was_given_up_ends_what_it_has_and_lives_on_as_another(street: Street) -> None:
    home, other = await street.offer("alice"), await street.offer("bob")
    before = other.node.nodes.me
    await Ledger(home.store).lose(before)
    await wait_until(lambda: other.node.nodes.me != before and not other.engine.peers)
    await wait_until(lambda: len(home.node.nodes.live) == 2 and before not in home.node.nodes.live)
    with pytest.raises(AppError) as refused:
        await home.bus.call(  # as one that was sent to its former life
            OpenPeerHere(
                meeting_id="m", participant_id="bob", generation=1, offer="o", node_id=before, number=0
            ),
            to=other.bus.address,
        )
    assert refused.value.code == "media_node_gone"
    again = await street.offer("bob", 2)
    assert again is other


async def test_who_decided_before_it_slept_changes_nothing_afterwards(store: RedisStore) -> None:
    ledger = Ledger(store)
    early = await ledger.look("m", "alice")
    assert (await ledger.claim("m", "alice", "b", early, by="b", at_most=9))[0] == "ok"
    assert (await ledger.claim("m", "alice", "a", early, by="a", at_most=9))[0] == "changed"
    late = await ledger.look("m", "alice")
    await ledger.lose("a")
    assert (await ledger.claim("m", "alice", "c", late, by="a", at_most=9))[0] == "fenced"
    assert (await ledger.claim("m", "alice", "a", late, by="b", at_most=9))[0] == "node_lost"
    assert (await ledger.look("m", "alice")).owner == "b"


async def test_the_number_of_a_meeting_grows_with_its_nodes_and_outlives_a_wiped_store(
    store: RedisStore,
) -> None:
    ledger = Ledger(store)
    numbers = []
    for participant, node in (("p", "a"), ("q", "b")):
        look = await ledger.look("m", participant)
        _, number = await ledger.claim("m", participant, node, look, by="a", at_most=9)
        numbers.append(number)
    await store.client.flushall()
    settled = await ledger.settle("m", "a", ["p"])
    assert numbers[0] < numbers[1] < settled.number


async def test_what_a_wiped_store_has_forgotten_the_nodes_tell_it_again(
    street: Street, store: RedisStore
) -> None:
    home, other = await street.offer("alice"), await street.offer("bob")
    await store.client.delete(*await store.client.keys("md:*"))
    for each in (home, other):
        await each.node.spanning.settle("m")
    assert (await Ledger(store).look("m", "bob")).owner == other.node.nodes.me
    assert await street.offer("alice", 2) is home


async def test_a_draining_node_sends_its_participants_on_and_takes_nobody(
    ports: Ports, servers: Servers, store: RedisStore
) -> None:
    async with open_street(ports, servers.redis_url, 2, spread_after=9) as street:
        home = await street.offer("alice")
        assert await street.offer("bob") is home
        async with asyncio.timeout(10):
            draining = asyncio.create_task(home.node.drain())
            await wait_until(lambda: len(street.of(PeerMustMove)) == 2)
            moved = {
                event.participant_id: await street.offer(event.participant_id, 2)
                for event in street.of(PeerMustMove)
            }
            await draining
        assert all(each is not home for each in moved.values())
        assert not home.engine.peers
        assert await street.offer("carol") is not home


async def test_without_another_node_a_draining_one_keeps_its_participants_to_the_end(
    ports: Ports, servers: Servers, store: RedisStore
) -> None:
    async with open_street(ports, servers.redis_url, 1) as street:
        home = await street.offer("alice")
        await home.node.drain()
        await street.bus.settle()
        assert home.holds("alice")
        assert not street.of(PeerMustMove)
        with pytest.raises(AppError) as refused:
            await street.offer("bob")
        assert refused.value.code == "media_full"


async def test_an_offer_costs_two_questions_to_the_store_and_a_later_one_a_single_one(
    street: Street,
) -> None:
    counts = []
    for generation in (1, 2):
        asked: list[str] = []
        for each in street.neighbours:
            ledger = each.node.dispatch._ledger
            run = ledger._run

            async def count(script, meeting_id, args, run=run, asked=asked):  # type: ignore[no-untyped-def]
                asked.append(script)
                return await run(script, meeting_id, args)

            ledger._run = count  # type: ignore[method-assign]
        await street.neighbours[0].node.dispatch.open_peer(
            OpenPeer(meeting_id="m2", participant_id="alice", generation=generation, offer="o")
        )
        counts.append(sum(script in (_LOOK, _CLAIM) for script in asked))
        for each in street.neighbours:
            del each.node.dispatch._ledger._run
    assert counts == [2, 1]
