"""Joining a meeting."""

import asyncio
import time
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select
from tests.meeting.conftest import MakePerson

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.meeting import RedeemTicket
from meeting_system.kernel.clock import ManualClock
from meeting_system.kernel.errors import AppError
from meeting_system.kit.plug import Ports
from meeting_system.meeting.models import meetings, participants, runs
from meeting_system.meeting.settings import MeetingSettings


async def test_the_host_joins_and_the_meeting_is_live(account: MakePerson) -> None:
    ada = account("Ada")
    created = await ada.create(title="Weekly")
    joined = await ada.join(created["meeting_no"])
    assert joined["role"] == "host"
    assert joined["display_name"] == "Ada"
    assert joined["signaling_url"] == "/ws/signaling"
    assert joined["ticket_expires_in_s"] == 30
    assert len(joined["ticket"]) >= 22
    assert "guest_token" not in joined
    found = (await ada.get(f"/meetings/{created['meeting_id']}")).json()
    assert found["status"] == "live"
    assert found["started_at"] is not None


async def test_somebody_else_may_be_first(account: MakePerson, guest: MakePerson) -> None:
    created = await account("Ada").create()
    assert (await account("Bob").join(created["meeting_id"]))["role"] == "attendee"
    joined = await guest("Gus").join(created["meeting_no"])
    assert (joined["role"], joined["display_name"]) == ("attendee", "Gus")


async def test_the_same_device_is_the_same_participant(account: MakePerson, guest: MakePerson) -> None:
    ada, gus = account("Ada"), guest("Gus")
    created = await ada.create()
    for person in (ada, gus):
        first = await person.join(created["meeting_no"])
        again = await person.join(created["meeting_no"], display_name="Other Name")
        assert again["participant_id"] == first["participant_id"]
        assert again["display_name"] == "Other Name"
        assert again["ticket"] != first["ticket"]
    gus.headers = {}
    assert (await gus.join(created["meeting_no"]))["participant_id"] == again["participant_id"]
    ada.device_id = "another-device"
    assert (await ada.join(created["meeting_no"]))["participant_id"] != first["participant_id"]


async def test_two_people_at_one_device_are_two_participants(account: MakePerson, guest: MakePerson) -> None:
    ada, bob, gus = account("Ada"), account("Bob"), guest("Gus")
    bob.device_id = gus.device_id = ada.device_id
    created = await ada.create()
    ids = {(await person.join(created["meeting_no"]))["participant_id"] for person in (ada, bob, gus)}
    assert len(ids) == 3


async def test_a_guest_who_comes_back_needs_no_name(account: MakePerson, guest: MakePerson) -> None:
    created, gus = await account().create(), guest("Gus")
    await gus.join(created["meeting_no"])
    answer = await gus.post(f"/meetings/{created['meeting_no']}/join", {"device_id": gus.device_id})
    assert answer.json()["display_name"] == "Gus"


async def test_a_guest_can_come_back_after_hours(
    account: MakePerson, guest: MakePerson, clock: ManualClock
) -> None:
    created, gus = await account().create(password="secret"), guest("Gus")
    first = await gus.join(created["meeting_no"], password="secret")
    clock.advance(5 * 3600)
    assert (await gus.join(created["meeting_no"]))["participant_id"] == first["participant_id"]


async def test_a_guest_of_another_meeting_is_a_stranger_here(account: MakePerson, guest: MakePerson) -> None:
    ada, gus = account(), guest()
    here, there = await ada.create(), await ada.create()
    await gus.join(there["meeting_no"])
    answer = await gus.post(f"/meetings/{here['meeting_no']}/join", {"device_id": gus.device_id})
    assert (answer.status_code, answer.json()["code"]) == (422, "display_name_required")


async def test_a_meeting_without_guests_sends_them_to_sign_in(account: MakePerson, guest: MakePerson) -> None:
    created = await account().create(guests_allowed=False)
    answer = await guest().try_join(created["meeting_no"])
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_required")
    assert (await account("Bob").try_join(created["meeting_no"])).status_code == 200


@pytest.mark.parametrize(
    "reference", ["999999999", "nonsense", "019b76da-a800-7a5d-a3cf-1bce68410e09", "%00"]
)
async def test_there_is_no_such_meeting(guest: MakePerson, reference: str) -> None:
    answer = await guest().try_join(reference)
    assert (answer.status_code, answer.json()["code"]) == (404, "meeting_not_found")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"device_id": ""}, "/device_id"),
        ({"device_id": "x" * 65}, "/device_id"),
        ({"device_id": "two words"}, "/device_id"),
        ({"device_id": None}, "/device_id"),
        ({"device_id": 7}, "/device_id"),
        ({"display_name": "x" * 65}, "/display_name"),
        ({"display_name": "a\u0007"}, "/display_name"),
        ({"password": "x" * 65}, "/password"),
        ({"role": "host"}, "/role"),
    ],
)
async def test_a_wrong_field_is_named(
    account: MakePerson, guest: MakePerson, ports: Ports, change: dict[str, Any], pointer: str
) -> None:
    created = await account().create()
    answer = await guest().try_join(created["meeting_no"], **change)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.json()["errors"][0]["pointer"] == pointer
    async with ports.database.reading() as connection:
        assert (await connection.execute(select(func.count()).select_from(participants))).scalar() == 0


