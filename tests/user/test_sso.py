"""Logging in through an OpenID Connect provider: one runs on this machine."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import update
from tests.user.conftest import PASSWORD, Register, bearer
from tests.user.provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    Provider,
    hmac_signed,
    running_provider,
    unsigned,
)

from meeting_system.adapters.oidc import OidcClient, OidcProvider, open_http
from meeting_system.kernel.clock import ManualClock
from meeting_system.kit.plug import Ports
from meeting_system.user import wiring as user
from meeting_system.user.models import accounts
from meeting_system.user.settings import ProviderSettings, UserSettings
from meeting_system.user.sso import local_path

BEGIN = "/api/v1/auth/sso/corp"


@pytest.fixture
async def provider(clock: ManualClock) -> AsyncIterator[Provider]:
    async with running_provider(clock) as provider:
        yield provider


@pytest.fixture
def rules() -> dict[str, Any]:
    """What the installation allows this provider."""
    return {"link_verified_email": True}


@pytest.fixture
def settings(provider: Provider, rules: dict[str, Any]) -> UserSettings:
    set_up = ProviderSettings(issuer=provider.issuer, client_id=CLIENT_ID, **rules)
    return UserSettings(oidc={"corp": set_up})


@pytest.fixture
async def client(
    make_app: Any, ports: Ports, settings: UserSettings, provider: Provider
) -> AsyncIterator[httpx2.AsyncClient]:
    async with open_http() as http:
        registered = OidcClient(provider.issuer, CLIENT_ID, CLIENT_SECRET)
        plug = user.create(ports, settings, {"corp": OidcProvider(registered, http, ports.clock)})
        async with make_app([plug]) as client:
            client.base_url = httpx2.URL("https://localhost")
            yield client


async def go_there(begun: httpx2.Response) -> str:
    """Follow the browser to the provider; return where it is sent back to."""
    assert begun.status_code == 302, begun.text
    return await go_on(begun.headers["location"])


async def go_on(url: str) -> str:
    async with httpx2.AsyncClient() as browser:
        answer = await browser.get(url)
    # Cookies of ours are for HTTPS, where browsers are with whom we speak here.
    return str(answer.headers["location"]).replace("http://", "https://", 1)


async def log_in(client: httpx2.AsyncClient, query: str = "") -> httpx2.Response:
    """Log in as a browser does, and return the last answer: cookies stay in the client."""
    return await client.get(await go_there(await client.get(BEGIN + query)))


async def signed_in(client: httpx2.AsyncClient) -> dict[str, Any]:
    answer = await client.post("/api/v1/auth/refresh")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def code_of(answer: httpx2.Response) -> str:
    assert answer.status_code == 302
    return parse_qs(urlsplit(answer.headers["location"]).query)["error"][0]


async def test_who_comes_first_gets_an_account_and_comes_back_to_it(
    client: httpx2.AsyncClient, provider: Provider
) -> None:
    answer = await log_in(client, "?return_to=/m/123456789")
    assert answer.headers["location"] == "/m/123456789"
    first = (await signed_in(client))["user"]
    assert (first["email"], first["email_verified"]) == ("ada@example.org", True)
    assert (first["display_name"], first["has_password"]) == ("Ada Lovelace", False)
    provider.claims |= {"email": "moved@example.org", "name": "Other"}
    client.cookies.clear()
    await log_in(client)
    again = (await signed_in(client))["user"]
    assert (again["user_id"], again["email"]) == (first["user_id"], "ada@example.org")


async def test_a_verified_address_opens_the_account_that_is_there_where_the_rule_says_so(
    register: Register, client: httpx2.AsyncClient
) -> None:
    ada = await register()
    client.cookies.clear()
    await log_in(client)
    assert (await signed_in(client))["user"]["user_id"] == ada["user"]["user_id"]


async def test_an_address_that_is_not_verified_opens_nothing(
    register: Register, client: httpx2.AsyncClient, provider: Provider
) -> None:
    await register()
    provider.claims["email_verified"] = False
    assert code_of(await log_in(client)) == "identity_unlinked"


class TestWithoutTheRule:
    @pytest.fixture
    def rules(self) -> dict[str, Any]:
        return {"create_accounts": False}

    async def test_even_a_verified_address_opens_nothing_until_its_owner_links_it(
        self, register: Register, client: httpx2.AsyncClient
    ) -> None:
        ada = await register()
        assert code_of(await log_in(client)) == "identity_unlinked"
        begun = await client.post("/api/v1/users/me/identities/corp", headers=bearer(ada))
        back = await go_on(begun.json()["url"])
        assert (await client.get(back)).headers["location"] == "/settings"
        client.cookies.clear()
        await log_in(client)
        assert (await signed_in(client))["user"]["user_id"] == ada["user"]["user_id"]

    async def test_who_has_no_account_gets_none(self, client: httpx2.AsyncClient) -> None:
        assert code_of(await log_in(client)) == "registration_closed"


async def test_an_identity_belongs_to_one_account(register: Register, client: httpx2.AsyncClient) -> None:
    await log_in(client)
    eve = await register("eve@example.org")
    begun = await client.post("/api/v1/users/me/identities/corp", headers=bearer(eve))
    back = await go_on(begun.json()["url"])
    assert code_of(await client.get(back)) == "identity_taken"


async def test_the_last_way_to_log_in_is_not_unlinked(client: httpx2.AsyncClient) -> None:
    await log_in(client)
    ada = await signed_in(client)
    url = "/api/v1/users/me/identities/corp/unlink"
    assert (await client.post(url, json={}, headers=bearer(ada))).json()["code"] == "no_other_login"
    sent = {"password": "a long new password"}
    assert (await client.post("/api/v1/users/me/password", json=sent, headers=bearer(ada))).status_code == 204
    sent = {"password": "a long new password"}
    assert (await client.post(url, json=sent, headers=bearer(ada))).status_code == 204


async def test_without_a_password_what_is_final_needs_a_fresh_log_in(
    client: httpx2.AsyncClient, clock: ManualClock
) -> None:
    await log_in(client)
    clock.advance(700)
    ada = await signed_in(client)
    late = await client.post("/api/v1/users/me/delete", json={}, headers=bearer(ada))
    assert (late.status_code, late.json()["code"]) == (403, "login_too_old")
    await log_in(client)
    ada = await signed_in(client)
    assert (await client.post("/api/v1/users/me/delete", json={}, headers=bearer(ada))).status_code == 204


FORGED: dict[str, Any] = {
    "another nonce": lambda claims: claims | {"nonce": "x"},
    "no nonce": lambda claims: {name: value for name, value in claims.items() if name != "nonce"},
    "another audience": lambda claims: claims | {"aud": "another"},
    "another party": lambda claims: claims | {"aud": [CLIENT_ID, "x"], "azp": "x"},
    "another issuer": lambda claims: claims | {"iss": "https://evil.example"},
    "expired": lambda claims: claims | {"exp": claims["iat"] - 3600},
    "another access token": lambda claims: claims | {"at_hash": "x"},
    "nobody": lambda claims: {name: value for name, value in claims.items() if name != "sub"},
}


@pytest.mark.parametrize("forgery", list(FORGED))
async def test_an_id_token_of_something_else_opens_nothing(
    client: httpx2.AsyncClient, provider: Provider, forgery: str
) -> None:
    provider.change_token = FORGED[forgery]
    assert code_of(await log_in(client)) == "sso_refused"


async def test_an_id_token_that_the_provider_did_not_sign_opens_nothing(
    client: httpx2.AsyncClient, provider: Provider
) -> None:
    stranger = RSAKey.generate_key(2048, {"kid": "one"})
    public = provider.keys[0].as_pem(private=False)
    for sign in (
        unsigned,
        lambda claims: jwt.encode({"alg": "RS256", "kid": "one"}, claims, stranger),
        # The classic confusion: the public key as the secret of an HMAC.
        lambda claims: hmac_signed(claims, public),
        lambda _claims: "",
    ):
        provider.sign_with = sign
        assert code_of(await log_in(client)) == "sso_refused"


async def test_new_keys_are_learnt_when_the_old_ones_do_not_fit(
    client: httpx2.AsyncClient, provider: Provider, clock: ManualClock
) -> None:
    await log_in(client)
    provider.keys = [ECKey.generate_key("P-256", {"kid": "two"})]
    clock.advance(60)
    assert (await log_in(client)).headers["location"] == "/"


async def test_what_this_browser_did_not_begin_is_refused(
    client: httpx2.AsyncClient, provider: Provider
) -> None:
    back = await go_there(await client.get(BEGIN))
    client.cookies.clear()
    assert code_of(await client.get(back)) == "sso_refused"
    back = await go_there(await client.get(BEGIN))
    assert (await client.get(back)).headers["location"] == "/"
    # Neither state nor code is good twice.
    assert code_of(await client.get(back)) == "sso_refused"


async def test_a_refusal_there_and_a_closed_account_here_are_told_on_the_page(
    client: httpx2.AsyncClient, provider: Provider, ports: Ports
) -> None:
    await log_in(client)
    provider.refuse = "access_denied"
    assert code_of(await log_in(client)) == "sso_refused"
    provider.refuse = None
    async with ports.database.transaction() as connection:
        await connection.execute(update(accounts).values(disabled_at=ports.clock.now()))
    assert code_of(await log_in(client)) == "sso_refused"
    assert code_of(await client.get("/api/v1/auth/sso/nobody")) == "provider_not_found"


async def test_a_provider_that_is_away_is_told(ports: Ports) -> None:
    async with open_http() as http:
        away = OidcProvider(OidcClient("http://127.0.0.1:9", CLIENT_ID, None), http, ports.clock)
        from meeting_system.adapters.oidc import ProviderFailed
        from meeting_system.kernel.login import Asked

        with pytest.raises(ProviderFailed):
            await away.address(Asked("s", "n", "v"), "http://localhost/callback")


@pytest.mark.parametrize(
    ("asked", "page"),
    [
        ("/m/1?x=2", "/m/1?x=2"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
        ("/\n", "/"),
    ],
)
def test_nobody_is_sent_elsewhere_after_logging_in(asked: str, page: str) -> None:
    assert local_path(asked) == page


async def test_a_password_of_nobody_does_not_open_an_account_without_one(client: httpx2.AsyncClient) -> None:
    await log_in(client)
    for password in ("", "None", PASSWORD):
        sent = {"email": "ada@example.org", "password": password}
        assert (await client.post("/api/v1/auth/login", json=sent)).status_code in {401, 422}
