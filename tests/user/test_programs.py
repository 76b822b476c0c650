"""Programs: personal access tokens and OAuth clients, limited by scopes everywhere."""

import base64
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text, update
from tests.user.conftest import PASSWORD, Register, bearer

from meeting_system.kernel.clock import ManualClock
from meeting_system.kernel.principal import AccountRole
from meeting_system.kit.plug import Ports
from meeting_system.media.settings import TurnSettings
from meeting_system.meeting import wiring as meeting
from meeting_system.meeting.settings import MeetingSettings
from meeting_system.user import wiring as user
from meeting_system.user.models import accounts
from meeting_system.user.settings import UserSettings

ME = "/api/v1/users/me"
TOKENS = f"{ME}/tokens"
ISSUE = "/api/v1/auth/oauth/token"


@pytest.fixture
async def client(make_app: Any, ports: Ports, settings: UserSettings) -> Any:
    """Both services: scopes hold in either."""
    plugs = [user.create(ports, settings), meeting.create(ports, MeetingSettings(), TurnSettings())]
    async with make_app(plugs) as client:
        yield client


async def make_token(
    client: httpx2.AsyncClient, person: dict[str, Any], *scopes: str, **more: Any
) -> dict[str, Any]:
    sent = {"name": "Backup", "scopes": list(scopes), **more}
    answer = await client.post(TOKENS, json=sent, headers=bearer(person))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def as_program(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_a_token_is_shown_once_and_kept_as_a_hash(
    register: Register, client: httpx2.AsyncClient, ports: Ports
) -> None:
    ada = await register()
    made = await make_token(client, ada, "profile:read")
    assert made["token"].startswith("mst_")
    (listed,) = (await client.get(TOKENS, headers=bearer(ada))).json()["items"]
    assert "token" not in listed
    assert made["token"].startswith(listed["hint"])
    assert len(listed["hint"]) < 12
    async with ports.database.reading() as connection:
        rows = (
            await connection.execute(text("SELECT access_tokens::text FROM users.access_tokens"))
        ).scalars()
    assert all(made["token"] not in row for row in rows)


async def test_scopes_hold_in_every_service(register: Register, client: httpx2.AsyncClient) -> None:
    ada = await register()
    reading = as_program((await make_token(client, ada, "profile:read", "meeting:read"))["token"])
    assert (await client.get(ME, headers=reading)).json()["email"] == "ada@example.org"
    assert (await client.get("/api/v1/meetings", headers=reading)).status_code == 200
    for method, url, body in (
        ("PATCH", ME, {"display_name": "X"}),
        ("POST", "/api/v1/meetings", {}),
        ("GET", "/api/v1/rooms/mine", None),
    ):
        answer = await client.request(method, url, json=body, headers=reading)
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing"), url
    made = (await client.post("/api/v1/meetings", json={}, headers=bearer(ada))).json()
    end = await client.post(f"/api/v1/meetings/{made['meeting_id']}/end", headers=reading)
    assert (end.status_code, end.json()["code"]) == (403, "forbidden")
    writing = as_program((await make_token(client, ada, "meeting:read", "meeting:act"))["token"])
    end = await client.post(f"/api/v1/meetings/{made['meeting_id']}/end", headers=writing)
    assert end.status_code == 204
    blind = as_program((await make_token(client, ada, "profile:read"))["token"])
    seen = await client.get(f"/api/v1/meetings/{made['meeting_id']}/participants", headers=blind)
    assert (seen.status_code, seen.json()["code"]) == (403, "scope_missing")


async def test_what_only_a_person_may_do_no_token_does(
    register: Register, client: httpx2.AsyncClient
) -> None:
    ada = await register()
    grantable = (await client.get(TOKENS, headers=bearer(ada))).json()["grantable"]
    program = as_program((await make_token(client, ada, *grantable))["token"])
    for method, url, body in (
        ("GET", TOKENS, None),
        ("POST", TOKENS, {"name": "More", "scopes": ["profile:read"]}),
        ("POST", f"{ME}/password", {"current": PASSWORD, "password": "a long new password"}),
        ("POST", f"{ME}/email", {"email": "x@example.org", "password": PASSWORD}),
        ("POST", f"{ME}/delete", {"password": PASSWORD}),
        ("GET", f"{ME}/sessions", None),
        ("POST", "/api/v1/auth/logout-all", None),
    ):
        answer = await client.request(method, url, json=body, headers=program)
        assert (answer.status_code, answer.json()["code"]) == (403, "person_wanted"), url
    for scope in ("account:secure", "token:manage", "account:delete", "x"):
        sent = {"name": "More", "scopes": [scope]}
        assert (await client.post(TOKENS, json=sent, headers=bearer(ada))).status_code == 422, scope
    beyond = {"name": "More", "scopes": ["audit:read"]}
    assert (await client.post(TOKENS, json=beyond, headers=bearer(ada))).status_code == 403


async def test_a_token_ends_with_its_time_its_deletion_and_its_account(
    register: Register, client: httpx2.AsyncClient, clock: ManualClock, ports: Ports
) -> None:
    ada = await register()
    soon = (clock.now() + timedelta(hours=1)).isoformat()
    timed = as_program((await make_token(client, ada, "profile:read", expires_at=soon))["token"])
    deleted = await make_token(client, ada, "profile:read")
    lasting = as_program((await make_token(client, ada, "profile:read"))["token"])
    assert (await client.delete(f"{TOKENS}/{deleted['token_id']}", headers=bearer(ada))).status_code == 204
    gone = await client.get(ME, headers=as_program(deleted["token"]))
    assert (gone.status_code, gone.json()["code"]) == (401, "token_invalid")
    clock.advance(3601)
    late = await client.get(ME, headers=timed)
    assert (late.status_code, late.json()["code"]) == (401, "token_expired")
    assert (await client.get(ME, headers=lasting)).status_code == 200
    async with ports.database.transaction() as connection:
        await connection.execute(update(accounts).values(disabled_at=clock.now()))
    assert (await client.get(ME, headers=lasting)).status_code == 401


@pytest.mark.parametrize("token", ["mst_", "mst_x", "mst_" + "x" * 500, "mst_é"])
async def test_what_is_no_token_is_refused(client: httpx2.AsyncClient, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}".encode()}
    answer = await client.get(ME, headers=headers)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")


async def test_the_last_use_is_noted(
    register: Register, client: httpx2.AsyncClient, clock: ManualClock
) -> None:
    ada = await register()
    program = as_program((await make_token(client, ada, "profile:read"))["token"])
    clock.advance(100)
    await client.get(ME, headers=program)
    (listed,) = (await client.get(TOKENS, headers=bearer(ada))).json()["items"]
    assert listed["used_at"] is not None


@pytest.fixture
async def admin(register: Register, client: httpx2.AsyncClient, ports: Ports) -> dict[str, Any]:
    await register("admin@example.org")
    async with ports.database.transaction() as connection:
        await connection.execute(update(accounts).values(role=AccountRole.ADMIN))
    login = {"email": "admin@example.org", "password": PASSWORD}
    answer = await client.post("/api/v1/auth/login", json=login, headers={"X-Token-Transport": "body"})
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
async def registered(admin: dict[str, Any], client: httpx2.AsyncClient) -> dict[str, Any]:
    sent = {"name": "Moodle", "scopes": ["meeting:create", "meeting:read"]}
    answer = await client.post("/api/v1/admin/clients", json=sent, headers=bearer(admin))
    assert answer.status_code == 201
    found: dict[str, Any] = answer.json()
    return found


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


async def test_a_client_gets_a_token_and_acts_within_its_scopes(
    registered: dict[str, Any], client: httpx2.AsyncClient
) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": registered["client_id"],
        "client_secret": registered["client_secret"],
    }
    issued = await client.post(ISSUE, data=form)
    assert issued.headers["cache-control"] == "no-store"
    assert issued.json() | {"access_token": ""} == {
        "access_token": "",
        "token_type": "Bearer",
        "expires_in": 900,
        "scope": "meeting:create meeting:read",
    }
    program = as_program(issued.json()["access_token"])
    assert (await client.post("/api/v1/meetings", json={}, headers=program)).status_code == 201
    assert (await client.get(ME, headers=program)).json()["code"] == "scope_missing"
    header = basic(registered["client_id"], registered["client_secret"])
    narrow = {"grant_type": "client_credentials", "scope": "meeting:read"}
    fewer = as_program((await client.post(ISSUE, data=narrow, headers=header)).json()["access_token"])
    assert (await client.get("/api/v1/meetings", headers=fewer)).status_code == 200
    assert (await client.post("/api/v1/meetings", json={}, headers=fewer)).status_code == 403