class TestAPassword:
    async def test_is_asked_of_everybody_but_the_host(self, account: MakePerson, guest: MakePerson) -> None:
        ada, gus = account("Ada"), guest("Gus")
        created = await ada.create(password="开会123")
        assert created["has_password"] is True
        assert (await ada.try_join(created["meeting_no"])).status_code == 200
        asked = await gus.try_join(created["meeting_no"])
        assert (asked.status_code, asked.json()["code"]) == (403, "meeting_password_required")
        wrong = await gus.try_join(created["meeting_no"], password="开会")
        assert (wrong.status_code, wrong.json()["code"]) == (403, "meeting_password_wrong")
        assert (await gus.try_join(created["meeting_no"], password="开会123")).status_code == 200

    async def test_is_not_asked_again_of_who_shows_the_token(
        self, account: MakePerson, guest: MakePerson
    ) -> None:
        bob, gus = account("Bob"), guest("Gus")
        created = await account("Ada").create(password="secret")
        for person in (bob, gus):
            await person.join(created["meeting_no"], password="secret")
            assert (await person.try_join(created["meeting_no"])).status_code == 200
        gus.headers = {}
        assert (await gus.try_join(created["meeting_no"])).status_code == 403

    async def test_is_guessed_ten_times_and_not_more(self, account: MakePerson, guest: MakePerson) -> None:
        eve = guest("Eve")
        created, other = await account().create(password="secret"), await account().create(password="other")
        codes = [
            (await eve.try_join(created["meeting_no"], password=f"guess{n}")).status_code for n in range(12)
        ]
        assert codes == [403] * 10 + [429] * 2
        late = await eve.try_join(created["meeting_no"], password="secret")
        assert (late.status_code, late.json()["code"]) == (429, "too_many")
        assert int(late.headers["retry-after"]) == 600
        assert (await eve.try_join(other["meeting_no"], password="other")).status_code == 200

    async def test_that_is_right_may_be_sent_by_a_whole_office_at_once(
        self, account: MakePerson, guest: MakePerson
    ) -> None:
        created = await account().create(password="secret")
        people = [guest(f"G{n}") for n in range(15)]
        answers = await asyncio.gather(
            *(person.try_join(created["meeting_no"], password="secret") for person in people)
        )
        assert {answer.status_code for answer in answers} == {200}

    async def test_can_be_changed_and_taken_away(self, account: MakePerson, guest: MakePerson) -> None:
        ada, gus = account(), guest()
        created = await ada.create(password="secret")
        url = f"/meetings/{created['meeting_id']}"
        assert (await ada.patch(url, {"password": "new"})).json()["has_password"] is True
        assert (await gus.try_join(created["meeting_no"], password="secret")).status_code == 403
        assert (await ada.patch(url, {"password": None})).json()["has_password"] is False
        assert (await gus.try_join(created["meeting_no"])).status_code == 200


async def test_scanning_numbers_ends_soon(client: httpx2.AsyncClient, account: MakePerson) -> None:
    created = await account().create()
    codes = [
        (await client.get(f"/api/v1/meetings/preview/{number}")).status_code
        for number in range(100_000_000, 100_000_062)
    ]
    assert codes == [404] * 60 + [429] * 2
    assert (await client.get(f"/api/v1/meetings/preview/{created['meeting_no']}")).status_code == 429


class TestASmallInstallation:
    @pytest.fixture
    def settings(self) -> MeetingSettings:
        return MeetingSettings(max_participants=2)

    async def test_is_full_but_not_for_who_is_in_or_hosts(
        self, account: MakePerson, guest: MakePerson
    ) -> None:
        ada, gus, eve = account("Ada"), guest("Gus"), guest("Eve")
        created = await ada.create()
        await gus.join(created["meeting_no"])
        await guest("Bob").join(created["meeting_no"])
        answer = await eve.try_join(created["meeting_no"])
        assert (answer.status_code, answer.json()["code"]) == (409, "meeting_full")
        assert (await gus.try_join(created["meeting_no"])).status_code == 200
        assert (await ada.try_join(created["meeting_no"])).status_code == 200

    async def test_has_room_again_for_tickets_that_were_not_used(
        self, account: MakePerson, guest: MakePerson, clock: ManualClock
    ) -> None:
        created = await account("Ada").create()
        await guest("Gus").join(created["meeting_no"])
        await guest("Bob").join(created["meeting_no"])
        clock.advance(31)
        assert (await guest("Eve").try_join(created["meeting_no"])).status_code == 200


