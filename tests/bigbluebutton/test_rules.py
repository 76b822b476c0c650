"""What other software says of the rules of its meetings: who waits, what is locked, when it is over."""

from typing import Any

import httpx2
import pytest
from tests.bigbluebutton.conftest import Browser, Software

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.meeting import LoadRoom, RedeemTicket
from meeting_system.contracts.meeting_options import MeetingOptions
from meeting_system.kernel.clock import ManualClock
from meeting_system.kit.passwords import Passwords
from meeting_system.kit.plug import Ports
from meeting_system.kit.turn import Turn, TurnSettings
from meeting_system.meeting import outside
from meeting_system.meeting.context import Context
from meeting_system.meeting.settings import MeetingSettings


async def test_guests_wait_for_a_moderator_once_where_that_is_asked_for(
    software: Software, client: httpx2.AsyncClient, bus: LocalBus
) -> None:
    await software.create(guestPolicy="ASK_MODERATOR")
    tina = await Browser(client, bus, "t").enter(meetingID="test01", password="mp", fullName="Tina")
    pupil = await Browser(client, bus, "p").enter(meetingID="test01", password="ap", fullName="Pupil")
    assert "waiting" not in pupil or not pupil["waiting"], "other software knows this one"
    asked = {"meetingID": "test01", "role": "viewer", "fullName": "Gus", "guest": "true"}
    answer = await software.success("join", redirect="false", **asked)
    assert answer.findtext("guestStatus") == "WAIT"
    gus = Browser(client, bus, "g")
    link = await gus.open(**asked)
    waiting = (await gus.join(*link)).json()
    assert waiting["waiting"]
    await bus.call(RedeemTicket(ticket=waiting["ticket"], meeting_id=waiting["meeting_id"], device_id="g"))
    host = {"Authorization": f"Bearer {tina['guest_token']}"}
    who = {"participant_id": waiting["participant_id"]}
    admitted = await client.post(f"/api/v1/meetings/{tina['meeting_id']}/lobby/admit", json=who, headers=host)
    assert admitted.status_code == 204, admitted.text
    again = (await gus.join(*link)).json()
    assert not again.get("waiting"), "the page was loaded again"
    assert again["participant_id"] == waiting["participant_id"]
    assert await software.failure("create", meetingID="no", guestPolicy="NOBODY") == "validationError"


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, {}),
        ({"muteOnStart": "true"}, {"mute_on_entry": True}),
        ({"lockSettingsDisableMic": "true"}, {"attendees_may_unmute": False}),
        ({"lockSettingsDisableCam": "true"}, {"attendees_may_use_camera": False}),
        ({"lockSettingsDisablePublicChat": "true"}, {"attendees_may_chat": "hosts"}),
        (
            {"lockSettingsDisablePublicChat": "true", "lockSettingsDisablePrivateChat": "true"},
            {"attendees_may_chat": "off"},
        ),
        (
            {"disabledFeatures": "polls, chat,screenshare"},
            {"attendees_may_chat": "off", "attendees_may_share": False},
        ),
        (
            {"lockSettingsDisableMic": "true", "lockSettingsLockOnJoin": "false"},
            {"attendees_may_unmute": False},
        ),
        (
            {
                "lockSettingsDisableMic": "true",
                "lockSettingsLockOnJoin": "false",
                "lockSettingsLockOnJoinConfigurable": "true",
            },
            {},
        ),
    ],
)
async def test_what_is_locked_for_viewers_is_locked(
    software: Software,
    client: httpx2.AsyncClient,
    bus: LocalBus,
    parameters: dict[str, str],
    expected: dict[str, Any],
) -> None:
    await software.create(**parameters)
    tina = Browser(client, bus, "t")
    joined = (await tina.join(*await tina.open(meetingID="test01", password="mp", fullName="Tina"))).json()
    room = LoadRoom(meeting_id=joined["meeting_id"], run_id=await tina.connect(joined))
    options = (await bus.call(room)).meeting.options
    assert options == MeetingOptions(**expected)


async def test_people_go_back_to_where_the_software_wants_them(
    software: Software, client: httpx2.AsyncClient, bus: LocalBus
) -> None:
    wanted = {"test01": "https://moodle.example/course?id=1", "test02": "javascript:alert(1)"}
    for meeting_id, url in wanted.items():
        await software.create(meetingID=meeting_id, logoutURL=url)
    ada = Browser(client, bus, "a")
    found = {name: await ada.enter(meetingID=name, password="ap", fullName="Ada") for name in wanted}
    assert found["test01"]["leave_url"] == wanted["test01"]
    assert "leave_url" not in found["test02"]


async def test_a_meeting_ends_when_its_time_is_over(
    software: Software, client: httpx2.AsyncClient, bus: LocalBus, ports: Ports, clock: ManualClock
) -> None:
    await software.create(duration="45")
    await software.create(meetingID="unused", duration="45")
    await software.create(meetingID="endless", duration="0")
    for name in ("test01", "endless"):
        await Browser(client, bus, name).enter(meetingID=name, password="mp", fullName="Tina")
    context = Context(ports, MeetingSettings(), Passwords(), Turn(TurnSettings(), clock))
    clock.advance(45 * 60 - 1)
    assert await outside.end_due(context) == 0
    clock.advance(1)
    assert await outside.end_due(context) == 2
    assert await outside.end_due(context) == 0
    listed = await software.success("getMeetings")
    assert [each.findtext("meetingID") for each in listed.findall("meetings/meeting")] == ["endless"]


async def test_it_is_shown_who_has_a_camera_on(
    software: Software, client: httpx2.AsyncClient, bus: LocalBus, cameras: list[str]
) -> None:
    await software.create()
    for name, password in (("Tina", "mp"), ("Ada", "ap")):
        joined = await Browser(client, bus, name).enter(meetingID="test01", password=password, fullName=name)
    cameras.append(joined["participant_id"])
    info = await software.success("getMeetingInfo", meetingID="test01")
    found = {
        each.findtext("fullName"): (each.findtext("hasVideo"), each.findtext("isPresenter"))
        for each in info.findall("attendees/attendee")
    }
    assert found == {"Tina": ("false", "true"), "Ada": ("true", "false")}
    assert (info.findtext("videoCount"), info.findtext("voiceParticipantCount")) == ("1", "2")
