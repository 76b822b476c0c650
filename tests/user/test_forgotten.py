"""A new password by the link in a letter, and another e-mail address."""

import asyncio
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from tests.user.conftest import IN_BODY, PASSWORD, Register, bearer
from tests.user.test_administration import link_in_letter

from meeting_system.adapters.mail_console import ConsoleMail
from meeting_system.contracts.user import MailResetLink
from meeting_system.kernel.clock import ManualClock
from meeting_system.kit.plug import Ports
from meeting_system.user.context import Context
from meeting_system.user.forgotten import mail_reset_link
from meeting_system.user.postman import Postman
from meeting_system.user.settings import UserSettings

AUTH = "/api/v1/auth"
NEW = "a long new password"


def written(mail: ConsoleMail) -> str:
    text: str = mail.stream.getvalue()  # type: ignore[attr-defined]
    return text


async def login(client: httpx2.AsyncClient, email: str, password: str) -> httpx2.Response:
    return await client.post(f"{AUTH}/login", json={"email": email, "password": password}, headers=IN_BODY)


@pytest.fixture
async def token(register: Register, client: httpx2.AsyncClient, ports: Ports, mail: ConsoleMail) -> str:
    """The token of a link that ada forgot her password for."""
    await register(locale="zh-CN")
    asked = await client.post(f"{AUTH}/forgot-password", json={"email": "ada@example.org"})
    assert asked.status_code == 204
    return await link_in_letter(ports, mail, "http://localhost/reset-password#")


async def test_the_letter_is_in_the_persons_language(token: str, mail: ConsoleMail) -> None:
    assert "重设密码" in written(mail)
    assert "30 分钟" in written(mail)


async def test_the_link_sets_a_password_once_and_ends_every_log_in(
    token: str, client: httpx2.AsyncClient
) -> None:
    before = (await login(client, "ada@example.org", PASSWORD)).json()
    sent = {"token": token, "password": NEW}
    assert (await client.post(f"{AUTH}/reset-password", json=sent)).status_code == 204
    assert (await client.get("/api/v1/users/me", headers=bearer(before))).status_code == 401
    refreshed = await client.post(f"{AUTH}/refresh", json={"refresh_token": before["refresh_token"]})
    assert refreshed.status_code == 401
    assert (await login(client, "ada@example.org", PASSWORD)).status_code == 401
    assert (await login(client, "ada@example.org", NEW)).json()["user"]["email_verified"] is True
    again = await client.post(f"{AUTH}/reset-password", json=sent)
    assert (again.status_code, again.json()["code"]) == (422, "link_invalid")


