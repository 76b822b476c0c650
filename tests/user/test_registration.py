"""A new account."""

import asyncio
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select
from tests.user.conftest import IN_BODY, PASSWORD, Register, bearer

from meeting_system.kit.plug import Ports
from meeting_system.user.models import accounts, refresh_tokens
from meeting_system.user.settings import UserSettings

URL = "/api/v1/auth/register"
GOOD = {"email": "ada@example.org", "password": PASSWORD, "display_name": "Ada", "locale": "zh-CN"}


async def test_an_account_is_made_and_signed_in(client: httpx2.AsyncClient) -> None:
    answer = await client.post(URL, json=GOOD | {"email": "Ada@Example.org"})
    assert answer.status_code == 201
    body = answer.json()
    assert body["user"]["email"] == "ada@example.org"
    assert body["user"]["role"] == "user"
    assert body["expires_in_s"] == 900
    assert "refresh_token" not in body
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-refresh=")
    for part in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"):
        assert part.lower() in cookie.lower()
    assert answer.headers["cache-control"] == "no-store"
    mine = await client.get("/api/v1/users/me", headers=bearer(body))
    assert mine.json() == body["user"]


async def test_a_program_gets_its_refresh_token_in_the_body(client: httpx2.AsyncClient) -> None:
    answer = await client.post(URL, json=GOOD, headers=IN_BODY)
    assert len(answer.json()["refresh_token"]) > 40
    assert "set-cookie" not in answer.headers


async def test_over_plain_http_from_another_machine_the_cookie_has_no_secure_prefix(
    client: httpx2.AsyncClient,
) -> None:
    answer = await client.post("http://meet.lan:8800" + URL, json=GOOD)
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("refresh=")
    assert "secure" not in cookie
    assert "httponly" in cookie


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"email": "nobody"}, "/email"),
        ({"email": 7}, "/email"),
        ({"email": "x" * 400 + "@example.org"}, "/email"),
        ({"password": "x" * 257}, "/password"),
        ({"password": None}, "/password"),
        ({"display_name": ""}, "/display_name"),
        ({"display_name": "  "}, "/display_name"),
        ({"display_name": "x" * 65}, "/display_name"),
        ({"display_name": "a\u0000b"}, "/display_name"),
        ({"display_name": "\u202egro.elpmaxe"}, "/display_name"),
        ({"locale": "tlh"}, "/locale"),
        ({"role": "admin"}, "/role"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_made(
    client: httpx2.AsyncClient, ports: Ports, change: dict[str, Any], pointer: str
) -> None:
    answer = await client.post(URL, json=GOOD | change)
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == "invalid"
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert await _count(ports, accounts) == 0


async def test_a_weak_password_is_refused_with_its_own_code(client: httpx2.AsyncClient) -> None:
    answer = await client.post(URL, json=GOOD | {"password": "password123"})
    assert (answer.status_code, answer.json()["code"]) == (422, "password_weak")
    assert answer.json()["errors"][0]["pointer"] == "/password"


async def test_an_address_is_taken_once_even_by_ten_at_the_same_moment(
    client: httpx2.AsyncClient, ports: Ports
) -> None:
    answers = await asyncio.gather(*(client.post(URL, json=GOOD) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"email_taken"}
    assert await _count(ports, accounts) == 1
    assert await _count(ports, refresh_tokens) == 1


async def test_passwords_and_refresh_tokens_are_not_in_the_database(register: Register, ports: Ports) -> None:
    signed_in = await register()
    async with ports.database.reading() as connection:
        stored = (await connection.execute(select(accounts.c.password_hash))).scalar_one()
        hashed = (await connection.execute(select(refresh_tokens.c.token_hash))).scalar_one()
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert signed_in["refresh_token"].encode() not in hashed


class TestAClosedInstallation:
    @pytest.fixture
    def settings(self) -> UserSettings:
        return UserSettings(registration_open=False)

    async def test_it_takes_no_accounts(self, client: httpx2.AsyncClient) -> None:
        answer = await client.post(URL, json=GOOD)
        assert (answer.status_code, answer.json()["code"]) == (403, "registration_closed")


class TestALimitedInstallation:
    @pytest.fixture
    def settings(self) -> UserSettings:
        return UserSettings(registrations_of_address=2)

    async def test_one_address_makes_so_many_accounts(self, client: httpx2.AsyncClient) -> None:
        bodies = [GOOD | {"email": f"{n}@example.org"} for n in range(3)]
        answers = [await client.post(URL, json=body) for body in bodies]
        assert [answer.status_code for answer in answers] == [201, 201, 429]
        assert int(answers[-1].headers["retry-after"]) > 0


async def _count(ports: Ports, table: Any) -> int:
    async with ports.database.reading() as connection:
        found: int = (await connection.execute(select(func.count()).select_from(table))).scalar_one()
    return found
