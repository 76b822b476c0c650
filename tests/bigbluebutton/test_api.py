"""The BigBlueButton-compatible API, called as Moodle, Nextcloud and Greenlight call it."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlencode
from xml.etree import ElementTree

import httpx2
import pytest
from tests.bigbluebutton.conftest import SECRET, Browser, Software, signed
from tests.conftest import MakeApp
from tests.receiver import Receiver, open_receiver

from meeting_system.adapters.bus import LocalBus
from meeting_system.bigbluebutton import wiring as bigbluebutton
from meeting_system.bigbluebutton.checksum import is_right, split_checksum
from meeting_system.bigbluebutton.settings import BigBlueButtonSettings
from meeting_system.kit.plug import Ports

# The query and the checksum of the published documents' section on usage.
DOCUMENTED = (
    "name=Test+Meeting&meetingID=abc123&attendeePW=111222&moderatorPW=333444",
    "1fcbb0c4fc1f039f73aa6d697d2db9ba7f803f17",
)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with open_receiver() as receiver:
        yield receiver


def test_a_checksum_is_the_one_of_the_documents() -> None:
    query, checksum = DOCUMENTED
    assert is_right("create", query, checksum, SECRET, {"sha1"})
    assert not is_right("create", query, checksum, SECRET, {"sha256"})
    assert not is_right("create", query + "x", checksum, SECRET, {"sha1"})
    assert not is_right("end", query, checksum, SECRET, {"sha1"})


@pytest.mark.parametrize(
    ("query", "rest"),
    [
        ("a=1&checksum=ab", "a=1"),
        ("checksum=ab&a=1", "a=1"),
        ("a=1&checksum=ab&b=2", "a=1&b=2"),
        ("checksum=ab", ""),
        ("a=checksum", "a=checksum"),
    ],
)
def test_a_checksum_may_stand_anywhere(query: str, rest: str) -> None:
    assert split_checksum(query) == (rest, "ab" if "checksum=" in query else "")


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha384", "sha512"])
async def test_every_algorithm_is_accepted(client: httpx2.AsyncClient, algorithm: str) -> None:
    answer = await client.get(signed("getMeetings", "", algorithm))
    assert b"<messageKey>noMeetings</messageKey>" in answer.content


async def test_without_the_right_checksum_nothing_is_done(client: httpx2.AsyncClient) -> None:
    for query in (DOCUMENTED[0], f"{DOCUMENTED[0]}&checksum=", f"{DOCUMENTED[0]}&checksum={'0' * 40}"):
        answer = await client.get(f"/bigbluebutton/api/create?{query}")
        assert b"<messageKey>checksumError</messageKey>" in answer.content
    md5 = hashlib.md5(f"create{DOCUMENTED[0]}{SECRET}".encode(), usedforsecurity=False).hexdigest()
    answer = await client.get(f"/bigbluebutton/api/create?{DOCUMENTED[0]}&checksum={md5}")
    assert b"checksumError" in answer.content


async def test_a_meeting_is_made_shown_and_made_again(software: Software) -> None:
    made = await software.create(meta_presenter="joe", meta_category="education")
    assert [child.tag for child in made][:8] == [
        "returncode",
        "meetingID",
        "internalMeetingID",
        "parentMeetingID",
        "attendeePW",
        "moderatorPW",
        "createTime",
        "voiceBridge",
    ]
    assert (made.findtext("attendeePW"), made.findtext("hasUserJoined")) == ("ap", "false")
    again = await software.create()
    assert again.findtext("messageKey") == "duplicateWarning"
    assert again.findtext("internalMeetingID") == made.findtext("internalMeetingID")
    info = await software.success("getMeetingInfo", meetingID="test01")
    assert info.findtext("metadata/presenter") == "joe"
    assert (info.findtext("running"), info.findtext("participantCount")) == ("false", "0")
    listed = await software.success("getMeetings")
    assert [each.findtext("meetingID") for each in listed.findall("meetings/meeting")] == ["test01"]


async def test_a_name_that_is_taken_is_not_unique(software: Software) -> None:
    await software.create()
    taken = {"name": "Other", "meetingID": "test01", "moderatorPW": "other", "attendeePW": "other"}
    assert await software.failure("create", **taken) == "idNotUnique"


async def test_who_creates_at_the_same_time_gets_one_meeting(software: Software) -> None:
    made = await asyncio.gather(*(software.create() for _ in range(5)))
    assert len({each.findtext("internalMeetingID") for each in made}) == 1


async def test_people_come_in_under_the_name_and_role_they_were_given(
    software: Software, client: httpx2.AsyncClient, bus: LocalBus
) -> None:
    made = await software.create()
    teacher, pupil = Browser(client, bus, "teacher"), Browser(client, bus, "pupil")
    first = await teacher.enter(meetingID="test01", password="mp", fullName="Tina", userID="t-1")
    second = await pupil.enter(meetingID="test01", role="viewer", fullName="小明", userID="p-1")
    assert (first["role"], second["role"]) == ("host", "attendee")
    assert second["display_name"] == "小明"
    info = await software.success("getMeetingInfo", meetingID="test01")
    assert info.findtext("internalMeetingID") == made.findtext("internalMeetingID") == first["meeting_id"]
    found = {
        (each.findtext("userID"), each.findtext("fullName"), each.findtext("role"))
        for each in info.findall("attendees/attendee")
    }
    assert found == {("t-1", "Tina", "MODERATOR"), ("p-1", "小明", "VIEWER")}
    assert (info.findtext("moderatorCount"), info.findtext("hasUserJoined")) == ("1", "true")
    running = await software.success("isMeetingRunning", meetingID="test01")
    assert running.findtext("running") == "true"


async def test_a_link_is_for_one_device_which_may_load_the_page_again(
    software: Software, client: httpx2.AsyncClient, bus: LocalBus
) -> None:
    await software.create()
    mine, other = Browser(client, bus, "mine"), Browser(client, bus, "other")
    number, code = await mine.open(meetingID="test01", password="ap", fullName="Ada")
    first = await mine.join(number, code)
    again = await mine.join(number, code)
    assert first.json()["participant_id"] == again.json()["participant_id"]
    stolen = await other.join(number, code)
    assert (stolen.status_code, stolen.json()["code"]) == (401, "pass_invalid")
    without = await client.post(
        f"/api/v1/meetings/{number}/join", json={"device_id": "other", "display_name": "Eve"}
    )
    assert (without.status_code, without.json()["code"]) == (401, "sign_in_required")


async def test_join_answers_with_xml_where_that_is_asked_for(software: Software) -> None:
    made = await software.create()
    asked = {"meetingID": "test01", "password": "ap", "fullName": "Ada"}
    joined = await software.success("join", redirect="false", **asked)
    assert joined.findtext("messageKey") == "successfullyJoined"
    assert joined.findtext("meeting_id") == made.findtext("internalMeetingID")
    assert "/m/" in (joined.findtext("url") or "")
    late = await software.failure("join", redirect="false", createTime="1", **asked)
    assert late == "mismatchCreateTimeParam"


async def test_an_ended_meeting_is_over_and_its_name_is_free(software: Software) -> None:
    first = await software.create()
    assert await software.failure("end", meetingID="test01", password="ap") == "invalidPassword"
    ended = await software.success("end", meetingID="test01", password="mp")
    assert ended.findtext("messageKey") == "sentEndMeetingRequest"
    running = await software.success("isMeetingRunning", meetingID="test01")
    assert running.findtext("running") == "false"
    assert await software.failure("getMeetingInfo", meetingID="test01") == "notFound"
    second = await software.create()
    assert second.findtext("internalMeetingID") != first.findtext("internalMeetingID")


@pytest.mark.parametrize(
    ("call", "parameters", "key"),
    [
        ("create", {"name": "Test"}, "missingParamMeetingID"),
        ("create", {"meetingID": "a,b"}, "validationError"),
        ("create", {"meetingID": "ab", "moderatorPW": "x"}, "validationError"),
        ("join", {"meetingID": "nobody", "fullName": "A", "password": "x"}, "invalidMeetingIdentifier"),
        ("join", {"meetingID": "test01", "password": "ap"}, "missingParamFullName"),
        ("join", {"meetingID": "test01", "fullName": "A"}, "missingParamPassword"),
        ("join", {"meetingID": "test01", "fullName": "A", "password": "x"}, "invalidPassword"),
        ("end", {"meetingID": "nobody", "password": "mp"}, "notFound"),
        ("getMeetingInfo", {"meetingID": "nobody"}, "notFound"),
        ("publishRecordings", {"recordID": "r", "publish": "true"}, "notFound"),
        ("publishRecordings", {"recordID": "r"}, "missingParamPublish"),
        ("deleteRecordings", {"recordID": "r"}, "notFound"),
        ("deleteRecordings", {}, "missingParamRecordID"),
        ("updateRecordings", {"recordID": "r"}, "notFound"),
        ("insertDocument", {"meetingID": "test01"}, "insertDocumentNotSupported"),
        ("noSuchCall", {}, "unsupportedRequest"),
        ("hooks/create", {}, "missingParamCallbackURL"),
        ("hooks/create", {"callbackURL": "https://10.0.0.1/"}, "createHookError"),
        ("hooks/destroy", {}, "missingParamHookID"),
        ("hooks/destroy", {"hookID": "99"}, "destroyMissingHook"),
        ("hooks/destroy", {"hookID": "x"}, "destroyMissingHook"),
    ],
)
async def test_what_goes_wrong_has_the_key_of_the_documents(
    software: Software, call: str, parameters: dict[str, str], key: str
) -> None:
    await software.create()
    assert await software.failure(call, **parameters) == key


async def test_there_are_no_recordings_yet(software: Software, client: httpx2.AsyncClient) -> None:
    for parameters in ({}, {"meetingID": "CS101,CS102"}, {"state": "published", "limit": "10"}):
        found = await software.success("getRecordings", **parameters)
        assert (found.findtext("messageKey"), found.findall("recordings/recording")) == ("noRecordings", [])
    tracks = await client.get(signed("getRecordingTextTracks", "recordID=r"))
    assert tracks.json()["response"]["messageKey"] == "noRecordings"


async def test_create_takes_a_form_and_modules_in_a_body(client: httpx2.AsyncClient) -> None:
    form = {"meetingID": "random-1730297", "name": "random", "attendeePW": "ap", "moderatorPW": "mp"}
    checksum = hashlib.sha1(f"create{SECRET}".encode()).hexdigest()
    answer = await client.post("/bigbluebutton/api/create", data=form | {"checksum": checksum})
    assert b"<meetingID>random-1730297</meetingID>" in answer.content
    checksum = hashlib.sha256(f"create{urlencode(form)}{SECRET}".encode()).hexdigest()
    answer = await client.post("/bigbluebutton/api/create", data=form | {"checksum": checksum})
    assert b"duplicateWarning" in answer.content
    modules = '<modules><module name="presentation"/></modules>'
    address = signed("create", "meetingID=slides&name=Slides")
    answer = await client.post(address, content=modules, headers={"Content-Type": "application/xml"})
    assert b"<returncode>SUCCESS</returncode>" in answer.content


async def test_text_of_people_does_not_break_the_xml(software: Software) -> None:
    await software.create(name="<b>&\x0b\u202eevil</b>", meetingID="a&<b>'\"", meta_a="<x>&", meta_b="\x00")
    info = await software.success("getMeetingInfo", meetingID="a&<b>'\"")
    assert info.findtext("meetingID") == "a&<b>'\""
    assert info.findtext("metadata/a") == "<x>&"


async def test_hooks_are_told_as_bbb_webhooks_does(
    software: Software, client: httpx2.AsyncClient, bus: LocalBus, receiver: Receiver
) -> None:
    hook = await software.success("hooks/create", callbackURL=receiver.url, meetingID="test01")
    again = await software.success("hooks/create", callbackURL=receiver.url, meetingID="test01")
    assert (again.findtext("messageKey"), again.findtext("hookID")) == (
        "duplicateWarning",
        hook.findtext("hookID"),
    )
    listed = await software.success("hooks/list", meetingID="test01")
    assert listed.findtext("hooks/hook/callbackURL") == receiver.url
    await software.create()
    await software.create(meetingID="other")
    await Browser(client, bus, "d").enter(meetingID="test01", password="mp", fullName="Tina", userID="t-1")
    await software.success("end", meetingID="test01")
    await receiver.wait_for(3)
    told = []
    for got in receiver.got:
        body = got.body.decode()
        checksum = hashlib.sha1(f"{receiver.url}{body}{SECRET}".encode()).hexdigest()
        assert got.target == f"/hook?checksum={checksum}"
        (event,) = json.loads(parse_qs(body)["event"][0])
        assert event["data"]["attributes"]["meeting"]["external-meeting-id"] == "test01"
        told.append(event["data"])
    by_name = {each["id"]: each["attributes"] for each in told}
    assert set(by_name) == {"meeting-created", "user-joined", "meeting-ended"}
    user = by_name["user-joined"]["user"]
    assert (user["external-user-id"], user["name"], user["role"]) == ("t-1", "Tina", "MODERATOR")
    removed = await software.success("hooks/destroy", hookID=hook.findtext("hookID"))
    assert removed.findtext("removed") == "true"


async def test_as_many_as_were_allowed_come_in(
    software: Software, client: httpx2.AsyncClient, bus: LocalBus
) -> None:
    await software.create(maxParticipants="1", guestPolicy="ALWAYS_DENY")
    await Browser(client, bus, "a").enter(meetingID="test01", password="mp", fullName="Tina")
    asked = {"meetingID": "test01", "password": "ap", "fullName": "Ada", "redirect": "false"}
    assert await software.failure("join", **asked) == "maxParticipantsReached"
    assert await software.failure("join", guest="true", **asked) == "guestDeny"


async def test_the_version_is_shown_to_everybody(client: httpx2.AsyncClient) -> None:
    for path in ("/bigbluebutton/api", "/bigbluebutton/api/"):
        root = ElementTree.fromstring((await client.get(path)).content)
        assert (root.findtext("returncode"), root.findtext("version")) == ("SUCCESS", "2.0")


async def test_without_a_secret_there_is_no_such_api(make_app: MakeApp, ports: Ports) -> None:
    async with make_app([bigbluebutton.create(ports, BigBlueButtonSettings())]) as client:
        for path in ("/bigbluebutton/api", signed("getMeetings", "")):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (404, "bigbluebutton_off")
