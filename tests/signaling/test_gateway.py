"""Meetings over real WebSockets, with the real meeting service, PostgreSQL and Valkey."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import websockets
from meeting_client import MeetingClient
from meeting_client.client import Refused
from websockets.asyncio.client import ClientConnection, connect

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.media import (
    MediaNodeEnded,
    PeerLayersWanted,
    PeerMediaEnded,
    PeerMustMove,
    PeerSlotsChanged,
    SetLayout,
    SlotState,
    SpeakersChanged,
)
from meeting_system.kit.plug import Ports
from meeting_system.kit.websocket import Wire
from meeting_system.signaling.connection import Connection, SocketQueue
from meeting_system.signaling.room_log import ValkeyRoomLog
from meeting_system.signaling.settings import SignalingSettings

from .house import HOST_PICTURE, House, open_house


@pytest.fixture
async def house(ports: Ports, bus: LocalBus) -> AsyncIterator[House]:
    async with open_house(ports, bus, processes=2, settings=lambda: SignalingSettings(drain_s=1)) as house:
        yield house


async def opening(socket: ClientConnection, frame: dict[str, Any]) -> dict[str, Any]:
    """Say the first frame and return the answer to it."""
    assert json.loads(await socket.recv())["f"] == "hello"
    await socket.send(json.dumps(frame))
    answer: dict[str, Any] = json.loads(await socket.recv())
    return answer


async def close_code(socket: ClientConnection) -> int | None:
    """Read to the end and return how it was closed."""
    async with asyncio.timeout(8):
        try:
            while True:
                await socket.recv()
        except websockets.ConnectionClosed:
            return socket.close_code


async def test_three_participants_see_each_other_and_chat_in_one_order(house: House) -> None:
    meeting_id = await house.open_meeting()
    async with (
        house.client(meeting_id).running() as host,
        house.client(meeting_id, "Ann", at=1).running() as ann,
        house.client(meeting_id, "Bob").running() as bob,
    ):
        everyone = (host, ann, bob)
        for client in everyone:
            await client.wait_until(lambda client=client: len(client.view.participants) == 3)
        await asyncio.gather(*(client.send_chat(f"{n}") for n in range(5) for client in everyone))
        for client in everyone:
            await client.wait_until(lambda client=client: len(client.view.messages) == 15)
        assert host.view.messages == ann.view.messages == bob.view.messages
        assert [message["seq"] for message in host.view.messages] == list(range(1, 16))
        await ann.update_self(hand=True, camera=True)
        await bob.wait_until(lambda: bob.view.participants[ann.core.pid]["camera"])
        assert bob.view.participants[ann.core.pid]["hand_raised_at"] is not None
        await bob.command("reaction.send", {"emoji": "👏"})
        await host.wait_until(lambda: any(event["t"] == "reaction" for event in host.core.seen))
    assert not host.resets + ann.resets + bob.resets


async def test_the_picture_of_an_account_is_in_the_snapshot_and_in_the_event(house: House) -> None:
    meeting_id = await house.open_meeting()
    async with house.client(meeting_id, "Ann").running() as ann, house.client(meeting_id).running() as host:
        await ann.wait_until(lambda: host.core.pid in ann.view.participants)
        for client in (host, ann):
            pictures = {pid: each["avatar_url"] for pid, each in client.view.participants.items()}
            assert pictures == {host.core.pid: HOST_PICTURE, ann.core.pid: None}


async def test_a_lost_socket_resumes_with_what_was_missed(house: House) -> None:
    meeting_id = await house.open_meeting()
    async with (
        house.client(meeting_id).running() as host,
        house.client(meeting_id, "Ann", at=1).running() as ann,
    ):
        for n in range(3):
            await ann.drop_socket()
            await asyncio.gather(host.send_chat(f"to you {n}"), ann.send_chat(f"from me {n}"))
            await ann.wait_until(lambda n=n: len(ann.view.messages) == 2 * (n + 1))
        await host.wait_until(lambda: len(host.view.messages) == 6)
        assert ann.view.messages == host.view.messages
        assert (ann.resumed, ann.resets) == (3, 0)
        await host.wait_until(lambda: host.view.participants[ann.core.pid]["presence"] == "connected")


async def test_a_wiped_valkey_is_noticed_and_shown_anew_on_the_same_socket(
    house: House, ports: Ports
) -> None:
    meeting_id = await house.open_meeting()
    async with (
        house.client(meeting_id).running() as host,
        house.client(meeting_id, "Ann", at=1).running() as ann,
    ):
        await host.send_chat("before")
        await ports.store.run("return redis.call('FLUSHALL')", keys=[], args=[])
        await asyncio.gather(host.send_chat("after"), ann.send_chat("after all"))
        for client in (host, ann):
            await client.wait_until(
                lambda client=client: (
                    client.resets == 1
                    and len(client.view.messages) == 3
                    and len(client.view.participants) == 2
                )
            )
        assert host.view.messages == ann.view.messages
        assert host.closed == ann.closed == []
        await ann.drop_socket()
        await host.send_chat("and on")
        await ann.wait_until(lambda: len(ann.view.messages) == 4)


async def test_a_removed_participant_is_out_within_a_second(house: House) -> None:
    meeting_id = await house.open_meeting()
    ann = house.client(meeting_id, "Ann", at=1)
    async with house.client(meeting_id).running() as host, ann.running():
        await host.wait_until(lambda: len(host.view.participants) == 2)
        async with asyncio.timeout(1):
            await host.command("participant.remove", {"participant_id": ann.core.pid})
            await ann.is_over.wait()
        assert ann.closed == [4006]
        await host.wait_until(lambda: len(host.view.participants) == 1)
        async with connect(house.urls[0]) as socket:
            await socket.recv()
            await socket.send(json.dumps(ann.core.opening(None)))
            assert await close_code(socket) == 4006


async def test_the_end_of_a_meeting_closes_every_socket(house: House) -> None:
    meeting_id = await house.open_meeting()
    host, ann = house.client(meeting_id), house.client(meeting_id, "Ann", at=1)
    async with host.running(), ann.running():
        await host.command("meeting.end")
        async with asyncio.timeout(5):
            await asyncio.gather(host.is_over.wait(), ann.is_over.wait())
    assert (host.closed, ann.closed) == ([4007], [4007])
    assert ann.view.has_ended


async def test_what_is_not_allowed_is_refused_and_the_session_goes_on(house: House) -> None:
    meeting_id = await house.open_meeting()
    async with (
        house.client(meeting_id).running() as host,
        house.client(meeting_id, "Ann", at=1).running() as ann,
    ):
        for t, d, code in (
            ("meeting.end", {}, "forbidden"),
            ("chat.send", {"body": ""}, "invalid"),
            ("chat.send", {"body": "x", "more": 1}, "invalid"),
            ("no.such", {}, "command_unknown"),
        ):
            with pytest.raises(Refused) as refused:
                await ann.command(t, d)
            assert code in refused.value.problem["code"], refused.value.problem
        await ann.send_chat("still here")
        await host.wait_until(lambda: len(host.view.messages) == 1)


async def wait_confirmed(house: House, sid: str) -> None:
    """Return when it is written down that the client has its newest token: some are together, soon after."""
    log = ValkeyRoomLog(house.ports.store)
    async with asyncio.timeout(5):
        while (session := await log.find_session(sid)) is None or session.previous_token:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_tickets_and_tokens_serve_once(house: House) -> None:
    meeting_id = await house.open_meeting()
    joined = await house.join(meeting_id, device_id="d1")
    identify = {"f": "identify", "ticket": joined.ticket, "meeting_id": meeting_id, "device_id": "d1"}
    async with connect(house.urls[0]) as first:
        ready = await opening(first, identify)
        assert ready["f"] == "ready"
        async with connect(house.urls[1]) as second:
            await second.recv()
            await second.send(json.dumps(identify))
            assert await close_code(second) == 4003
        resume = {
            "f": "resume",
            "sid": ready["sid"],
            "resume_token": ready["resume_token"],
            "epoch": ready["epoch"],
            "ro": ready["ro"],
            "po": ready["po"],
        }
        async with connect(house.urls[1]) as third:
            resumed = await opening(third, resume)
            assert (resumed["f"], resumed["gen"]) == ("resumed", 2)
            assert await close_code(first) == 4005
            # The client shows that the new token arrived: the one before is worth nothing now.
            await third.send(json.dumps({"f": "pos", "ro": 1, "po": 0}))
            await third.send(json.dumps({"f": "ping", "n": 1, "t": 0}))
            await third.recv()
            await wait_confirmed(house, ready["sid"])
            async with connect(house.urls[0]) as thief:
                await thief.recv()
                await thief.send(json.dumps(resume))
                assert await close_code(thief) == 4004
            assert await close_code(third) in (4004, 4005)


async def test_simple_clients_identify_in_the_url(house: House) -> None:
    meeting_id = await house.open_meeting()
    joined = await house.join(meeting_id, device_id="d1")
    url = f"{house.urls[0]}?meeting_id={meeting_id}&peer_id=d1&token={joined.ticket}"
    async with connect(url, subprotocols=[websockets.Subprotocol("meet.v1")]) as socket:
        assert socket.subprotocol == "meet.v1"
        assert json.loads(await socket.recv())["f"] == "hello"
        assert json.loads(await socket.recv())["f"] == "ready"


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_pages_from_elsewhere_may_not_connect(house: House, origin: str) -> None:
    with pytest.raises(websockets.InvalidStatus):
        async with connect(house.urls[0], origin=websockets.Origin(origin)):
            raise AssertionError("it was let in")


async def test_who_says_nothing_or_something_else_first_is_closed(house: House) -> None:
    async with connect(house.urls[0]) as socket:
        await socket.recv()
        await socket.send('{"f":"ping","n":1,"t":0}')
        assert await close_code(socket) == 4002
    async with connect(house.urls[0]) as silent:
        assert await close_code(silent) == 4002


async def test_a_twenty_first_socket_without_a_session_is_refused(house: House) -> None:
    sockets = [await connect(house.urls[0]) for _ in range(20)]
    async with connect(house.urls[0]) as one_more:
        assert await close_code(one_more) == 4009
    for socket in sockets:
        await socket.close()


async def test_a_flood_of_commands_is_closed_and_the_session_can_go_on(house: House) -> None:
    meeting_id = await house.open_meeting()
    async with house.client(meeting_id).running() as host:
        for _ in range(100):
            await host.send_raw('{"f":"ping","n":1,"t":0}')
        await host.wait_until(lambda: host.resumed == 1)
        assert host.closed == [4009]
        await host.send_chat("calm")


async def test_media_is_negotiated_and_told(house: House) -> None:
    meeting_id = await house.open_meeting()
    async with house.client(meeting_id).running() as host:
        answer = await host.command("media.offer", {"generation": 1, "sdp": "v=0", "video_slots": ["2"]})
        assert answer == {"generation": 1, "sdp": "v=0 answer"}
        slot = {"mid": "2", "participant_id": "p", "source": "camera", "width": 320}
        await host.command("media.layout", {"slots": [slot]})
        assert isinstance(house.engine.asked[-1], SetLayout)
        ids = {"meeting_id": meeting_id, "participant_id": host.core.pid}
        state = SlotState(mid="2", kind="video", participant_id="p", source="camera")
        for version in (1, 2, 2):
            await house.tell(PeerSlotsChanged(**ids, generation=1, version=version, slots=[state]))
        await host.wait_until(
            lambda: host.core.po == 2
        )  # events of one kind have an order, of two kinds none
        await house.tell(SpeakersChanged(meeting_id=meeting_id, participant_ids=["p"]))
        await house.tell(PeerMediaEnded(**ids, generation=1, reason="closed"))
        await house.tell(PeerMediaEnded(**ids, generation=1, reason="ice_timeout"))
        await host.wait_until(lambda: host.core.po == 3)
        personal = [event["t"] for event in host.core.seen if event["st"] == "p"]
        assert personal == ["media.slots", "media.slots", "media.rebuild"]
        assert host.view.slots[0]["participant_id"] == "p"
        await host.wait_until(lambda: host.view.speakers == ["p"])
        host.has_media = True
        await host.drop_socket()
        await host.wait_until(lambda: host.resumed == 1)
        assert host.core.media == "keep"


async def test_who_has_media_on_a_node_that_ends_is_told_once_to_build_it_anew_and_others_are_not(
    house: House,
) -> None:
    meeting_id = await house.open_meeting()
    async with (
        house.client(meeting_id).running() as host,
        house.client(meeting_id, "Guest").running() as guest,
    ):
        for client, node in ((host, "one"), (guest, "two")):
            house.engine.node_id = node
            await client.command("media.offer", {"generation": 1, "sdp": "v=0"})
        for _ in range(2):  # told again, for whoever missed it
            await house.tell(MediaNodeEnded(node_id="one"))
        await host.wait_until(lambda: bool(rebuilds(host)))
        house.engine.node_id = "two"
        await host.command("media.offer", {"generation": 2, "sdp": "v=0"})
        await host.drop_socket()
        await host.wait_until(lambda: host.resumed == 1)
        await house.tell(MediaNodeEnded(node_id="one"))
        assert rebuilds(host) == ["media_node_ended"]
        assert rebuilds(guest) == []
        await house.tell(MediaNodeEnded(node_id="two"))
        await host.wait_until(lambda: len(rebuilds(host)) == 2)
        await guest.wait_until(lambda: len(rebuilds(guest)) == 1)


async def test_who_has_moved_already_is_not_sent_on_again(house: House) -> None:
    meeting_id = await house.open_meeting()
    async with house.client(meeting_id).running() as host:
        await host.command("media.offer", {"generation": 2, "sdp": "v=0"})
        ids = {"meeting_id": meeting_id, "participant_id": host.core.pid, "reason": "draining"}
        for generation in (1, 2):
            await house.tell(PeerMustMove(**ids, generation=generation))
        await host.wait_until(lambda: bool(rebuilds(host)))
        assert rebuilds(host) == ["draining"]


def rebuilds(client: MeetingClient) -> list[str]:
    """Return why a client was told to build its media anew."""
    return [event["d"]["reason"] for event in client.core.seen if event["t"] == "media.rebuild"]


async def test_which_layers_are_wanted_is_told_to_the_publisher_alone_and_passes(house: House) -> None:
    meeting_id = await house.open_meeting()
    async with house.client(meeting_id).running() as host, house.client(meeting_id, "Ann").running() as ann:
        pid = host.core.pid
        wanted = PeerLayersWanted(
            meeting_id=meeting_id, participant_id=pid, generation=3, source="camera", layers=1
        )
        elsewhere = wanted.model_copy(update={"participant_id": "at no socket"})
        for event in (wanted, elsewhere, wanted.model_copy(update={"layers": 3})):
            await house.tell(event)
        await host.wait_until(lambda: len(layers_told(host)) == 2)
        assert layers_told(host) == [
            {"generation": 3, "source": "camera", "layers": 1},
            {"generation": 3, "source": "camera", "layers": 3},
        ]
        assert host.core.po == 0
        await house.tell(SpeakersChanged(meeting_id=meeting_id, participant_ids=[pid]))
        await ann.wait_until(lambda: ann.view.speakers == [pid])
        assert layers_told(ann) == []
        await host.drop_socket()
        await host.wait_until(lambda: host.resumed == 1)
        await house.tell(wanted)
        await host.wait_until(lambda: len(layers_told(host)) == 3)


def layers_told(client: MeetingClient) -> list[dict[str, object]]:
    """What a client heard of the layers wanted of it."""
    return [event["d"] for event in client.core.seen if event["t"] == "media.layers"]


async def test_a_command_waits_while_the_meeting_service_is_away_and_is_not_doubled(
    house: House, bus: LocalBus
) -> None:
    meeting_id = await house.open_meeting()
    async with house.client(meeting_id).running() as host:
        topics = bus._routes
        chat = topics.pop("meeting.send_chat")
        waiting = asyncio.create_task(host.send_chat("patience"))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        topics["meeting.send_chat"] = chat
        assert (await waiting)["body"] == "patience"
        await host.drop_socket()
        await host.send_chat("and another")
        await host.wait_until(lambda: len(host.view.messages) == 2)


async def test_a_sender_can_not_be_forged(house: House) -> None:
    meeting_id = await house.open_meeting()
    async with house.client(meeting_id, "Ann").running() as ann:
        with pytest.raises(Refused) as refused:
            await ann.command("chat.send", {"body": "x", "participant_id": "someone"})
        assert refused.value.problem["code"] == "invalid"


async def test_who_is_told_that_a_server_goes_away_has_the_next_socket_before_the_old_one_is_closed(
    house: House,
) -> None:
    meeting_id = await house.open_meeting()
    async with (
        house.client(meeting_id).running() as host,
        house.client(meeting_id, "Ann", at=1).running() as ann,
    ):
        await host.wait_until(lambda: len(host.view.participants) == 2)
        host._url = house.urls[1]
        before = len(ann.core.seen)
        drain = house.plugs[0].drain
        assert drain is not None
        talking = asyncio.create_task(talk(ann, host))
        await drain()
        await talking
        assert (host.goaways, host.moved, host.resumed, host.resets, host.closed) == (1, 1, 1, 0, [])
        bodies = [message["body"] for message in host.view.messages]
        assert bodies == [body for n in range(10) for body in (f"ann {n}", f"host {n}")]
        # Nobody has seen them away for a moment.
        assert {event["t"] for event in ann.core.seen[before:]} == {"chat.message"}


async def talk(ann: MeetingClient, host: MeetingClient) -> None:
    """Say something in turns, while the host's session goes elsewhere."""
    for n in range(10):
        await ann.send_chat(f"ann {n}")
        await host.send_chat(f"host {n}")
        await asyncio.sleep(0.1)
    for each in (ann, host):
        await each.wait_until(lambda each=each: len(each.view.messages) == 20)


