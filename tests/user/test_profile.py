"""Who somebody is."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import select, update
from tests.user.conftest import PASSWORD, Register, bearer

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.contact import Contact, FindContacts
from meeting_system.contracts.user import FindProfiles
from meeting_system.kernel.clock import ManualClock
from meeting_system.kernel.ids import new_id
from meeting_system.kit.cache import Cache
from meeting_system.kit.plug import Ports
from meeting_system.user import jobs
from meeting_system.user.context import Context
from meeting_system.user.models import accounts, refresh_families
from meeting_system.user.postman import Postman
from meeting_system.user.schemas import CachedAccount
from meeting_system.user.settings import UserSettings

ME = "/api/v1/users/me"


async def test_a_change_is_merged_into_the_profile(register: Register, client: httpx2.AsyncClient) -> None:
    ada = await register()
    changed = await client.patch(ME, json={"display_name": "  Ada   Lovelace "}, headers=bearer(ada))
    assert changed.json() == ada["user"] | {"display_name": "Ada Lovelace"}
    changed = await client.patch(ME, json={"locale": "zh-CN"}, headers=bearer(ada))
    assert changed.json() == ada["user"] | {"display_name": "Ada Lovelace", "locale": "zh-CN"}
    unchanged = await client.patch(ME, json={}, headers=bearer(ada))
    assert unchanged.json() == changed.json()


@pytest.mark.parametrize(
    "change",
    [
        {"display_name": None},
        {"locale": None},
        {"email": "eve@example.org"},
        {"role": "admin"},
        {"display_name": "x" * 65},
        {"locale": "de"},
        [],
        "x",
        {"display_name": ["x"]},
    ],
)
async def test_a_wrong_change_changes_nothing(
    register: Register, client: httpx2.AsyncClient, change: Any
) -> None:
    ada = await register()
    answer = await client.patch(ME, json=change, headers=bearer(ada))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert (await client.get(ME, headers=bearer(ada))).json() == ada["user"]


@pytest.mark.parametrize("header", [None, "Bearer x", "Bearer ", "Basic QTpC", "Bearer a.b.c"])
async def test_without_a_valid_token_there_is_no_profile(
    client: httpx2.AsyncClient, header: str | None
) -> None:
    answer = await client.get(ME, headers={"Authorization": header} if header else {})
    assert answer.status_code == 401


async def test_other_services_find_public_faces_and_unknown_ids_are_absent(
    register: Register, bus: LocalBus
) -> None:
    ada, bob = await register("ada@example.org"), await register("bob@example.org", display_name="Bob")
    wanted = [ada["user"]["user_id"], bob["user"]["user_id"], new_id(0), "no id", ""]
    found = await bus.call(FindProfiles(user_ids=wanted))
    assert sorted(profile.display_name for profile in found.items) == ["Ada", "Bob"]
    assert (await bus.call(FindProfiles(user_ids=[]))).items == []


async def test_administrators_page_through_the_audit_trail(
    register: Register, client: httpx2.AsyncClient, ports: Ports
) -> None:
    ada = await register()
    refused = await client.get("/api/v1/audit", headers=bearer(ada))
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    async with ports.database.transaction() as connection:
        await connection.execute(update(accounts).values(role="admin"))
    login = {"email": "ada@example.org", "password": PASSWORD}
    admin = (await client.post("/api/v1/auth/login", json=login)).json()
    first = (await client.get("/api/v1/audit?limit=1", headers=bearer(admin))).json()
    assert [entry["action"] for entry in first["items"]] == ["logged_in"]
    cursor = first["next_cursor"]
    second = (await client.get(f"/api/v1/audit?limit=1&cursor={cursor}", headers=bearer(admin))).json()
    assert [entry["action"] for entry in second["items"]] == ["registered"]
    assert second["next_cursor"] is None
    for query in ("cursor=x", "cursor=eHg", "limit=0", "limit=101", "limit=x"):
        assert (await client.get(f"/api/v1/audit?{query}", headers=bearer(admin))).status_code == 422


async def test_expired_families_are_deleted_and_living_ones_stay(
    register: Register, client: httpx2.AsyncClient, clock: ManualClock, ports: Ports
) -> None:
    await register("old@example.org")
    clock.advance(31 * 24 * 3600)
    ada = await register("ada@example.org")
    context = Context(
        ports,
        UserSettings(),
        passwords=None,
        postman=Postman(ports),
        studio=None,
        providers={},  # type: ignore[arg-type]
        accounts=Cache(ports.store, "account", CachedAccount),
    )
    assert await jobs.purge(context) == 1
    async with ports.database.reading() as connection:
        left = (await connection.execute(select(refresh_families.c.user_id))).scalars().all()
    assert left == [ada["user"]["user_id"]]


async def test_contacts_are_found_by_id_and_by_address(register: Register, bus: LocalBus) -> None:
    made = (await register())["user"]
    contact = Contact(
        user_id=made["user_id"], email=made["email"], display_name=made["display_name"], locale=made["locale"]
    )
    for asked in (
        FindContacts(user_ids=[made["user_id"], "nonsense"]),
        FindContacts(emails=[made["email"], "nobody@example.org"]),
        FindContacts(user_ids=[made["user_id"]], emails=[made["email"]]),
    ):
        assert (await bus.call(asked)).items == [contact]
    assert (await bus.call(FindContacts())).items == []
