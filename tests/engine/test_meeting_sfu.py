"""The media engine through its Python binding: the stub, errors, offers, and rest."""

import asyncio
import subprocess
import sys
import time

import meeting_sfu
import pytest


def open_peer(engine, **changes):
    """Open a peer with an offer that is none, but for the changes."""
    arguments = {
        "request": 1,
        "room": "room",
        "peer": "peer",
        "generation": 1,
        "offer": "",
        "publish": [],
        "audio_slots": [],
        "video_slots": [],
    }
    engine.open_peer(**(arguments | changes))


def test_stub_describes_the_binary(tmp_path):
    # stubtest cannot compare aliases of literals; the native module lies inside the package of maturin.
    allowed = ["Source", "Kind", "Transport", "EndReason", "Quality", "PauseReason", "meeting_sfu"]
    allowlist = tmp_path / "allowlist.txt"
    allowlist.write_text("".join(f"meeting_sfu.{name}\n" for name in allowed))
    command = [sys.executable, "-m", "mypy.stubtest", "meeting_sfu", "--allowlist", str(allowlist)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=100, cwd=tmp_path, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_events_are_one_union():
    assert meeting_sfu.PeerAnswered in meeting_sfu.Event.__args__
    assert len(meeting_sfu.Event.__args__) == 13


def test_values_can_be_read_but_not_written():
    track = meeting_sfu.PublishedTrack("0", "camera")
    entry = meeting_sfu.LayoutEntry(mid="1", peer="p", source="screen", width=640)
    assert (track.mid, track.source) == ("0", "camera")
    assert (entry.mid, entry.peer, entry.source, entry.width) == ("1", "p", "screen", 640)
    with pytest.raises(AttributeError):
        track.mid = "1"


def test_unknown_sources_are_refused():
    with pytest.raises(ValueError, match="not a source"):
        meeting_sfu.PublishedTrack("0", "hologram")


@pytest.mark.parametrize("config", [{"bind": "nonsense"}, {"bind": "203.0.113.77"}, {"advertised": ["here"]}])
def test_addresses_that_are_none_are_refused(config):
    with pytest.raises(meeting_sfu.EngineError) as caught:
        meeting_sfu.Engine(meeting_sfu.EngineConfig(**config))
    assert caught.value.code == "address_invalid"


def test_two_engines_cannot_share_a_port():
    with meeting_sfu.Engine(meeting_sfu.EngineConfig(bind="127.0.0.1")) as first:
        config = meeting_sfu.EngineConfig(bind="127.0.0.1", port=first.port)
        with pytest.raises(meeting_sfu.EngineError) as caught:
            meeting_sfu.Engine(config)
        assert caught.value.code == "address_in_use"


def test_an_engine_closes_twice_and_frees_its_port():
    engine = meeting_sfu.Engine(meeting_sfu.EngineConfig(bind="127.0.0.1", workers=2))
    port = engine.port
    engine.close()
    engine.close()
    meeting_sfu.Engine(meeting_sfu.EngineConfig(bind="127.0.0.1", port=port)).close()


def test_commands_to_a_closed_engine_fail():
    engine = meeting_sfu.Engine(meeting_sfu.EngineConfig(bind="127.0.0.1"))
    engine.close()
    with pytest.raises(meeting_sfu.EngineError) as caught:
        engine.close_room(room="room")
    assert caught.value.code == "closed"


def test_addresses_are_configured_or_found():
    config = meeting_sfu.EngineConfig(bind="127.0.0.1", advertised=["192.0.2.7"])
    with meeting_sfu.Engine(config) as engine:
        assert engine.addresses == ["192.0.2.7"]
    with meeting_sfu.Engine(meeting_sfu.EngineConfig()) as engine:
        assert engine.addresses
        assert engine.port > 0


@pytest.mark.parametrize("room", ["", "x" * 65])
def test_ids_have_a_length(engine, room):
    with pytest.raises(meeting_sfu.EngineError) as caught:
        open_peer(engine, room=room)
    assert caught.value.code == "id_invalid"


@pytest.fixture
def engine():
    with meeting_sfu.Engine(meeting_sfu.EngineConfig(bind="127.0.0.1")) as engine:
        yield engine


@pytest.mark.parametrize("offer", ["", "v=0\r\n", "nonsense", "\x00" * 100, "m=audio 9 X 0\r\n" * 50])
async def test_an_offer_that_is_none_is_refused(recorder, offer):
    open_peer(recorder.engine, offer=offer, request=7)
    refused = await recorder.wait_for(meeting_sfu.PeerRefused)
    assert (refused.request, refused.code) == (7, "sdp_invalid")
    assert refused.detail


async def test_a_restart_of_nobody_is_refused(recorder):
    recorder.engine.restart_ice(request=3, room="r", peer="p", generation=1, offer="")
    refused = await recorder.wait_for(meeting_sfu.PeerRefused)
    assert (refused.request, refused.code) == (3, "peer_unknown")


async def test_commands_for_nobody_are_harmless(recorder):
    recorder.engine.close_peer(room="r", peer="p")
    recorder.engine.close_room(room="r")
    recorder.engine.set_layout(room="r", peer="p", entries=[])
    recorder.engine.set_muted(room="r", peer="p", source="camera", muted=True)
    await asyncio.sleep(0.1)
    assert recorder.events == []


def test_draining_an_idle_engine_is_cheap(engine):
    start = time.perf_counter()
    for _ in range(10_000):
        assert engine.drain() == []
    assert time.perf_counter() - start < 2


def test_an_idle_engine_uses_no_processor(engine):
    before = time.process_time()
    time.sleep(1)
    assert time.process_time() - before < 0.05
