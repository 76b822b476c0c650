"""The engine as asyncio sees it."""

import asyncio

import pytest
from tests.media.conftest import open_client

from meeting_system.adapters.sfu import (
    MediaPeerUnknown,
    MediaSdpInvalid,
    MediaStaleGeneration,
    MediaUnavailable,
    SfuEngine,
    open_engine,
)
from meeting_system.contracts.call import Event
from meeting_system.contracts.media import (
    OpenPeer,
    PeerLayersWanted,
    PeerMediaConnected,
    PeerMediaEnded,
    PeerSlotsChanged,
    WantedSlot,
)
from meeting_system.media.metrics import EngineCollector
from meeting_system.media.settings import MediaSettings


async def wait_event(engine: SfuEngine, kind: type[Event]) -> Event:
    """Return the next event of a kind."""
    async with asyncio.timeout(10):
        async for event in engine.events():
            if isinstance(event, kind):
                return event
    raise AssertionError


async def test_an_offer_is_answered_and_connects(engine: SfuEngine) -> None:
    async with open_client() as client:
        opened = await engine.open_peer(await client.wish("m", "alice"))
        assert opened.generation == 1
        assert f" {engine.port} typ host" in opened.sdp
        await client.accept(opened.sdp)
        connected = await wait_event(engine, PeerMediaConnected)
        assert connected == PeerMediaConnected(
            meeting_id="m", participant_id="alice", generation=1, transport="udp"
        )
        engine.close_peer(room="m", peer="alice")
        ended = await wait_event(engine, PeerMediaEnded)
        assert isinstance(ended, PeerMediaEnded)
        assert ended.reason == "closed"


async def test_a_text_that_is_no_sdp_is_refused_with_a_code(engine: SfuEngine) -> None:
    with pytest.raises(MediaSdpInvalid):
        await engine.open_peer(OpenPeer(meeting_id="m", participant_id="a", generation=1, offer="hello"))


async def test_an_older_generation_is_refused_with_a_code(engine: SfuEngine) -> None:
    async with open_client() as newer, open_client() as older:
        await engine.open_peer(await newer.wish("m", "alice", generation=2))
        with pytest.raises(MediaStaleGeneration):
            await engine.open_peer(await older.wish("m", "alice", generation=1))


async def test_a_restart_of_an_unknown_peer_is_refused_with_a_code(engine: SfuEngine) -> None:
    async with open_client() as client:
        wish = (await client.wish("m", "alice")).model_copy(update={"restart": True})
        with pytest.raises(MediaPeerUnknown):
            await engine.open_peer(wish)


async def test_the_second_client_hears_the_first_in_its_slot(engine: SfuEngine) -> None:
    async with open_client() as alice, open_client() as bob:
        await alice.accept((await engine.open_peer(await alice.wish("m", "alice"))).sdp)
        await bob.accept((await engine.open_peer(await bob.wish("m", "bob"))).sdp)
        while True:
            changed = await wait_event(engine, PeerSlotsChanged)
            assert isinstance(changed, PeerSlotsChanged)
            if (changed.participant_id, changed.slots[0].participant_id) == ("bob", "alice"):
                break
        assert changed.slots[0].source == "microphone"


async def test_a_port_that_is_taken_is_named_in_the_error(engine: SfuEngine) -> None:
    taken = MediaSettings(bind="127.0.0.1", port=engine.port)
    with pytest.raises(MediaUnavailable, match=f"port {engine.port}"):
        async with open_engine(taken):
            raise AssertionError("two engines on one port")


async def test_a_closed_engine_says_so() -> None:
    async with open_engine(MediaSettings(bind="127.0.0.1", port=0)) as engine:
        pass
    with pytest.raises(MediaUnavailable, match="closed"):
        engine.statistics()


async def test_a_camera_that_nobody_watches_is_told_so(engine: SfuEngine) -> None:
    async with open_client(kind="video") as client:
        wish = await client.wish("m", "alice", generation=4, source="camera")
        await client.accept((await engine.open_peer(wish)).sdp)
        wanted = await wait_event(engine, PeerLayersWanted)
        assert wanted == PeerLayersWanted(
            meeting_id="m", participant_id="alice", generation=4, source="camera", layers=0
        )


async def test_a_picture_that_a_client_can_not_decode_is_told_with_the_reason(engine: SfuEngine) -> None:
    async with (
        open_client(kind="video", codec="H264") as alice,
        open_client(kind="video", codec="VP8") as bob,
    ):
        wish = await alice.wish("m", "alice", source="camera")
        await alice.accept((await engine.open_peer(wish)).sdp)
        looking = await bob.wish("m", "bob", source="camera")
        await bob.accept((await engine.open_peer(looking)).sdp)
        wanted = WantedSlot(mid=looking.video_slots[0], participant_id="alice", source="camera", width=320)
        engine.set_layout(room="m", peer="bob", slots=[wanted])
        while not await is_told(engine, "bob", paused=True, reason="codec"):
            pass


async def test_a_picture_that_is_muted_is_paused_without_a_reason(engine: SfuEngine) -> None:
    async with open_client(kind="video") as alice, open_client(kind="video") as bob:
        wish = await alice.wish("m", "alice", source="camera")
        await alice.accept((await engine.open_peer(wish)).sdp)
        looking = await bob.wish("m", "bob", source="camera")
        await bob.accept((await engine.open_peer(looking)).sdp)
        engine.set_muted(room="m", peer="alice", source="camera", muted=True)
        wanted = WantedSlot(mid=looking.video_slots[0], participant_id="alice", source="camera", width=320)
        engine.set_layout(room="m", peer="bob", slots=[wanted])
        while not await is_told(engine, "bob", paused=True, reason=None):
            pass


async def is_told(engine: SfuEngine, who: str, *, paused: bool, reason: str | None) -> bool:
    """Whether the next assignment of slots is somebody's, with such a first slot."""
    changed = await wait_event(engine, PeerSlotsChanged)
    assert isinstance(changed, PeerSlotsChanged)
    told = (changed.participant_id, changed.slots[0].paused, changed.slots[0].reason)
    return told == (who, paused, reason)


async def test_every_number_of_the_engine_is_a_metric(engine: SfuEngine) -> None:
    statistics = engine.statistics()
    names = {name for name in dir(statistics) if not name.startswith("_")}
    metrics = {metric.name.removeprefix("meeting_media_") for metric in EngineCollector(engine).collect()}
    assert metrics == names
