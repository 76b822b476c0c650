"""Looking at meetings."""

import httpx2
import pytest
from tests.meeting.conftest import NOBODY, MakePerson

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.meeting import Admission, ReportPresence
from meeting_system.kernel.clock import ManualClock


async def connect(bus: LocalBus, admission: Admission, state: str = "connected") -> None:
    await bus.call(
        ReportPresence(
            meeting_id=admission.meeting_id,
            run_id=admission.run_id,
            participant_id=admission.participant_id,
            state=state,  # type: ignore[arg-type]
        )
    )


async def test_my_meetings_come_in_pages_newest_first(account: MakePerson, clock: ManualClock) -> None:
    ada, bob = account("Ada"), account("Bob")
    made = []
    for n in range(5):
        clock.advance(1)
        made.append(await ada.create(title=f"M{n}"))
    await bob.create()
    first = (await ada.get("/meetings?limit=2")).json()
    second = (await ada.get("/meetings", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    last = (await ada.get("/meetings", params={"limit": 2, "cursor": second["next_cursor"]})).json()
    listed = [meeting for page in (first, second, last) for meeting in page["items"]]
    assert listed == list(reversed(made))
    assert last["next_cursor"] is None


async def test_who_joined_has_the_meeting_in_the_list(account: MakePerson) -> None:
    ada, bob = account("Ada"), account("Bob")
    created = await ada.create(title="Weekly")
    assert (await bob.get("/meetings")).json() == {"items": [], "next_cursor": None}
    await bob.join(created["meeting_no"])
    (listed,) = (await bob.get("/meetings")).json()["items"]
    assert (listed["title"], listed["is_host"], listed["host_name"]) == ("Weekly", False, "Ada")


async def test_a_list_is_one_statement_however_long(account: MakePerson, statements: list[str]) -> None:
    ada = account("Ada")
    for _ in range(30):
        await ada.join((await ada.create())["meeting_no"])
    statements.clear()
    listed = (await ada.get("/meetings?limit=30")).json()["items"]
    assert len(listed) == 30
    assert len(statements) == 1


async def test_the_count_is_who_is_present_and_afterwards_who_took_part(
    account: MakePerson, guest: MakePerson, bus: LocalBus, clock: ManualClock
) -> None:
    ada, gus, bob = account("Ada"), guest("Gus"), guest("Bob")
    created = await ada.create()
    url = f"/meetings/{created['meeting_id']}"
    people = []
    for person in (ada, gus, bob):
        people.append(await person.enter(created["meeting_no"]))
        clock.advance(1)
    await connect(bus, people[0])
    await connect(bus, people[1])
    assert (await ada.get(url)).json()["participant_count"] == 2
    await connect(bus, people[1], "reconnecting")
    assert (await ada.get(url)).json()["participant_count"] == 2
    await connect(bus, people[1], "left")
    assert (await ada.get(url)).json()["participant_count"] == 1
    listed = (await ada.get(f"{url}/participants")).json()["items"]
    assert [(person["display_name"], person["state"]) for person in listed] == [
        ("Ada", "connected"),
        ("Gus", "left"),
        ("Bob", "joining"),
    ]
    assert [person["is_guest"] for person in listed] == [False, True, True]
    await ada.post(f"{url}/end")
    assert (await ada.get(url)).json()["participant_count"] == 2


async def test_participants_come_in_pages(account: MakePerson, guest: MakePerson, clock: ManualClock) -> None:
    ada = account("Ada")
    created = await ada.create()
    for n in range(5):
        clock.advance(1)
        await guest(f"G{n}").join(created["meeting_no"])
    url = f"/meetings/{created['meeting_id']}/participants"
    first = (await ada.get(f"{url}?limit=3")).json()
    rest = (await ada.get(url, params={"cursor": first["next_cursor"]})).json()
    names = [person["display_name"] for page in (first, rest) for person in page["items"]]
    assert names == ["G0", "G1", "G2", "G3", "G4"]
    assert rest["next_cursor"] is None


async def test_anyone_may_know_a_little_before_joining(
    client: httpx2.AsyncClient, account: MakePerson
) -> None:
    created = await account("Ada").create(title="Weekly", password="secret")
    for reference in (created["meeting_no"], created["meeting_id"]):
        answer = await client.get(f"/api/v1/meetings/preview/{reference}")
        assert answer.json() == {
            "meeting_id": created["meeting_id"],
            "meeting_no": created["meeting_no"],
            "title": "Weekly",
            "host_name": "Ada",
            "has_password": True,
            "guests_allowed": True,
            "status": "scheduled",
            "entry": "open",
            "lobby": "off",
            "is_series": False,
            "starts_at": None,
            "ends_at": None,
            "opens_at": None,
            "time_zone": None,
        }


@pytest.mark.parametrize("reference", ["nonsense", "123456780", NOBODY, "%F0%9F%98%80"])
async def test_there_is_nothing_to_know_of_no_meeting(client: httpx2.AsyncClient, reference: str) -> None:
    answer = await client.get(f"/api/v1/meetings/preview/{reference}")
    assert (answer.status_code, answer.json()["code"]) == (404, "meeting_not_found")


@pytest.mark.parametrize("meeting_id", ["nonsense", "123456789", NOBODY])
@pytest.mark.parametrize("path", ["", "/participants", "/messages"])
async def test_no_meeting_has_such_an_id(account: MakePerson, meeting_id: str, path: str) -> None:
    answer = await account().get(f"/meetings/{meeting_id}{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "meeting_not_found")


@pytest.mark.parametrize("query", ["cursor=x", "cursor=eHg", "limit=0", "limit=101", "limit=x", "cursor=%00"])
async def test_a_wrong_page_is_refused(account: MakePerson, query: str) -> None:
    assert (await account().get(f"/meetings?{query}")).status_code == 422


async def test_a_change_is_merged_and_a_wrong_one_changes_nothing(account: MakePerson) -> None:
    ada = account("Ada")
    created = await ada.create(title="Old", password="secret")
    url = f"/meetings/{created['meeting_id']}"
    changed = (await ada.patch(url, {"title": "New", "guests_allowed": False})).json()
    assert changed == created | {"title": "New", "guests_allowed": False, "version": 2}
    for wrong in ({"title": None}, {"guests_allowed": None}, {"status": "ended"}, {"title": "x" * 201}, []):
        assert (await ada.patch(url, wrong)).status_code == 422
    assert (await ada.get(url)).json() == changed
    await ada.post(f"{url}/end")
    answer = await ada.patch(url, {"title": "Late"})
    assert (answer.status_code, answer.json()["code"]) == (409, "meeting_ended")