async def test_a_server_that_stops_lets_nobody_in_and_keeps_who_has_nowhere_to_go(house: House) -> None:
    meeting_id = await house.open_meeting()
    async with house.client(meeting_id).running() as host:
        drain = house.plugs[0].drain
        assert drain is not None
        draining = asyncio.create_task(drain())
        await host.wait_until(lambda: host.goaways == 1)
        with pytest.raises(websockets.InvalidStatus) as refused:
            await connect(house.urls[0])
        answer = refused.value.response
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert json.loads(answer.body)["code"] == "unavailable"
        await host.send_chat("as if nothing were")
        await draining
        assert (host.moved, host.closed) == (0, [4011])
        host._url = house.urls[1]
        await host.wait_until(lambda: host.resumed == 1)
        assert [message["body"] for message in host.view.messages] == ["as if nothing were"]


def living() -> int:
    """Count what a socket is made of."""
    return sum(type(each) in (Connection, SocketQueue, Wire) for each in gc.get_objects())


async def test_a_socket_that_has_closed_is_freed_without_the_collector(house: House) -> None:
    meeting_id = await house.open_meeting()
    gc.collect()
    before = living()
    gc.disable()
    try:
        async with house.client(meeting_id).running(), house.client(meeting_id, "Ann").running() as ann:
            await ann.wait_until(lambda: len(ann.view.participants) == 2)
            assert living() == before + 6
        async with asyncio.timeout(5):
            while living() != before:  # noqa: ASYNC110  # nothing tells that an object is gone
                await asyncio.sleep(0.05)
    finally:
        gc.enable()
