"""What administrators do with the accounts of others, and what they can't."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from sqlalchemy import text, update
from tests.user.conftest import IN_BODY, PASSWORD, Register, bearer

from meeting_system.adapters.bus import LocalBus
from meeting_system.adapters.mail_console import ConsoleMail
from meeting_system.contracts.account import DisconnectAccount
from meeting_system.contracts.audit import NoteModeration
from meeting_system.contracts.call import Nothing
from meeting_system.contracts.permissions import ACCOUNT_PERMISSIONS
from meeting_system.kernel.ids import new_id
from meeting_system.kernel.principal import AccountRole
from meeting_system.kit.plug import Ports
from meeting_system.user.models import accounts
from meeting_system.user.postman import Postman
from meeting_system.user.rules import rank

ADMIN = "/api/v1/admin/users"
Person = dict[str, Any]
WithRole = Callable[..., Awaitable[Person]]


@pytest.fixture
def with_role(register: Register, client: httpx2.AsyncClient, ports: Ports) -> WithRole:
    """Make an account with a role and log it in."""

    async def make(role: AccountRole, name: str = "") -> Person:
        email = f"{name or role.replace('_', '-')}@example.org"
        signed_in = await register(email)
        async with ports.database.transaction() as connection:
            user_id = signed_in["user"]["user_id"]
            await connection.execute(update(accounts).where(accounts.c.user_id == user_id).values(role=role))
        answer = await client.post(
            "/api/v1/auth/login", json={"email": email, "password": PASSWORD}, headers=IN_BODY
        )
        person: Person = answer.json()
        return person

    return make


def id_of(person: Person) -> str:
    user_id: str = person["user"]["user_id"]
    return user_id


OPERATIONS: dict[str, tuple[str, str, Any, str]] = {
    "list users": ("GET", "", None, "user:read"),
    "get a user": ("GET", "/{target}", None, "user:read"),
    "create a user": ("POST", "", {"email": "new@example.org", "display_name": "New"}, "user:create"),
    "ban": ("POST", "/{target}/ban", None, "user:ban"),
    "unban": ("POST", "/{target}/unban", None, "user:ban"),
    "log out": ("POST", "/{target}/log-out", None, "user:log_out"),
    "change the role": ("POST", "/{target}/role", {"role": "guest"}, "user:change_role"),
    "make a link": ("POST", "/{target}/reset-password", None, "user:reset_password"),
    "list clients": ("GET", "/../clients", None, "client:manage"),
    "make a client": ("POST", "/../clients", {"name": "P", "scopes": ["profile:read"]}, "client:manage"),
    "read the audit trail": ("GET", "/../../audit", None, "audit:read"),
    "verify the audit trail": ("GET", "/../../audit/verify", None, "audit:read"),
    "delete": ("DELETE", "/{target}", None, "user:delete"),
}


def url_of(path: str, target: str) -> str:
    return {
        "/../clients": "/api/v1/admin/clients",
        "/../../audit": "/api/v1/audit",
        "/../../audit/verify": "/api/v1/audit/verify",
    }.get(path, ADMIN + path.format(target=target))


@pytest.mark.parametrize("role", list(AccountRole))
async def test_each_role_may_what_the_table_says(
    with_role: WithRole, client: httpx2.AsyncClient, role: AccountRole
) -> None:
    actor = await with_role(role, "actor")
    target = await with_role(AccountRole.GUEST, "target")
    for name, (method, path, body, permission) in OPERATIONS.items():
        url = url_of(path, id_of(target))
        answer = await client.request(method, url, json=body, headers=bearer(actor))
        may = permission in ACCOUNT_PERMISSIONS[role]
        assert (answer.status_code < 300) is may, (name, answer.text)
        if not may:
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), name
        assert (await client.request(method, url, json=body)).status_code == 401


async def test_nobody_touches_their_own_rank_or_a_higher_one_but_super_admins(
    with_role: WithRole, client: httpx2.AsyncClient
) -> None:
    people = {role: await with_role(role) for role in AccountRole}
    others = {role: await with_role(role, f"other-{role.replace('_', '-')}") for role in AccountRole}
    for role in (AccountRole.ADMIN, AccountRole.SUPER_ADMIN):
        for other, target in others.items():
            may = role is AccountRole.SUPER_ADMIN or rank(other) < rank(role)
            answer = await client.post(f"{ADMIN}/{id_of(target)}/unban", headers=bearer(people[role]))
            assert (answer.status_code == 200) is may, (role, other)
            if not may:
                assert answer.json()["code"] == "rank_too_high"


async def test_nobody_gives_more_than_they_are(with_role: WithRole, client: httpx2.AsyncClient) -> None:
    admin, target = await with_role(AccountRole.ADMIN), await with_role(AccountRole.USER)
    url = f"{ADMIN}/{id_of(target)}/role"
    above = await client.post(url, json={"role": "super_admin"}, headers=bearer(admin))
    assert (above.status_code, above.json()["code"]) == (403, "rank_too_high")
    born_above = {"email": "x@example.org", "display_name": "X", "role": "super_admin"}
    assert (await client.post(ADMIN, json=born_above, headers=bearer(admin))).status_code == 403
    same = await client.post(url, json={"role": "admin"}, headers=bearer(admin))
    assert same.json()["role"] == "admin"
    own = await client.post(f"{ADMIN}/{id_of(admin)}/role", json={"role": "user"}, headers=bearer(admin))
    assert (own.status_code, own.json()["code"]) == (409, "not_yourself")


async def test_the_last_super_admin_stays(
    with_role: WithRole, client: httpx2.AsyncClient, ports: Ports
) -> None:
    first = await with_role(AccountRole.SUPER_ADMIN, "first")
    second = await with_role(AccountRole.SUPER_ADMIN, "second")
    banned = await client.post(f"{ADMIN}/{id_of(second)}/ban", headers=bearer(first))
    assert banned.status_code == 200
    answer = await client.post("/api/v1/users/me/delete", json={"password": PASSWORD}, headers=bearer(first))
    assert (answer.status_code, answer.json()["code"]) == (409, "last_super_admin")
    assert (await client.get("/api/v1/users/me", headers=bearer(first))).status_code == 200


async def test_a_ban_ends_tokens_at_once_and_logging_in_until_it_is_lifted(
    with_role: WithRole, client: httpx2.AsyncClient
) -> None:
    admin, eve = await with_role(AccountRole.ADMIN), await with_role(AccountRole.USER, "eve")
    banned = await client.post(f"{ADMIN}/{id_of(eve)}/ban", headers=bearer(admin))
    assert banned.json()["disabled_at"] is not None
    refused = await client.get("/api/v1/users/me", headers=bearer(eve))
    assert (refused.status_code, refused.json()["code"]) == (401, "token_invalid")
    refresh = await client.post("/api/v1/auth/refresh", json={"refresh_token": eve["refresh_token"]})
    assert refresh.status_code == 401
    login = {"email": "eve@example.org", "password": PASSWORD}
    assert (await client.post("/api/v1/auth/login", json=login)).json()["code"] == "credentials_wrong"
    lifted = await client.post(f"{ADMIN}/{id_of(eve)}/unban", headers=bearer(admin))
    assert lifted.json()["disabled_at"] is None
    assert (await client.post("/api/v1/auth/login", json=login)).status_code == 200


async def test_a_new_role_and_a_forced_log_out_end_log_ins(
    with_role: WithRole, client: httpx2.AsyncClient
) -> None:
    admin = await with_role(AccountRole.ADMIN)
    for action, body in (("role", {"role": "moderator"}), ("log-out", None)):
        person = await with_role(AccountRole.USER, f"user-{action}")
        url = f"{ADMIN}/{id_of(person)}/{action}"
        assert (await client.post(url, json=body, headers=bearer(admin))).status_code < 300
        assert (await client.get("/api/v1/users/me", headers=bearer(person))).status_code == 401


async def test_who_is_logged_out_leaves_every_meeting_once_the_tokens_are_refused(
    with_role: WithRole, client: httpx2.AsyncClient, bus: LocalBus, ports: Ports
) -> None:
    admin, ada = await with_role(AccountRole.ADMIN), await with_role(AccountRole.USER, "ada")
    bo = await with_role(AccountRole.USER, "bo")
    left: list[str] = []

    async def note(request: DisconnectAccount) -> Nothing:
        assert (await client.get("/api/v1/users/me", headers=bearer(ada))).status_code == 401
        left.append(request.user_id)
        return Nothing()

    bus.connect({DisconnectAccount: note}, {})
    await client.post(f"{ADMIN}/{id_of(ada)}/log-out", headers=bearer(admin))
    await client.post("/api/v1/auth/logout-all", headers=bearer(bo))
    async with asyncio.timeout(5):
        while len(left) < 2:  # noqa: ASYNC110  # the outbox runs beside
            await asyncio.sleep(0.01)
    assert left == [id_of(ada), id_of(bo)]


async def test_what_was_done_in_a_meeting_is_in_the_trail_once_and_sealed(
    with_role: WithRole, client: httpx2.AsyncClient, bus: LocalBus, ports: Ports
) -> None:
    admin, ada = await with_role(AccountRole.ADMIN), await with_role(AccountRole.USER, "ada")
    note = NoteModeration(
        note_id=new_id(0),
        at=ports.clock.now(),
        action="participant_removed",
        user_id=id_of(ada),
        detail={"meeting": new_id(0), "by": id_of(admin)},
    )
    for _ in range(2):
        await bus.call(note)
    query = {"user_id": id_of(ada), "action": "participant_removed"}
    page = (await client.get("/api/v1/audit", params=query, headers=bearer(admin))).json()
    assert [(item["user_id"], item["detail"]) for item in page["items"]] == [(id_of(ada), note.detail)]
    check = (await client.get("/api/v1/audit/verify", headers=bearer(admin))).json()
    assert check["sound"], check


async def test_accounts_are_found_by_parts_of_name_and_address_page_by_page(
    with_role: WithRole, register: Register, client: httpx2.AsyncClient
) -> None:
    admin = await with_role(AccountRole.ADMIN)
    for number in range(5):
        await register(f"person{number}@example.org", display_name=f"阿达 {number}%")
    found: list[str] = []
    cursor: str | None = None
    while True:
        query = {"search": "阿达", "limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get(ADMIN, params=query, headers=bearer(admin))).json()
        found += [item["display_name"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(found) == [f"阿达 {number}%" for number in range(5)]
    for search, count in (("PERSON3@", 1), ("_", 0), ("%", 5), ("nobody", 0)):
        page = (await client.get(ADMIN, params={"search": search}, headers=bearer(admin))).json()
        assert len(page["items"]) == count, search
    page = (await client.get(ADMIN, params={"role": "admin"}, headers=bearer(admin))).json()
    assert [item["role"] for item in page["items"]] == ["admin"]
    assert "password_hash" not in page["items"][0]


async def test_who_is_given_an_account_gets_a_letter_and_chooses_a_password(
    with_role: WithRole, client: httpx2.AsyncClient, ports: Ports, mail: ConsoleMail
) -> None:
    admin = await with_role(AccountRole.ADMIN)
    sent = {"email": "new@example.org", "display_name": "新人", "locale": "zh-CN", "role": "moderator"}
    made = await client.post(ADMIN, json=sent, headers=bearer(admin))
    assert (made.status_code, made.json()["role"], made.json()["has_password"]) == (201, "moderator", False)
    assert (await client.post(ADMIN, json=sent, headers=bearer(admin))).json()["code"] == "email_taken"
    login = {"email": "new@example.org", "password": "a long new password"}
    assert (await client.post("/api/v1/auth/login", json=login)).status_code == 401
    token = await link_in_letter(ports, mail, "reset-password#")
    chosen = {"token": token, "password": "a long new password"}
    assert (await client.post("/api/v1/auth/reset-password", json=chosen)).status_code == 204
    assert (await client.post("/api/v1/auth/login", json=login)).status_code == 200


async def test_an_administrator_hands_a_link_over_where_there_is_no_mail(
    with_role: WithRole, client: httpx2.AsyncClient
) -> None:
    admin, ada = await with_role(AccountRole.ADMIN), await with_role(AccountRole.USER, "ada")
    made = await client.post(f"{ADMIN}/{id_of(ada)}/reset-password", headers=bearer(admin))
    assert made.headers["cache-control"] == "no-store"
    page, _, token = made.json()["url"].partition("#")
    assert page == "http://localhost/reset-password"
    chosen = {"token": token, "password": "a long new password"}
    assert (await client.post("/api/v1/auth/reset-password", json=chosen)).status_code == 204


async def test_a_deleted_account_is_gone_from_every_table_of_accounts(
    with_role: WithRole, client: httpx2.AsyncClient, ports: Ports
) -> None:
    admin, ada = await with_role(AccountRole.ADMIN), await with_role(AccountRole.USER, "ada")
    token = {"name": "Backup", "scopes": ["meeting:read"]}
    keyed = bearer(ada) | {"Idempotency-Key": "k1"}
    made = await client.post("/api/v1/users/me/tokens", json=token, headers=keyed)
    assert made.status_code == 201, made.text
    assert (await client.delete(f"{ADMIN}/{id_of(ada)}", headers=bearer(admin))).status_code == 204
    assert (await client.get(f"{ADMIN}/{id_of(ada)}", headers=bearer(admin))).status_code == 404
    assert (await client.get("/api/v1/users/me", headers=bearer(ada))).status_code == 401
    # The trail keeps the id, which leads nowhere any more; the outbox is emptied by who is told.
    assert await tables_with(ports, id_of(ada)) == {"users.audit", "kit.outbox"}
    assert await tables_with(ports, "ada@example.org") == {"kit.outbox"}


async def tables_with(ports: Ports, wanted: str) -> set[str]:
    """Return the tables in some row of which `wanted` is."""
    named = text(
        "SELECT table_schema || '.' || table_name FROM information_schema.tables"
        " WHERE table_schema IN ('users', 'kit') AND table_type = 'BASE TABLE'"
    )
    async with ports.database.reading() as connection:
        found = set()
        for table in (await connection.execute(named)).scalars().all():
            rows = (await connection.execute(text(f"SELECT t::text FROM {table} AS t"))).scalars()
            if any(wanted in row for row in rows):
                found.add(table)
    return found


async def link_in_letter(ports: Ports, mail: ConsoleMail, mark: str) -> str:
    """Deliver what waits and return the token of the newest letter's link."""
    async with asyncio.timeout(10):
        while mark not in mail.stream.getvalue():  # type: ignore[attr-defined]
            await Postman(ports).send_all()
            await asyncio.sleep(0.02)
    text: str = mail.stream.getvalue()  # type: ignore[attr-defined]
    return text.rpartition(mark)[2].split()[0]
