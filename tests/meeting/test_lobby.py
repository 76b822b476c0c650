"""The lobby: who waits, for whom, and what they learn meanwhile."""

import asyncio
from typing import Any

import pytest
from tests.meeting.conftest import Asked, MakePerson, Person
from tests.meeting.test_lifecycle import report

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.meeting import Admission, AppendDurable, LoadRoom, RoomView
from meeting_system.contracts.meeting_options import MeetingOptions
from meeting_system.kernel.clock import ManualClock
from meeting_system.kernel.principal import MeetingRole
from meeting_system.kit.turn import TurnSettings
from meeting_system.meeting import lobby, rules
from meeting_system.meeting.context import Context


async def host_with(account: MakePerson, **options: Any) -> tuple[Person, dict[str, Any]]:
    host = account("Host")
    created = await host.create()
    answer = await host.patch(f"/meetings/{created['meeting_id']}/options", options)
    assert answer.status_code == 200, answer.text
    return host, created


async def view(bus: LocalBus, who: Admission) -> RoomView:
    return await bus.call(LoadRoom(meeting_id=who.meeting_id, run_id=who.run_id))


async def told(asked: Asked, count: int) -> list[AppendDurable]:
    async with asyncio.timeout(10):
        while len(asked.events()) < count:  # noqa: ASYNC110  # the outbox runs beside
            await asyncio.sleep(0.01)
    return asked.events()


@pytest.mark.parametrize("role", list(MeetingRole))
@pytest.mark.parametrize("lobby_of", ["off", "guests", "everyone"])
@pytest.mark.parametrize("is_guest", [False, True])
@pytest.mark.parametrize("host_present", [False, True])
@pytest.mark.parametrize("before_host", [False, True])
def test_who_waits_is_decided_by_role_option_and_the_host(
    role: MeetingRole, lobby_of: Any, is_guest: bool, host_present: bool, before_host: bool
) -> None:
    options = MeetingOptions(lobby=lobby_of, join_before_host=before_host)
    waits = rules.must_wait(role, options, is_guest=is_guest, host_present=host_present)
    moderates = role in ("host", "co_host")
    closed = not host_present and not before_host
    asks = lobby_of == "everyone" or (lobby_of == "guests" and is_guest)
    assert waits is (not moderates and (closed or asks))


async def test_a_guest_waits_sees_nothing_and_is_let_in(
    account: MakePerson, guest: MakePerson, bus: LocalBus, asked: Asked
) -> None:
    host, created = await host_with(account, lobby="guests")
    base = f"/meetings/{created['meeting_id']}"
    await host.enter(created["meeting_no"])
    gus = guest("Gus")
    who = await gus.enter(created["meeting_no"])
    assert who.waiting
    for path in ("/messages", "/participants", "/options", "/ice-servers"):
        answer = await gus.get(base + path)
        assert (answer.status_code, answer.json()["code"]) == (403, "in_lobby"), path
    assert [each["display_name"] for each in (await host.get(f"{base}/lobby")).json()["waiting"]] == ["Gus"]
    assert (await host.post(f"{base}/lobby/admit", {"participant_id": who.participant_id})).status_code == 204
    assert (await host.get(f"{base}/lobby")).json()["waiting"] == []
    assert (await gus.get(f"{base}/messages")).status_code == 200
    assert not (await gus.enter(created["meeting_no"])).waiting, "who was let in is not asked again"
    assert [event.t for event in await told(asked, 2)] == ["lobby.requested", "lobby.admitted"]
    assert asked.events()[1].d["display_name"] == "Gus"


async def test_accounts_wait_only_where_everyone_does(account: MakePerson) -> None:
    _, created = await host_with(account, lobby="guests")
    assert not (await account("Ada").enter(created["meeting_no"])).waiting
    _, created = await host_with(account, lobby="everyone")
    ada = account("Ada")
    assert (await ada.enter(created["meeting_no"])).waiting
    answer = await ada.get(f"/meetings/{created['meeting_id']}/messages")
    assert (answer.status_code, answer.json()["code"]) == (403, "in_lobby")
    assert (await ada.get("/meetings")).json()["items"] == [], "who only knocked does not belong to it yet"


async def test_before_the_host_everybody_waits_and_comes_in_with_them(
    account: MakePerson, guest: MakePerson, bus: LocalBus
) -> None:
    host, created = await host_with(account, join_before_host=False)
    ada, gus = account("Ada"), guest("Gus")
    waiting = [await ada.enter(created["meeting_no"]), await gus.enter(created["meeting_no"])]
    assert [each.waiting for each in waiting] == [True, True]
    assert (await host.get(f"/meetings/{created['meeting_id']}")).json()["status"] == "lobby_open"
    assert not (await view(bus, waiting[0])).host_present
    who = await host.enter(created["meeting_no"])
    await report(bus, who, "connected")
    after = await view(bus, waiting[0])
    assert after.lobby.waiting == []
    assert after.host_present
    assert not (await gus.enter(created["meeting_no"])).waiting
    assert (await host.get(f"/meetings/{created['meeting_id']}")).json()["status"] == "live"


async def test_turning_the_lobby_off_lets_everybody_in(
    account: MakePerson, guest: MakePerson, bus: LocalBus, context: Context
) -> None:
    host, created = await host_with(account, lobby="everyone")
    await report(bus, await host.enter(created["meeting_no"]), "connected")
    who = await guest("Gus").enter(created["meeting_no"])
    assert await lobby.settle_all(context) == 0
    await host.patch(f"/meetings/{created['meeting_id']}/options", {"lobby": "off"})
    assert (await view(bus, who)).lobby.waiting == []


