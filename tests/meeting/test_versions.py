"""ETag and If-Match: nobody overwrites what somebody else changed meanwhile."""

from typing import Any

import httpx2
from tests.meeting.conftest import MakePerson, Person


async def change(person: Person, path: str, body: dict[str, Any], tag: str) -> httpx2.Response:
    headers = person.headers | {"If-Match": tag}
    return await person.client.patch(f"/api/v1{path}", json=body, headers=headers)


async def test_a_meeting_changed_meanwhile_is_not_overwritten(account: MakePerson) -> None:
    ada = account("Ada")
    path = f"/meetings/{(await ada.create(title='First'))['meeting_id']}"
    tag = (await ada.get(path)).headers["etag"]
    first = await change(ada, path, {"title": "Mine"}, tag)
    assert first.status_code == 200
    second = await change(ada, path, {"title": "Yours"}, tag)
    assert (second.status_code, second.json()["code"]) == (412, "precondition_failed")
    assert (await ada.get(path)).json()["title"] == "Mine"
    for newer in (first.headers["etag"], "*"):
        assert (await change(ada, path, {"title": "Ours"}, newer)).status_code == 200


async def test_who_comes_changes_what_is_shown_and_no_version(account: MakePerson) -> None:
    ada = account("Ada")
    made = await ada.create(title="First")
    await ada.post(f"/meetings/{made['meeting_id']}/start")
    path = f"/meetings/{made['meeting_id']}"
    before = (await ada.get(path)).headers["etag"]
    await account("Bob").join(made["meeting_no"])
    assert (await change(ada, path, {"title": "Mine"}, before)).status_code == 200


async def test_a_room_has_a_version_too(account: MakePerson) -> None:
    ada = account("Ada")
    tag = (await ada.get("/rooms/mine")).headers["etag"]
    assert (await change(ada, "/rooms/mine", {"guests_allowed": False}, tag)).status_code == 200
    assert (await change(ada, "/rooms/mine", {"guests_allowed": True}, tag)).status_code == 412


async def test_what_is_known_is_not_sent_again(account: MakePerson) -> None:
    ada = account("Ada")
    path = f"/meetings/{(await ada.create())['meeting_id']}"
    tag = (await ada.get(path)).headers["etag"]
    headers = ada.headers | {"If-None-Match": tag}
    assert (await ada.client.get(f"/api/v1{path}", headers=headers)).status_code == 304
    await ada.patch(path, {"title": "Another"})
    assert (await ada.client.get(f"/api/v1{path}", headers=headers)).status_code == 200