async def test_of_two_uses_at_the_same_moment_one_counts(token: str, client: httpx2.AsyncClient) -> None:
    answers = await asyncio.gather(
        *(
            client.post(f"{AUTH}/reset-password", json={"token": token, "password": f"{NEW} {number}"})
            for number in range(4)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [204, 422, 422, 422]


async def test_a_weak_password_does_not_use_the_link_up(token: str, client: httpx2.AsyncClient) -> None:
    weak = await client.post(f"{AUTH}/reset-password", json={"token": token, "password": "short"})
    assert weak.json()["code"] == "password_weak"
    good = await client.post(f"{AUTH}/reset-password", json={"token": token, "password": NEW})
    assert good.status_code == 204


async def test_a_link_is_good_for_half_an_hour(
    token: str, client: httpx2.AsyncClient, clock: ManualClock
) -> None:
    clock.advance(1801)
    late = await client.post(f"{AUTH}/reset-password", json={"token": token, "password": NEW})
    assert late.json()["code"] == "link_invalid"


async def test_a_newer_link_takes_the_place_of_the_older(
    token: str, client: httpx2.AsyncClient, ports: Ports, mail: ConsoleMail
) -> None:
    mail.stream.truncate(0)
    await client.post(f"{AUTH}/forgot-password", json={"email": "ada@example.org"})
    newer = await link_in_letter(ports, mail, "http://localhost/reset-password#")
    old = await client.post(f"{AUTH}/reset-password", json={"token": token, "password": NEW})
    assert old.json()["code"] == "link_invalid"
    new = await client.post(f"{AUTH}/reset-password", json={"token": newer, "password": NEW})
    assert new.status_code == 204


async def test_an_unknown_address_gets_the_same_answer_and_no_letter(
    register: Register, client: httpx2.AsyncClient, ports: Ports, mail: ConsoleMail
) -> None:
    await register()
    answers = [
        await client.post(f"{AUTH}/forgot-password", json={"email": email})
        for email in ("eve@example.org", "ada@example.org")
    ]
    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 2
    await link_in_letter(ports, mail, "http://localhost/reset-password#")
    assert "eve@" not in written(mail)


async def test_letters_are_limited_for_an_address(client: httpx2.AsyncClient) -> None:
    codes = [
        (await client.post(f"{AUTH}/forgot-password", json={"email": f"x{number}@example.org"})).status_code
        for number in range(11)
    ]
    assert codes == [204] * 10 + [429]


async def test_nobody_gets_a_heap_of_letters_from_many_places(
    register: Register, ports: Ports, settings: UserSettings, mail: ConsoleMail
) -> None:
    await register()
    postman = Postman(ports)
    context = Context(
        ports,
        settings,
        passwords=None,  # type: ignore[arg-type]
        accounts=None,  # type: ignore[arg-type]
        postman=postman,
        studio=None,  # type: ignore[arg-type]
        providers={},
    )
    for number in range(15):
        request = MailResetLink(email="ada@example.org", address=f"192.0.2.{number}")
        await mail_reset_link(context, request)
    async with ports.database.reading() as connection:
        forgotten = await connection.scalar(
            text("SELECT count(*) FROM users.audit WHERE action = 'password_forgotten'")
        )
    assert forgotten == settings.letters_of_address


async def test_a_password_is_changed_by_who_knows_it_and_only_this_log_in_stays(
    register: Register, client: httpx2.AsyncClient
) -> None:
    ada = await register()
    other = (await login(client, "ada@example.org", PASSWORD)).json()
    url = "/api/v1/users/me/password"
    wrong = await client.post(url, json={"current": "no", "password": NEW}, headers=bearer(ada))
    assert (wrong.status_code, wrong.json()["code"]) == (403, "password_wrong")
    missing = await client.post(url, json={"password": NEW}, headers=bearer(ada))
    assert missing.json()["code"] == "password_wrong"
    right = await client.post(url, json={"current": PASSWORD, "password": NEW}, headers=bearer(ada))
    assert right.status_code == 204
    assert (await client.get("/api/v1/users/me", headers=bearer(ada))).status_code == 200
    assert (await client.get("/api/v1/users/me", headers=bearer(other))).status_code == 401


async def test_a_stolen_access_token_is_no_way_to_guess_the_password(
    register: Register, client: httpx2.AsyncClient
) -> None:
    ada = await register()
    url = "/api/v1/users/me/delete"
    codes = [
        (await client.post(url, json={"password": f"guess {number}"}, headers=bearer(ada))).status_code
        for number in range(11)
    ]
    assert codes == [403] * 10 + [429]
    assert (await client.post(url, json={"password": PASSWORD}, headers=bearer(ada))).status_code == 429


async def test_the_address_moves_when_the_letter_to_the_new_one_was_read(
    register: Register, client: httpx2.AsyncClient, ports: Ports, mail: ConsoleMail
) -> None:
    ada = await register()
    sent = {"email": "lovelace@example.org", "password": PASSWORD}
    asked = await client.post("/api/v1/users/me/email", json=sent, headers=bearer(ada))
    assert asked.status_code == 202
    assert (await client.get("/api/v1/users/me", headers=bearer(ada))).json()["email"] == "ada@example.org"
    token = await link_in_letter(ports, mail, "http://localhost/confirm-email#")
    assert "To | 收件人: Ada <lovelace@example.org>" in written(mail)
    assert (await client.post(f"{AUTH}/confirm-email", json={"token": token})).status_code == 204
    me = (await client.get("/api/v1/users/me", headers=bearer(ada))).json()
    assert (me["email"], me["email_verified"]) == ("lovelace@example.org", True)
    async with asyncio.timeout(10):
        while "Your e-mail address was changed" not in written(mail):
            await Postman(ports).send_all()
            await asyncio.sleep(0.02)
    assert written(mail).count("ada@example.org") >= 1


async def test_an_address_that_is_taken_meanwhile_is_refused(
    register: Register, client: httpx2.AsyncClient, ports: Ports, mail: ConsoleMail
) -> None:
    ada = await register()
    sent = {"email": "bo@example.org", "password": PASSWORD}
    await client.post("/api/v1/users/me/email", json=sent, headers=bearer(ada))
    token = await link_in_letter(ports, mail, "http://localhost/confirm-email#")
    await register("bo@example.org")
    taken = await client.post(f"{AUTH}/confirm-email", json={"token": token})
    assert (taken.status_code, taken.json()["code"]) == (409, "email_taken")


class TestWhereAddressesAreVerified:
    @pytest.fixture
    def settings(self) -> UserSettings:
        return UserSettings(verify_email=True)

    async def test_nobody_logs_in_before_the_link_was_opened(
        self, client: httpx2.AsyncClient, ports: Ports, mail: ConsoleMail
    ) -> None:
        body: dict[str, Any] = {"email": "ada@example.org", "password": PASSWORD, "display_name": "Ada"}
        made = await client.post(f"{AUTH}/register", json=body, headers=IN_BODY)
        assert (made.status_code, made.json()) == (201, {"email": "ada@example.org"})
        early = await login(client, "ada@example.org", PASSWORD)
        assert (early.status_code, early.json()["code"]) == (403, "email_unverified")
        async with asyncio.timeout(10):
            while written(mail).count("confirm-email#") < 2:
                await Postman(ports).send_all()
                await asyncio.sleep(0.02)
        # The letter of the registration and that of the early log-in: the newer link is good.
        tokens = [part.split()[0] for part in written(mail).split("confirm-email#")[1:]]
        answers = [await client.post(f"{AUTH}/confirm-email", json={"token": token}) for token in tokens]
        assert sorted(answer.status_code for answer in answers) == [204, 422]
        assert (await login(client, "ada@example.org", PASSWORD)).status_code == 200


async def test_log_ins_are_listed_and_ended_one_by_one(
    register: Register, client: httpx2.AsyncClient
) -> None:
    ada = await register()
    other = (await login(client, "ada@example.org", PASSWORD)).json()
    listed = (await client.get("/api/v1/users/me/sessions", headers=bearer(ada))).json()["items"]
    assert [session["current"] for session in listed].count(True) == 1
    assert listed[0]["user_agent"].startswith("python-httpx")
    (elsewhere,) = [session for session in listed if not session["current"]]
    url = f"/api/v1/users/me/sessions/{elsewhere['session_id']}"
    stranger = await register("eve@example.org")
    assert (await client.delete(url, headers=bearer(stranger))).json()["code"] == "session_not_found"
    assert (await client.delete(url, headers=bearer(ada))).status_code == 204
    assert (await client.get("/api/v1/users/me", headers=bearer(other))).status_code == 401
    assert (await client.get("/api/v1/users/me", headers=bearer(ada))).status_code == 200
