"""Roles and what hosts decide: effects, events, and what the server is told to stop."""

import asyncio
from typing import Any

import pytest
from tests.meeting.conftest import Asked, MakePerson, Person
from tests.meeting.test_lifecycle import report
from tests.meeting.test_lobby import told, view

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.floor import ALL_SOURCES, FindBlocked, SetMutedAll, blocked_sources
from meeting_system.contracts.meeting import Admission
from meeting_system.contracts.meeting_options import MeetingOptions
from meeting_system.contracts.signal import EVENTS
from meeting_system.kernel.clock import ManualClock
from meeting_system.kernel.principal import MeetingRole
from meeting_system.meeting import roles
from meeting_system.meeting.context import Context

Room = tuple[Person, Person, Admission, str]


@pytest.fixture
async def room(account: MakePerson, guest: MakePerson, bus: LocalBus) -> Room:
    """A host and a guest, both connected, and the path of their meeting."""
    host, gus = account("Host"), guest("Gus")
    created = await host.create()
    await report(bus, await host.enter(created["meeting_no"]), "connected")
    who = await gus.enter(created["meeting_no"])
    await report(bus, who, "connected")
    return host, gus, who, f"/meetings/{created['meeting_id']}"


async def blocked(bus: LocalBus, who: Admission) -> list[str]:
    answer = await bus.call(FindBlocked(run_id=who.run_id, participant_id=who.participant_id))
    return list(answer.sources)


async def muted(asked: Asked, *sources: str) -> list[str]:
    """Wait until the server is told to stop just these sources of somebody; return of whom."""
    async with asyncio.timeout(10):
        while True:
            for each in asked.requests:
                if isinstance(each, SetMutedAll) and each.sources == list(sources):
                    return each.participant_ids
            await asyncio.sleep(0.01)  # the outbox runs beside


async def do(person: Person, path: str, body: Any = None) -> None:
    answer = await person.post(path, body)
    assert answer.status_code == 204, answer.text


async def test_muted_with_a_block_nobody_unmutes_until_a_host_asks_them(
    room: Room, bus: LocalBus, asked: Asked
) -> None:
    host, _, who, base = room
    await do(host, f"{base}/actions/mute-all", {"block": True})
    assert await blocked(bus, who) == ["microphone"]
    assert await muted(asked, "microphone") == [who.participant_id]
    await do(host, f"{base}/participants/{who.participant_id}/ask-to-unmute")
    assert await blocked(bus, who) == []
    assert (await view(bus, who)).may_unmute == [who.participant_id]
    await do(host, f"{base}/participants/{who.participant_id}/mute", {"source": "microphone"})
    assert await blocked(bus, who) == ["microphone"], "muted again, they wait to be asked again"
    kinds = [event.t for event in await told(asked, 4)]
    assert kinds == [
        "meeting.options_changed",
        "meeting.muted_all",
        "participant.asked_to_unmute",
        "participant.muted",
    ]
    assert all(event.t in EVENTS and EVENTS[event.t][1].model_validate(event.d) for event in asked.events())


async def test_frozen_nobody_but_hosts_sends_or_writes_until_it_is_thawed(
    room: Room, bus: LocalBus, asked: Asked
) -> None:
    host, _, who, base = room
    await do(host, f"{base}/actions/freeze", {"frozen": True})
    assert await blocked(bus, who) == list(ALL_SOURCES)
    assert await muted(asked, *ALL_SOURCES) == [who.participant_id]
    assert (await view(bus, who)).meeting.frozen
    await do(host, f"{base}/actions/freeze", {"frozen": False})
    assert await blocked(bus, who) == []


async def test_an_observer_sends_nothing_and_a_presenter_shares_whatever_the_options_say(
    room: Room, bus: LocalBus, asked: Asked
) -> None:
    host, _, who, base = room
    answer = await host.patch(f"{base}/options", {"attendees_may_share": False})
    assert answer.json()["attendees_may_share"] is False
    assert await blocked(bus, who) == ["screen", "screen_audio"]
    await do(host, f"{base}/participants/{who.participant_id}/role", {"role": "presenter"})
    assert await blocked(bus, who) == []
    await do(host, f"{base}/participants/{who.participant_id}/role", {"role": "observer"})
    assert await blocked(bus, who) == list(ALL_SOURCES)
    assert await muted(asked, *ALL_SOURCES) == [who.participant_id]
    assert (await host.post(f"{base}/participants/{who.participant_id}/ask-to-unmute")).status_code == 403