async def test_twenty_at_the_same_moment_are_in_one_run(
    account: MakePerson, guest: MakePerson, ports: Ports
) -> None:
    created = await account("Ada").create()
    people = [guest(f"G{n}") if n % 2 else account(f"A{n}") for n in range(20)]
    joined = await asyncio.gather(*(person.join(created["meeting_no"]) for person in people))
    assert len({one["participant_id"] for one in joined}) == 20
    async with ports.database.reading() as connection:
        assert len((await connection.execute(select(runs))).all()) == 1
        assert len((await connection.execute(select(participants))).all()) == 20
        status = (await connection.execute(select(meetings.c.status))).scalar_one()
    assert status == "live"


async def test_one_device_that_joins_twenty_times_at_once_is_one_participant(
    account: MakePerson, guest: MakePerson
) -> None:
    created, gus = await account("Ada").create(), guest("Gus")
    answers = await asyncio.gather(*(gus.try_join(created["meeting_no"]) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["participant_id"] for answer in answers}) == 1
    assert len({answer.json()["ticket"] for answer in answers}) == 20


async def test_a_join_is_two_statements_and_the_first_reads_what_webhooks_are_told(
    account: MakePerson, guest: MakePerson, statements: list[str]
) -> None:
    ada, gus = account("Ada"), guest("Gus")
    created = await ada.create()
    for person, count in ((ada, 3), (gus, 2), (gus, 2), (account("Bob"), 2)):
        statements.clear()
        await person.join(created["meeting_no"])
        assert len(statements) == count, statements


async def test_a_join_costs_little(account: MakePerson) -> None:
    created = await account("Ada").create()
    people = [account(f"A{n}") for n in range(50)]
    for person in people:
        await person.join(created["meeting_no"])
    began = time.process_time()
    for person in people:
        await person.join(created["meeting_no"])
    spent_ms = (time.process_time() - began) * 1000 / len(people)
    # With the client's part, which is about a third. A generous bound: the machine of the tests is shared.
    assert spent_ms < 20


class TestATicket:
    async def test_lets_in_once_and_says_who(
        self, account: MakePerson, guest: MakePerson, bus: LocalBus
    ) -> None:
        ada, gus = account("Ada"), guest("Gus")
        created = await ada.create()
        admission = await ada.enter(created["meeting_no"])
        assert (admission.role, admission.is_guest, admission.user_id) == ("host", False, ada.user_id)
        joined = await gus.join(created["meeting_no"])
        request = RedeemTicket(
            ticket=joined["ticket"], meeting_id=joined["meeting_id"], device_id=gus.device_id
        )
        admission = await bus.call(request)
        assert (admission.is_guest, admission.user_id, admission.display_name) == (True, None, "Gus")
        assert admission.participant_id == joined["participant_id"]
        await _refused(bus, request)

    async def test_carries_the_picture_of_an_account_and_guests_have_none(
        self, account: MakePerson, guest: MakePerson
    ) -> None:
        ada = account("Ada", avatar_url="/api/v1/users/1/avatar/2")
        created = await ada.create()
        assert (await ada.enter(created["meeting_no"])).avatar_url == "/api/v1/users/1/avatar/2"
        assert (await account("Bob").enter(created["meeting_no"])).avatar_url is None
        assert (await guest("Gus").enter(created["meeting_no"])).avatar_url is None

    async def test_is_for_one_meeting_and_one_device(
        self, guest: MakePerson, account: MakePerson, bus: LocalBus
    ) -> None:
        created, gus = await account("Ada").create(), guest("Gus")
        for change in ({"meeting_id": "another"}, {"device_id": "another"}):
            joined = await gus.join(created["meeting_no"])
            good = {
                "ticket": joined["ticket"],
                "meeting_id": joined["meeting_id"],
                "device_id": gus.device_id,
            }
            await _refused(bus, RedeemTicket(**good | change))

    async def test_is_nothing_when_made_up(self, account: MakePerson, bus: LocalBus) -> None:
        created = await account("Ada").create()
        for ticket in ("", "x", "A" * 22, "\u0000"):
            await _refused(bus, RedeemTicket(ticket=ticket, meeting_id=created["meeting_id"], device_id="d"))

    async def test_does_not_let_in_who_was_removed_in_between(
        self, account: MakePerson, guest: MakePerson, bus: LocalBus
    ) -> None:
        ada, gus = account("Ada"), guest("Gus")
        created = await ada.create()
        await ada.join(created["meeting_no"])
        joined = await gus.join(created["meeting_no"])
        url = f"/meetings/{created['meeting_id']}/participants/{joined['participant_id']}/remove"
        assert (await ada.post(url)).status_code == 204
        await _refused(
            bus,
            RedeemTicket(ticket=joined["ticket"], meeting_id=joined["meeting_id"], device_id=gus.device_id),
        )


async def _refused(bus: LocalBus, request: RedeemTicket) -> None:
    with pytest.raises(AppError) as raised:
        await bus.call(request)
    assert (raised.value.status, raised.value.code) == (401, "ticket_invalid")