async def test_whom_a_host_turns_away_may_ask_again_after_a_minute(
    account: MakePerson, guest: MakePerson, clock: ManualClock
) -> None:
    host, created = await host_with(account, lobby="guests")
    await host.enter(created["meeting_no"])
    gus = guest("Gus")
    who = await gus.enter(created["meeting_no"])
    url = f"/meetings/{created['meeting_id']}/lobby/deny"
    assert (await host.post(url, {"participant_id": who.participant_id})).status_code == 204
    assert (await host.post(url, {"participant_id": who.participant_id})).status_code == 404
    refused = await gus.try_join(created["meeting_no"])
    assert (refused.status_code, refused.json()["code"]) == (403, "lobby_denied")
    assert refused.headers["Retry-After"] == "60"
    assert (await gus.get(f"/meetings/{created['meeting_id']}/messages")).json()["code"] == "lobby_denied"
    clock.advance(61)
    assert (await gus.enter(created["meeting_no"])).waiting


async def test_turned_away_for_good_the_device_and_the_account_stay_out(
    account: MakePerson, clock: ManualClock
) -> None:
    host, created = await host_with(account, lobby="everyone")
    await host.enter(created["meeting_no"])
    eve = account("Eve")
    who = await eve.enter(created["meeting_no"])
    base = f"/meetings/{created['meeting_id']}"
    await host.post(f"{base}/lobby/deny", {"participant_id": who.participant_id, "ban": True})
    clock.advance(3600)
    eve.device_id = "another"
    assert (await eve.try_join(created["meeting_no"])).json()["code"] == "participant_banned"
    banned = (await host.get(f"{base}/bans")).json()["items"]
    assert [(each["display_name"], each["banned_by"], each["has_account"]) for each in banned] == [
        ("Eve", "Host", True)
    ]
    assert (await host.post(f"{base}/participants/{who.participant_id}/unban")).status_code == 204
    again = await eve.enter(created["meeting_no"])
    assert again.participant_id != who.participant_id
    assert (await host.get(f"{base}/bans")).json()["items"] == []


async def test_a_page_loaded_again_keeps_its_place_and_who_stays_away_loses_it(
    account: MakePerson, guest: MakePerson, bus: LocalBus, clock: ManualClock, asked: Asked
) -> None:
    host, created = await host_with(account, lobby="guests")
    await host.enter(created["meeting_no"])
    first, second = guest("First"), guest("Second")
    who = await first.enter(created["meeting_no"])
    clock.advance(1)
    await second.enter(created["meeting_no"])
    await report(bus, who, "left", "left")
    assert [each.display_name for each in (await view(bus, who)).lobby.waiting] == ["Second"]
    clock.advance(5)
    await first.enter(created["meeting_no"])
    assert [each.display_name for each in (await view(bus, who)).lobby.waiting] == ["First", "Second"]
    await report(bus, who, "left", "lost")
    clock.advance(61)
    await first.enter(created["meeting_no"])
    assert [each.display_name for each in (await view(bus, who)).lobby.waiting] == ["Second", "First"]
    kinds = [event.t for event in await told(asked, 6)]
    asked_twice, gave_up = ["lobby.requested", "lobby.requested"], "lobby.left"
    assert kinds == [*asked_twice, gave_up, "lobby.requested", gave_up, "lobby.requested"]


async def test_what_is_reported_of_a_session_that_waits_does_not_let_it_in(
    account: MakePerson, guest: MakePerson, bus: LocalBus
) -> None:
    host, created = await host_with(account, lobby="guests")
    await host.enter(created["meeting_no"])
    who = await guest("Gus").enter(created["meeting_no"])
    await report(bus, who, "connected")
    await report(bus, who, "reconnecting")
    assert [each.display_name for each in (await view(bus, who)).lobby.waiting] == ["Gus"]


async def test_messages_to_the_lobby_are_kept_in_order(
    account: MakePerson, guest: MakePerson, bus: LocalBus
) -> None:
    host, created = await host_with(account, lobby="guests")
    await host.enter(created["meeting_no"])
    who = await guest("Gus").enter(created["meeting_no"])
    url = f"/meetings/{created['meeting_id']}/lobby/say"
    for body in ("Five minutes.", "Now."):
        assert (await host.post(url, {"body": body})).status_code == 204
    assert [(each.seq, each.body) for each in (await view(bus, who)).lobby.messages] == [
        (1, "Five minutes."),
        (2, "Now."),
    ]
    for body in (" ", "x" * 501):
        assert (await host.post(url, {"body": body})).status_code == 422


class TestRelays:
    """Who waits gets no way for media, not even to a relay."""

    @pytest.fixture
    def turn(self) -> TurnSettings:
        return TurnSettings.model_validate({"urls": "turn:turn.example.org:3478", "secret": "s" * 32})

    async def test_they_are_given_after_the_lobby(self, account: MakePerson, guest: MakePerson) -> None:
        host, created = await host_with(account, lobby="guests")
        assert (await host.join(created["meeting_no"]))["ice_servers"] != []
        gus = guest("Gus")
        joined = await gus.join(created["meeting_no"])
        assert (joined["waiting"], joined["ice_servers"]) == (True, [])
        base = f"/meetings/{created['meeting_id']}"
        await gus.enter(created["meeting_no"])
        await host.post(f"{base}/lobby/admit-all")
        assert (await gus.get(f"{base}/ice-servers")).json()["ice_servers"] != []
