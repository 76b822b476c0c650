"""What signaling asks of the media service over the bus, and what it is told."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from tests.media.conftest import open_client

from meeting_system.adapters.bus import LocalBus
from meeting_system.adapters.redis_store import RedisStore
from meeting_system.adapters.sfu import SfuEngine
from meeting_system.contracts.call import Event
from meeting_system.contracts.media import (
    CloseMeetingMedia,
    ClosePeer,
    FindPeer,
    OpenPeer,
    PeerLayersWanted,
    PeerMediaConnected,
    PeerMediaEnded,
    PeerSlotsChanged,
    SetMuted,
)
from meeting_system.kernel.errors import AppError
from meeting_system.kit.plug import Ports
from meeting_system.media.settings import MediaSettings
from meeting_system.media.wiring import create

HEARD = (PeerLayersWanted, PeerMediaConnected, PeerMediaEnded, PeerSlotsChanged)
REMIND_S = 0.2


@dataclass
class Ear:
    """Hears what media publishes."""

    events: list[Event] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def hear(self, event: Any) -> None:
        async with self.news:
            self.events.append(event)
            self.news.notify_all()

    async def wait(self, kind: type[Event], **fields: object) -> Event:
        """Return the first event of `kind` with these fields."""

        def find() -> Event | None:
            for event in self.events:
                if isinstance(event, kind) and fields.items() <= event.__dict__.items():
                    return event
            return None

        async with asyncio.timeout(10), self.news:
            await self.news.wait_for(find)
            found = find()
            assert found is not None
            return found


@pytest_asyncio.fixture
async def ear(ports: Ports, bus: LocalBus, engine: SfuEngine) -> AsyncIterator[Ear]:
    """The media service runs, and this hears it."""
    ear = Ear()
    plug = create(ports, MediaSettings(), engine, remind_s=REMIND_S)
    bus.connect(plug.handlers, plug.listeners)
    bus.connect({}, {kind: [ear.hear] for kind in HEARD})
    async with bus.running(), plug.run():
        yield ear


async def test_a_connection_is_known_from_its_answer_to_its_end(ear: Ear, bus: LocalBus) -> None:
    async with open_client() as client:
        opened = await bus.call(await client.wish("m", "alice", generation=3))
        await client.accept(opened.sdp)
        await ear.wait(PeerMediaConnected, participant_id="alice", generation=3, transport="udp")
        known = await bus.call(FindPeer(meeting_id="m", participant_id="alice"))
        assert (known.alive, known.generation) == (True, 3)
        await bus.call(ClosePeer(meeting_id="m", participant_id="alice", generation=2))
        assert (await bus.call(FindPeer(meeting_id="m", participant_id="alice"))).alive
        await bus.call(ClosePeer(meeting_id="m", participant_id="alice", generation=3))
        await ear.wait(PeerMediaEnded, participant_id="alice", generation=3)
        assert not (await bus.call(FindPeer(meeting_id="m", participant_id="alice"))).alive


async def test_where_media_is_one_process_an_offer_asks_the_store_nothing(
    ear: Ear, bus: LocalBus, store: RedisStore
) -> None:
    async def commands_done() -> int:
        return int((await store.client.info("stats"))["total_commands_processed"])

    async with open_client() as client:
        wish = await client.wish("m", "alice")
        before = await commands_done()
        await bus.call(wish)
        assert await commands_done() - before == 1, "the question itself"


async def test_a_refused_offer_keeps_its_code_over_the_bus(ear: Ear, bus: LocalBus) -> None:
    with pytest.raises(AppError) as refused:
        await bus.call(OpenPeer(meeting_id="m", participant_id="a", generation=1, offer="hello"))
    assert (refused.value.status, refused.value.code) == (422, "media_sdp_invalid")


async def test_the_end_of_a_meeting_ends_every_connection(ear: Ear, bus: LocalBus) -> None:
    async with open_client() as alice, open_client() as bob:
        await bus.call(await alice.wish("m", "alice"))
        await bus.call(await bob.wish("m", "bob"))
        await bus.call(CloseMeetingMedia(meeting_id="m"))
        await ear.wait(PeerMediaEnded, participant_id="alice")
        await ear.wait(PeerMediaEnded, participant_id="bob")


async def test_who_is_muted_stays_muted_with_a_new_connection(ear: Ear, bus: LocalBus) -> None:
    async with open_client() as bob, open_client() as first, open_client() as second:
        await bob.accept((await bus.call(await bob.wish("m", "bob"))).sdp)
        await first.accept((await bus.call(await first.wish("m", "alice", generation=1))).sdp)
        await wait_slot(ear, paused=False)
        await bus.call(SetMuted(meeting_id="m", participant_id="alice", source="microphone", muted=True))
        await wait_slot(ear, paused=True)
        ear.events.clear()
        await second.accept((await bus.call(await second.wish("m", "alice", generation=2))).sdp)
        await ear.wait(PeerMediaConnected, participant_id="alice", generation=2)
        await bus.call(SetMuted(meeting_id="m", participant_id="alice", source="microphone", muted=False))
        await wait_slot(ear, paused=False)


async def test_which_layers_are_wanted_is_told_again_until_the_connection_ends(
    ear: Ear, bus: LocalBus
) -> None:
    async with open_client(kind="video") as client:
        wish = await client.wish("m", "alice", generation=2, source="camera")
        await client.accept((await bus.call(wish)).sdp)
        told = await ear.wait(PeerLayersWanted, participant_id="alice", generation=2, layers=0)
        for _ in range(2):
            ear.events.clear()
            assert await ear.wait(PeerLayersWanted) == told
        await bus.call(ClosePeer(meeting_id="m", participant_id="alice"))
        await ear.wait(PeerMediaEnded, participant_id="alice")
        ear.events.clear()
        await asyncio.sleep(2 * REMIND_S)
        assert ear.events == []


async def wait_slot(ear: Ear, *, paused: bool) -> None:
    """Wait until Bob's slot with Alice's microphone is paused, or not."""

    def told() -> bool:
        latest = [e for e in ear.events if isinstance(e, PeerSlotsChanged) and e.participant_id == "bob"]
        return bool(latest) and any(
            slot.participant_id == "alice" and slot.paused is paused for slot in latest[-1].slots
        )

    async with asyncio.timeout(10), ear.news:
        await ear.news.wait_for(told)
