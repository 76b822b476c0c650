"""From e-mail address and password to tokens."""

import asyncio
import time

import httpx2
import pytest
from sqlalchemy import update
from tests.user.conftest import IN_BODY, PASSWORD, Register

from meeting_system.kit.passwords import Passwords
from meeting_system.kit.plug import Ports
from meeting_system.user.models import accounts
from meeting_system.user.settings import UserSettings

URL = "/api/v1/auth/login"


async def test_the_right_password_signs_in_whatever_the_spelling_of_the_address(
    register: Register, client: httpx2.AsyncClient
) -> None:
    await register("ada@example.org")
    answer = await client.post(URL, json={"email": " ADA@example.org", "password": PASSWORD})
    assert answer.status_code == 200
    assert answer.json()["user"]["display_name"] == "Ada"
    assert "__Host-refresh=" in answer.headers["set-cookie"]


async def test_a_password_in_any_script_of_256_characters_works_in_both_compositions(
    register: Register, client: httpx2.AsyncClient
) -> None:
    await register(password="é会🎈" + "密" * 253)
    await register("bob@example.org", password="é" + "密码" * 20)
    sent = {"email": "ada@example.org", "password": "é会🎈" + "密" * 253}
    assert (await client.post(URL, json=sent)).status_code == 200
    sent = {"email": "bob@example.org", "password": "e\u0301" + "密码" * 20}
    assert (await client.post(URL, json=sent)).status_code == 200


async def test_unknown_and_wrong_get_the_same_answer_in_about_the_same_time(
    register: Register, client: httpx2.AsyncClient
) -> None:
    await register()
    times: dict[str, list[float]] = {"ada@example.org": [], "eve@example.org": []}
    problems = []
    for _ in range(5):
        for email, spent in times.items():
            started = time.perf_counter()
            answer = await client.post(URL, json={"email": email, "password": "not the password"})
            spent.append(time.perf_counter() - started)
            problem = answer.json()
            problem.pop("trace_id")
            problems.append((answer.status_code, problem))
    assert problems[0][0] == 401
    assert problems[0][1]["code"] == "credentials_wrong"
    assert all(problem == problems[0] for problem in problems)
    fastest = [min(spent) for spent in times.values()]
    assert max(fastest) < 3 * min(fastest)


async def test_a_closed_account_is_as_good_as_unknown(
    register: Register, client: httpx2.AsyncClient, ports: Ports
) -> None:
    await register()
    async with ports.database.transaction() as connection:
        await connection.execute(update(accounts).values(disabled_at=ports.clock.now()))
    answer = await client.post(URL, json={"email": "ada@example.org", "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (401, "credentials_wrong")


async def test_who_is_closed_while_the_password_is_checked_stays_out(
    register: Register, client: httpx2.AsyncClient, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    await register()
    matches = Passwords.matches

    async def close_meanwhile(self: Passwords, password: str, hashed: str | None) -> bool:
        right = await matches(self, password, hashed)
        async with ports.database.transaction() as connection:
            await connection.execute(update(accounts).values(disabled_at=ports.clock.now()))
        return right

    monkeypatch.setattr(Passwords, "matches", close_meanwhile)
    answer = await client.post(URL, json={"email": "ada@example.org", "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (401, "credentials_wrong")


class TestLimits:
    @pytest.fixture
    def settings(self) -> UserSettings:
        return UserSettings(wrong_logins=3)

    async def test_after_some_wrong_passwords_even_the_right_one_tells_nothing(
        self, register: Register, client: httpx2.AsyncClient
    ) -> None:
        await register()
        wrong = {"email": "ada@example.org", "password": "wrong password"}
        codes = [(await client.post(URL, json=wrong)).status_code for _ in range(4)]
        assert codes == [401, 401, 401, 429]
        right = await client.post(URL, json=wrong | {"password": PASSWORD})
        assert (right.status_code, right.json()["code"]) == (429, "too_many")

    async def test_a_stranger_who_guesses_does_not_lock_the_owner_out(
        self, register: Register, client: httpx2.AsyncClient
    ) -> None:
        await register()
        stranger = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=client._transport.app, client=("203.0.113.9", 1)),
            base_url="http://localhost",
        )
        async with stranger:
            for _ in range(5):
                answer = await stranger.post(
                    URL, json={"email": "ada@example.org", "password": "wrong password"}
                )
            assert answer.status_code == 429
        owner = await client.post(URL, json={"email": "ada@example.org", "password": PASSWORD})
        assert owner.status_code == 200

    async def test_being_right_is_never_counted(self, register: Register, client: httpx2.AsyncClient) -> None:
        await register()
        body = {"email": "ada@example.org", "password": PASSWORD}
        answers = await asyncio.gather(*(client.post(URL, json=body, headers=IN_BODY) for _ in range(8)))
        assert {answer.status_code for answer in answers} == {200}


class TestAFloodOfLogins:
    @pytest.fixture
    def settings(self) -> UserSettings:
        return UserSettings(hashing_threads=1, hashing_waiting=1)

    async def test_what_does_not_fit_is_told_to_come_back(
        self, register: Register, client: httpx2.AsyncClient
    ) -> None:
        await register()
        body = {"email": "ada@example.org", "password": PASSWORD}
        answers = await asyncio.gather(*(client.post(URL, json=body, headers=IN_BODY) for _ in range(8)))
        codes = [answer.status_code for answer in answers]
        assert set(codes) == {200, 503}
        busy = next(answer for answer in answers if answer.status_code == 503)
        assert busy.json()["code"] == "busy"
        assert busy.headers["retry-after"] == "1"
        assert (await client.post(URL, json=body)).status_code == 200