async def test_attendees_show_no_picture_while_hosts_want_none(
    room: Room, bus: LocalBus, asked: Asked
) -> None:
    host, _, who, base = room
    await host.patch(f"{base}/options", {"attendees_may_use_camera": False})
    assert await blocked(bus, who) == ["camera"]
    assert await muted(asked, "camera") == [who.participant_id]
    await do(host, f"{base}/participants/{who.participant_id}/role", {"role": "presenter"})
    assert await blocked(bus, who) == []
    await do(host, f"{base}/participants/{who.participant_id}/role", {"role": "attendee"})
    assert await blocked(bus, who) == ["camera"]
    await host.patch(f"{base}/options", {"attendees_may_use_camera": True})
    assert await blocked(bus, who) == []


@pytest.mark.parametrize("role", list(MeetingRole))
def test_what_is_blocked_follows_from_role_options_and_freeze(role: MeetingRole) -> None:
    strict = MeetingOptions(
        attendees_may_unmute=False, attendees_may_share=False, attendees_may_use_camera=False
    )
    words = {"host": 0, "co_host": 0, "presenter": 0, "attendee": 4, "observer": 4}
    assert len(blocked_sources(role, strict, frozen=False, may_unmute=False)) == words[role]
    frozen = blocked_sources(role, MeetingOptions(), frozen=True, may_unmute=True)
    assert len(frozen) == (0 if role in ("host", "co_host") else 4)


async def test_a_host_hands_the_meeting_over_and_a_guest_keeps_the_role_they_got(
    room: Room, bus: LocalBus, account: MakePerson
) -> None:
    host, gus, who, base = room
    await do(host, f"{base}/participants/{who.participant_id}/role", {"role": "host"})
    assert (await gus.enter((await host.get(base)).json()["meeting_no"])).role == "host"
    assert (await host.get(base)).json()["is_host"] is False
    given = {each.participant_id: each.role for each in (await view(bus, who)).given}
    assert sorted(str(role) for role in given.values()) == ["co_host", "host"]
    answer = await host.post(f"{base}/participants/{who.participant_id}/role", {"role": "attendee"})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_a_name_given_by_a_host_stays_when_its_owner_comes_back(room: Room, bus: LocalBus) -> None:
    host, gus, who, base = room
    await do(host, f"{base}/participants/{who.participant_id}/rename", {"display_name": "  Gustav   K. "})
    number = (await host.get(base)).json()["meeting_no"]
    assert (await gus.enter(number)).display_name == "Gustav K."
    answer = await host.post(f"{base}/participants/{who.participant_id}/rename", {"display_name": " "})
    assert answer.status_code == 422


async def test_the_spotlight_is_in_the_view_and_can_be_taken_away(room: Room, bus: LocalBus) -> None:
    host, _, who, base = room
    await do(host, f"{base}/actions/spotlight", {"participant_id": who.participant_id})
    assert (await view(bus, who)).meeting.spotlight == who.participant_id
    await do(host, f"{base}/actions/spotlight", {"participant_id": None})
    assert (await view(bus, who)).meeting.spotlight is None
    answer = await host.post(f"{base}/actions/spotlight", {"participant_id": "nobody"})
    assert (answer.status_code, answer.json()["code"]) == (404, "participant_not_found")


async def test_whom_a_host_lets_come_again_comes_as_somebody_new(room: Room, bus: LocalBus) -> None:
    host, gus, who, base = room
    number = (await host.get(base)).json()["meeting_no"]
    await do(host, f"{base}/participants/{who.participant_id}/remove")
    assert (await gus.try_join(number)).json()["code"] == "participant_banned"
    await do(host, f"{base}/participants/{who.participant_id}/unban")
    gus.headers = {}
    again = await gus.enter(number)
    assert again.participant_id != who.participant_id


async def test_without_a_host_somebody_with_an_account_follows_after_a_minute(
    room: Room, account: MakePerson, bus: LocalBus, clock: ManualClock, context: Context
) -> None:
    host, _, _, base = room
    number = (await host.get(base)).json()["meeting_no"]
    ada = account("Ada")
    follower = await ada.enter(number)
    await report(bus, follower, "connected")
    assert await roles.appoint(context) == 0, "a host is there"
    leaving = await host.enter(number)
    await report(bus, leaving, "left", "left")
    clock.advance(59)
    assert await roles.appoint(context) == 0
    clock.advance(2)
    assert await roles.appoint(context) == 1
    assert await roles.appoint(context) == 0
    given = {each.participant_id: each.role for each in (await view(bus, follower)).given}
    assert given == {follower.participant_id: "co_host"}
    assert (await host.enter(number)).role == "host"
