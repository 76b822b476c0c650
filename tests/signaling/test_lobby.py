"""The lobby over real sockets: who waits is told of the lobby and nothing else, and goes on once let in."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from meeting_client import MeetingClient
from meeting_client.client import Refused
from meeting_client.joining import JoinRefused

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.media import OpenPeer
from meeting_system.kernel.ids import UserId, new_id
from meeting_system.kernel.principal import Account, AccountRole
from meeting_system.kit.plug import Ports

from .house import House, open_house


@pytest.fixture
async def house(ports: Ports, bus: LocalBus) -> AsyncIterator[House]:
    async with open_house(ports, bus, processes=2) as house:
        yield house


async def ask(house: House, method: str, path: str, body: Any = None) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {house.token}"}
    answer = await house.http.request(method, f"/api/v1/meetings/{path}", json=body, headers=headers)
    assert answer.status_code < 300, answer.text
    return answer


async def refusal(client: MeetingClient, t: str, d: Any) -> str:
    with pytest.raises(Refused) as refused:
        await client.command(t, d)
    return str(refused.value.problem["code"])


async def open_lobby(house: House) -> str:
    meeting_id = await house.open_meeting()
    await ask(house, "PATCH", f"{meeting_id}/options", {"lobby": "guests"})
    return meeting_id


def names(client: MeetingClient) -> list[str]:
    assert client.view.lobby is not None
    return [each["display_name"] for each in client.view.lobby["waiting"]]


async def test_a_guest_waits_is_written_to_and_goes_on_with_the_same_session(house: House) -> None:
    meeting_id = await open_lobby(house)
    async with (
        house.client(meeting_id).running() as host,
        house.client(meeting_id, "Ann", at=1).running() as ann,
        house.client(meeting_id, "Bob").running() as bob,
    ):
        await host.wait_until(lambda: names(host) == ["Ann", "Bob"])
        await host.send_chat("among us")
        await bob.wait_until(lambda: bob.view.place["position"] == 2)
        await host.command("lobby.say", {"body": "Soon."})
        await ann.wait_until(lambda: [each["body"] for each in ann.view.place["messages"]] == ["Soon."])
        assert (ann.view.participants, ann.view.messages) == ({}, []), "nothing of the room"
        seen = {event["t"] for event in ann.core.seen}
        assert seen <= {"lobby.position", "lobby.message"}
        sid = ann.core.sid
        await host.command("lobby.admit", {"participant_id": ann.core.pid})
        await ann.wait_until(lambda: len(ann.view.participants) == 2)
        await bob.wait_until(lambda: bob.view.place["position"] == 1)
        assert ann.core.sid == sid
        assert ann.view.place is None
        assert ann.view.lobby is None, "the lobby is for hosts"
        await ann.send_chat("hello")
        await host.wait_until(lambda: host.view.messages[-1]["body"] == "hello")
        assert names(host) == ["Bob"]
        assert not [event for event in ann.core.seen if event["t"].startswith("lobby.requested")]


async def test_who_is_let_in_is_seen_with_their_picture(house: House) -> None:
    meeting_id = await house.open_meeting()
    await ask(house, "PATCH", f"{meeting_id}/options", {"lobby": "everyone"})
    ann = Account(UserId(new_id(0)), AccountRole.USER, "Ann", "f", avatar_url="/api/v1/users/3/avatar/4")
    of_ann = replace(house, token=house.ports.tokens.issue(ann))
    async with (
        house.client(meeting_id).running() as host,
        of_ann.client(meeting_id, at=1).running() as waiting,
    ):
        await host.wait_until(lambda: names(host) == ["Ann"])
        await waiting.drop_socket()
        await waiting.wait_until(lambda: waiting.core.gen == 2 and waiting.view.place is not None)
        await host.command("lobby.admit_all", {})
        await host.wait_until(lambda: waiting.core.pid in host.view.participants)
        assert host.view.participants[waiting.core.pid]["avatar_url"] == ann.avatar_url


async def test_who_waits_gets_no_media_and_does_nothing(house: House) -> None:
    meeting_id = await open_lobby(house)
    async with (
        house.client(meeting_id).running(),
        house.client(meeting_id, "Eve", at=1).running() as eve,
    ):
        for t, d in (
            (
                "media.offer",
                {"generation": 1, "sdp": "v=0", "publish": [], "audio_slots": [], "video_slots": []},
            ),
            ("chat.send", {"body": "let me in"}),
            ("self.update", {"hand": True}),
            ("reaction.send", {"emoji": "x"}),
            ("lobby.admit_all", {}),
        ):
            assert await refusal(eve, t, d) == "in_lobby", t
        assert not [each for each in house.engine.asked if isinstance(each, OpenPeer)]


async def test_the_waiting_survive_a_lost_socket_and_come_in_after_it(house: House) -> None:
    meeting_id = await open_lobby(house)
    async with (
        house.client(meeting_id).running() as host,
        house.client(meeting_id, "Ann", at=1).running() as ann,
    ):
        await host.wait_until(lambda: names(host) == ["Ann"])
        await ann.drop_socket()
        await ann.wait_until(lambda: ann.core.gen == 2 and ann.view.place is not None)
        assert names(host) == ["Ann"]
        await ann.drop_socket()
        await host.command("lobby.admit_all", {})
        await ann.wait_until(lambda: len(ann.view.participants) == 2)
        await host.wait_until(lambda: len(host.view.participants) == 2 and names(host) == [])


async def test_the_waiting_survive_a_wiped_store(house: House) -> None:
    meeting_id = await open_lobby(house)
    async with (
        house.client(meeting_id).running() as host,
        house.client(meeting_id, "Ann", at=1).running() as ann,
    ):
        await host.wait_until(lambda: names(host) == ["Ann"])
        await house.ports.store.run("redis.call('FLUSHALL')", keys=[], args=[])
        await ann.wait_until(lambda: ann.resets >= 1)
        assert ann.view.place["position"] == 1
        await host.command("lobby.admit", {"participant_id": ann.core.pid})
        await ann.wait_until(lambda: len(ann.view.participants) == 2)
        await host.wait_until(lambda: len(host.view.participants) == 2 and names(host) == [])


async def test_a_new_co_host_sees_the_lobby_at_once_and_loses_sight_with_the_role(house: House) -> None:
    meeting_id = await house.open_meeting()
    async with (
        house.client(meeting_id).running() as host,
        house.client(meeting_id, "Ann", at=1).running() as ann,
    ):
        await host.wait_until(lambda: len(host.view.participants) == 2)
        await ask(house, "PATCH", f"{meeting_id}/options", {"lobby": "guests"})
        async with house.client(meeting_id, "Bob").running() as bob:
            await host.wait_until(lambda: names(host) == ["Bob"])
            await ann.wait_until(lambda: any(event["t"] == "hidden" for event in ann.core.seen))
            await host.command("participant.set_role", {"participant_id": ann.core.pid, "role": "co_host"})
            await ann.wait_until(lambda: ann.view.role == "co_host" and names(ann) == ["Bob"])
            await ann.command("lobby.admit", {"participant_id": bob.core.pid})
            await bob.wait_until(lambda: len(bob.view.participants) == 3)
        await host.command("participant.set_role", {"participant_id": ann.core.pid, "role": "attendee"})
        await ann.wait_until(lambda: ann.view.role == "attendee" and ann.view.lobby is None)
        await host.wait_until(lambda: host.view.participants[ann.core.pid]["role"] == "attendee")


async def test_denied_the_socket_is_closed_for_good_and_the_link_does_not_help(house: House) -> None:
    meeting_id = await open_lobby(house)
    async with (
        house.client(meeting_id).running() as host,
        house.client(meeting_id, "Eve", at=1).running() as eve,
    ):
        await host.wait_until(lambda: names(host) == ["Eve"])
        await host.command("lobby.deny", {"participant_id": eve.core.pid})
        async with asyncio.timeout(5):
            await eve.is_over.wait()
        assert eve.closed == [4014]
        with pytest.raises(JoinRefused, match="lobby_denied"):
            await house.join(meeting_id, "Eve", device_id="device-of-Eve")


async def test_what_hosts_decide_reaches_everybodys_state(house: House) -> None:
    meeting_id = await house.open_meeting()
    async with (
        house.client(meeting_id).running() as host,
        house.client(meeting_id, "Ann", at=1).running() as ann,
    ):
        pid = ann.core.pid
        await ann.update_self(microphone=True, camera=True, hand=True)
        await host.wait_until(lambda: host.view.participants[pid]["hand_raised_at"] is not None)
        await host.command("meeting.mute_all", {"block": True})
        await host.wait_until(lambda: not host.view.participants[pid]["microphone"])
        assert await refusal(ann, "self.update", {"microphone": True}) == "unmute_blocked"
        await host.command("participant.ask_to_unmute", {"participant_id": pid})
        await ann.wait_until(lambda: ann.view.may_unmute == [pid])
        await ann.update_self(microphone=True)
        await host.wait_until(lambda: host.view.participants[pid]["microphone"])
        await host.command("meeting.set_options", {"attendees_may_use_camera": False})
        await ann.wait_until(lambda: not ann.view.participants[pid]["camera"])
        assert await refusal(ann, "self.update", {"camera": True}) == "camera_blocked"
        await host.command("meeting.set_options", {"attendees_may_use_camera": True})
        await ann.update_self(camera=True)
        await host.command("participant.lower_hand", {"participant_id": pid})
        await host.wait_until(lambda: host.view.participants[pid]["hand_raised_at"] is None)
        await host.command("participant.rename", {"participant_id": pid, "display_name": "Anna"})
        await ann.wait_until(lambda: ann.view.participants[pid]["display_name"] == "Anna")
        await host.command("meeting.freeze", {"frozen": True})
        await ann.wait_until(lambda: ann.view.meeting["frozen"] and not ann.view.participants[pid]["camera"])
        for t, d in (
            ("self.update", {"camera": True}),
            ("chat.send", {"body": "?"}),
            ("reaction.send", {"emoji": "x"}),
        ):
            assert await refusal(ann, t, d) == "meeting_frozen", t
        await host.command("meeting.spotlight", {"participant_id": pid})
        await ann.wait_until(lambda: ann.view.meeting["spotlight"] == pid)
        await host.command("meeting.freeze", {"frozen": False})
        await ann.wait_until(lambda: not ann.view.meeting["frozen"])
        await ann.update_self(camera=True)
