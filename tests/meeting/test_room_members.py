"""Rooms beside the personal one: what their meetings begin with, who belongs to them, the link that stays."""

from typing import Any

import pytest
from tests.meeting.conftest import MakePerson, Person

from meeting_system.meeting.settings import MeetingSettings


@pytest.fixture
def settings() -> MeetingSettings:
    """Few rooms, to count to the end."""
    return MeetingSettings(rooms=3)


async def make_room(person: Person, **body: Any) -> dict[str, Any]:
    answer = await person.post("/rooms", {"display_name": "Lab"} | body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_meetings_begin_with_what_their_room_has(account: MakePerson, guest: MakePerson) -> None:
    ada = account("Ada")
    room = await make_room(
        ada, guests_allowed=False, password="geheim", options={"lobby": "guests", "mute_on_entry": True}
    )
    assert (room["has_password"], room["role"], room["personal"]) == (True, "owner", False)
    made = await ada.create(room_id=room["room_id"], options={"lobby": "everyone"})
    assert (made["title"], made["guests_allowed"], made["has_password"]) == ("Lab", False, True)
    assert (made["options"]["lobby"], made["options"]["mute_on_entry"]) == ("everyone", True)
    open_one = await ada.create(room_id=room["room_id"], password=None, guests_allowed=True)
    assert (open_one["has_password"], open_one["guests_allowed"]) == (False, True)
    changed = await ada.patch(
        f"/rooms/{room['room_id']}", {"password": None, "options": {"lobby": "off"}, "display_name": "Studio"}
    )
    assert changed.json() == room | {
        "display_name": "Studio",
        "has_password": False,
        "options": room["options"] | {"lobby": "off"},
    }
    assert (await ada.get(f"/rooms/{room['room_id']}")).json() == changed.json()
    assert (await ada.get(f"/meetings/{made['meeting_id']}")).json() == made


async def test_an_account_has_its_personal_room_first_and_some_more(account: MakePerson) -> None:
    ada = account("Ada")
    await make_room(ada, display_name="Zoo")
    await make_room(ada, display_name="Aula")
    rooms = (await ada.get("/rooms")).json()["items"]
    assert [(room["display_name"], room["personal"]) for room in rooms] == [
        ("Ada", True),
        ("Aula", False),
        ("Zoo", False),
    ]
    full = await ada.post("/rooms", {"display_name": "One too many"})
    assert (full.status_code, full.json()["code"]) == (409, "too_many_rooms")
    assert (await ada.delete(f"/rooms/{rooms[1]['room_id']}")).status_code == 204
    assert [room["display_name"] for room in (await ada.get("/rooms")).json()["items"]] == ["Ada", "Zoo"]
    await make_room(ada)
    personal = await ada.delete(f"/rooms/{rooms[0]['room_id']}")
    assert (personal.status_code, personal.json()["code"]) == (409, "room_in_use")


async def test_a_link_leads_to_the_meeting_once_the_owner_opened_the_room(
    account: MakePerson, guest: MakePerson
) -> None:
    ada, gus = account("Ada"), guest("Gus")
    room = (await ada.get("/rooms/mine")).json()
    assert room["link"] == f"http://localhost/r/{room['slug']}"
    shown = await gus.get(f"/rooms/preview/{room['slug']}")
    assert shown.json() == {"slug": room["slug"], "display_name": "Ada", "meeting_no": None}
    opened = (await ada.post(f"/rooms/{room['room_id']}/open")).json()
    assert (await ada.post(f"/rooms/{room['room_id']}/open")).json() == opened
    number = (await gus.get(f"/rooms/preview/{room['slug']}")).json()["meeting_no"]
    assert number == opened["meeting_no"]
    await gus.join(number)
    in_use = await ada.delete(f"/rooms/{room['room_id']}")
    assert in_use.json()["code"] == "room_in_use"
    await ada.post(f"/meetings/{opened['meeting_id']}/end")
    assert (await gus.get(f"/rooms/preview/{room['slug']}")).json()["meeting_no"] is None
    unknown = await gus.get("/rooms/preview/abc-defg-hij")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "room_not_found")


async def test_members_hold_meetings_and_owners_help_in_them(account: MakePerson) -> None:
    ada, bob, cat = account("Ada"), account("Bob"), account("Cat")
    room = await make_room(ada)
    members = f"/rooms/{room['room_id']}/members"
    assert (await bob.get(f"/rooms/{room['room_id']}")).json()["code"] == "room_not_found"
    added = await ada.post(members, {"email": "BOB@example.org"})
    assert (added.status_code, added.json()["display_name"], added.json()["role"]) == (201, "Bob", "member")
    unknown = await ada.post(members, {"email": "nobody@example.org"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "account_not_found")
    made = await bob.create(room_id=room["room_id"])
    assert (await bob.join(made["meeting_no"]))["role"] == "host"
    assert (await ada.join(made["meeting_no"]))["role"] == "co_host"
    opened = (await ada.post(f"/rooms/{room['room_id']}/open")).json()
    assert opened["meeting_id"] == made["meeting_id"]
    for answer in (
        await bob.patch(f"/rooms/{room['room_id']}", {"display_name": "Mine"}),
        await bob.post(members, {"email": "cat@example.org"}),
        await bob.patch(f"{members}/{bob.user_id}", {"role": "owner"}),
        await bob.delete(f"/rooms/{room['room_id']}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert (await cat.get(members)).status_code == 404
    assert (await bob.delete(f"{members}/{bob.user_id}")).status_code == 204
    assert (await bob.get(members)).status_code == 404


async def test_the_last_owner_of_a_room_stays(account: MakePerson) -> None:
    ada, bob = account("Ada"), account("Bob")
    room = await make_room(ada)
    members = f"/rooms/{room['room_id']}/members"
    for answer in (
        await ada.delete(f"{members}/{ada.user_id}"),
        await ada.patch(f"{members}/{ada.user_id}", {"role": "member"}),
        await ada.post(members, {"email": "ada@example.org", "role": "member"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "last_owner")
    await ada.post(members, {"email": "bob@example.org"})
    await ada.patch(f"{members}/{bob.user_id}", {"role": "owner"})
    assert (await ada.delete(f"{members}/{ada.user_id}")).status_code == 204
    listed = (await bob.get(members)).json()["items"]
    assert [(member["display_name"], member["role"]) for member in listed] == [("Bob", "owner")]
    assert (await bob.delete(f"{members}/{bob.user_id}")).json()["code"] == "last_owner"
    assert (await bob.delete(f"{members}/{ada.user_id}")).json()["code"] == "room_member_not_found"
    personal = (await ada.get("/rooms/mine")).json()["room_id"]
    await ada.post(f"/rooms/{personal}/members", {"email": "bob@example.org", "role": "owner"})
    stays = await ada.delete(f"/rooms/{personal}/members/{ada.user_id}")
    assert (stays.status_code, stays.json()["code"]) == (409, "last_owner")
