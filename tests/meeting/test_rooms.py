"""The personal room, and meetings made in it."""

import asyncio
import re
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select
from tests.meeting.conftest import MakePerson

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.meeting import OpenPersonalRoom
from meeting_system.kit.outbox import OutboxRelay
from meeting_system.kit.plug import Ports
from meeting_system.meeting import wiring as meeting
from meeting_system.meeting.models import meetings, members, rooms
from meeting_system.meeting.settings import MeetingSettings
from meeting_system.user import wiring as user
from meeting_system.user.settings import UserSettings


async def test_the_room_is_there_with_the_first_meeting_and_made_once(
    account: MakePerson, bus: LocalBus, ports: Ports
) -> None:
    ada = account("Ada")
    opening = OpenPersonalRoom(user_id=str(ada.user_id), display_name="Ada")
    answers = await asyncio.gather(
        *(ada.create() for _ in range(5)), *(bus.call(opening) for _ in range(5)), ada.get("/rooms/mine")
    )
    room = answers[-1].json()
    assert room["display_name"] == "Ada"
    assert room["guests_allowed"] is True
    assert re.fullmatch(r"[a-z2-9]{3}-[a-z2-9]{4}-[a-z2-9]{3}", room["slug"])
    async with ports.database.reading() as connection:
        assert (await connection.execute(select(func.count()).select_from(rooms))).scalar() == 1
        assert set((await connection.execute(select(meetings.c.room_id))).scalars()) == {room["room_id"]}


async def test_an_account_that_registers_gets_its_room(
    make_app: Any, ports: Ports, settings: MeetingSettings, outbox: OutboxRelay
) -> None:
    plugs = [meeting.create(ports, settings), user.create(ports, UserSettings())]
    body = {"email": "ada@example.org", "password": "correct horse battery", "display_name": "Ada"}
    async with make_app(plugs) as client, asyncio.timeout(10):
        answer = await client.post("/api/v1/auth/register", json=body)
        owners: list[str] = []
        while not owners:
            await outbox.deliver_all()
            async with ports.database.reading() as connection:
                owners = list((await connection.execute(select(rooms.c.owner_id))).scalars())
        token = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        created = await client.post("/api/v1/meetings", json={}, headers=token)
    assert owners == [answer.json()["user"]["user_id"]]
    assert created.json()["host_name"] == "Ada"


async def test_defaults_of_the_room_are_those_of_its_meetings(account: MakePerson) -> None:
    ada = account("Ada")
    changed = await ada.patch("/rooms/mine", {"display_name": "Ada's corner", "guests_allowed": False})
    assert changed.json()["guests_allowed"] is False
    created = await ada.create()
    assert (created["title"], created["guests_allowed"]) == ("Ada's corner", False)
    created = await ada.create(title=" Weekly  meeting ", guests_allowed=True)
    assert (created["title"], created["guests_allowed"]) == ("Weekly meeting", True)
    assert (await ada.patch("/rooms/mine", {})).json() == changed.json()


@pytest.mark.parametrize(
    "change", [{"guests_allowed": None}, {"slug": "x"}, {"display_name": ""}, {"guests_allowed": "no"}, 7]
)
async def test_a_wrong_change_of_the_room_is_refused(account: MakePerson, change: Any) -> None:
    ada = account("Ada")
    before = (await ada.get("/rooms/mine")).json()
    answer = await ada.patch("/rooms/mine", change)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert (await ada.get("/rooms/mine")).json() == before


async def test_a_meeting_has_its_host_number_and_link_at_once(account: MakePerson, ports: Ports) -> None:
    ada = account("Ada")
    created = await ada.create(title="Weekly", password="secret")
    assert re.fullmatch(r"[1-9][0-9]{8}", created["meeting_no"])
    assert created["join_url"] == f"http://localhost/m/{created['meeting_no']}"
    expected = {"title": "Weekly", "status": "scheduled", "host_name": "Ada", "has_password": True}
    expected |= {"is_host": True, "locked": False, "participant_count": 0, "started_at": None}
    assert expected.items() <= created.items()
    async with ports.database.reading() as connection:
        row = (await connection.execute(select(members))).one()
        stored = (await connection.execute(select(meetings.c.password_hash))).scalar_one()
    assert (row.user_id, row.role) == (ada.user_id, "host")
    assert stored.startswith("$argon2id$")


async def test_a_repeated_request_makes_one_meeting(account: MakePerson, ports: Ports) -> None:
    ada, bob = account("Ada"), account("Bob")
    answers = await asyncio.gather(*(ada.post("/meetings", {"title": "Once"}, key="k-1") for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["meeting_id"] for answer in answers}) == 1
    other = await bob.post("/meetings", {"title": "Bob's"}, key="k-1")
    assert other.json()["title"] == "Bob's"
    async with ports.database.reading() as connection:
        assert (await connection.execute(select(func.count()).select_from(meetings))).scalar() == 2
    for key in ("x" * 65, "two words"):
        assert (await ada.post("/meetings", {}, key=key)).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {"title": ""},
        {"title": "x" * 201},
        {"title": 7},
        {"password": ""},
        {"password": "x" * 65},
        {"guests_allowed": "yes"},
        {"meeting_no": "123456789"},
        [],
        None,
    ],
)
async def test_a_wrong_meeting_is_not_made(account: MakePerson, ports: Ports, body: Any) -> None:
    answer = await account().post("/meetings", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    async with ports.database.reading() as connection:
        assert (await connection.execute(select(func.count()).select_from(meetings))).scalar() == 0


async def test_a_guest_and_nobody_make_no_meetings(
    client: httpx2.AsyncClient, account: MakePerson, guest: MakePerson
) -> None:
    assert (await client.post("/api/v1/meetings", json={})).status_code == 401
    gus = guest()
    await gus.join((await account().create())["meeting_no"])
    assert (await gus.post("/meetings", {})).status_code == 403


class TestBehindAProxy:
    @pytest.fixture
    def settings(self) -> MeetingSettings:
        return MeetingSettings(public_url="https://meet.example.org/")

    async def test_links_begin_as_configured(self, account: MakePerson) -> None:
        created = await account().create()
        assert created["join_url"] == f"https://meet.example.org/m/{created['meeting_no']}"