async def test_refusals_are_those_of_the_standard(
    registered: dict[str, Any], client: httpx2.AsyncClient
) -> None:
    header = basic(registered["client_id"], registered["client_secret"])
    for data, headers, status, error in (
        ({"grant_type": "password"}, header, 400, "unsupported_grant_type"),
        ({}, header, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "scope": "audit:read"}, header, 400, "invalid_scope"),
        ({"grant_type": "client_credentials"}, basic(registered["client_id"], "x"), 401, "invalid_client"),
        ({"grant_type": "client_credentials"}, {"Authorization": "Basic ?"}, 401, "invalid_client"),
        (
            {"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"},
            {},
            401,
            "invalid_client",
        ),
    ):
        answer = await client.post(ISSUE, data=data, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (status, error)


async def test_guessing_secrets_ends(registered: dict[str, Any], client: httpx2.AsyncClient) -> None:
    wrong = basic(registered["client_id"], "x")
    codes = [
        (await client.post(ISSUE, data={"grant_type": "client_credentials"}, headers=wrong)).status_code
        for _ in range(11)
    ]
    assert codes == [401] * 10 + [429]


async def test_a_deleted_clients_token_ends_at_once(
    registered: dict[str, Any], admin: dict[str, Any], client: httpx2.AsyncClient
) -> None:
    header = basic(registered["client_id"], registered["client_secret"])
    issued = await client.post(ISSUE, data={"grant_type": "client_credentials"}, headers=header)
    program = as_program(issued.json()["access_token"])
    url = f"/api/v1/admin/clients/{registered['client_id']}"
    assert (await client.delete(url, headers=bearer(admin))).status_code == 204
    assert (await client.get("/api/v1/meetings", headers=program)).status_code == 401
    assert (await client.delete(url, headers=bearer(admin))).json()["code"] == "client_not_found"


async def test_another_secret_takes_the_place_of_the_former(
    registered: dict[str, Any], admin: dict[str, Any], client: httpx2.AsyncClient
) -> None:
    url = f"/api/v1/admin/clients/{registered['client_id']}/rotate-secret"
    answer = await client.post(url, headers=bearer(admin))
    rotated = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert rotated | {"client_secret": ""} == registered | {"client_secret": ""}
    for secret, status in ((registered["client_secret"], 401), (rotated["client_secret"], 200)):
        header = basic(registered["client_id"], secret)
        issued = await client.post(ISSUE, data={"grant_type": "client_credentials"}, headers=header)
        assert issued.status_code == status
    for unknown in ("x", registered["user_id"]):
        missing = await client.post(url.replace(registered["client_id"], unknown), headers=bearer(admin))
        assert missing.json()["code"] == "client_not_found"


async def test_nobody_gets_the_secret_of_a_program_that_acts_for_somebody_above(
    registered: dict[str, Any],
    admin: dict[str, Any],
    register: Register,
    client: httpx2.AsyncClient,
    ports: Ports,
) -> None:
    await register("second@example.org")
    async with ports.database.transaction() as connection:
        above = update(accounts).values(role=AccountRole.SUPER_ADMIN)
        await connection.execute(above.where(accounts.c.user_id == registered["user_id"]))
        below = update(accounts).values(role=AccountRole.ADMIN)
        await connection.execute(below.where(accounts.c.email == "second@example.org"))
    login = {"email": "second@example.org", "password": PASSWORD}
    other = await client.post("/api/v1/auth/login", json=login, headers={"X-Token-Transport": "body"})
    url = f"/api/v1/admin/clients/{registered['client_id']}/rotate-secret"
    refused = await client.post(url, headers=bearer(other.json()))
    assert (refused.status_code, refused.json()["code"]) == (403, "rank_too_high")


async def test_clients_are_listed_with_whom_they_act_for_and_what_new_ones_may_do(
    registered: dict[str, Any], admin: dict[str, Any], client: httpx2.AsyncClient
) -> None:
    page = (await client.get("/api/v1/admin/clients", headers=bearer(admin))).json()
    shown = {name: value for name, value in registered.items() if name != "client_secret"}
    assert page["items"] == [shown]
    assert shown["display_name"] == admin["user"]["display_name"]
    grantable = {each["role"]: set(each["scopes"]) for each in page["grantable"]}
    assert set(grantable) == set(AccountRole)
    assert "meeting:moderate" in grantable["moderator"] - grantable["user"]
    assert not {"token:manage", "client:manage"} & grantable["super_admin"]
