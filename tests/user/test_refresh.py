"""Rotating refresh tokens, and the ends of a log-in."""

import asyncio
from typing import Any

import httpx2
import pytest
from sqlalchemy import select
from tests.user.conftest import PASSWORD, Register, bearer

from meeting_system.contracts.user import BlockFamilies
from meeting_system.kernel.clock import ManualClock
from meeting_system.kit.outbox import OutboxRelay, collect
from meeting_system.kit.plug import Ports
from meeting_system.user.models import audit, refresh_families
from meeting_system.user.repository import families

REFRESH = "/api/v1/auth/refresh"
ME = "/api/v1/users/me"


async def refresh(client: httpx2.AsyncClient, token: str) -> httpx2.Response:
    return await client.post(REFRESH, json={"refresh_token": token})


async def test_each_refresh_gives_the_next_token(register: Register, client: httpx2.AsyncClient) -> None:
    signed_in = await register()
    seen = {signed_in["refresh_token"]}
    token = signed_in["refresh_token"]
    for _ in range(4):
        answer = await refresh(client, token)
        assert answer.status_code == 200
        token = answer.json()["refresh_token"]
        assert token not in seen
        seen.add(token)
        assert (await client.get(ME, headers=bearer(answer.json()))).status_code == 200


async def test_a_browser_refreshes_by_its_cookie_alone(client: httpx2.AsyncClient) -> None:
    client.base_url = "https://meet.example.org"
    body = {"email": "ada@example.org", "password": PASSWORD, "display_name": "Ada"}
    await client.post("/api/v1/auth/register", json=body)
    before = client.cookies["__Host-refresh"]
    answer = await client.post(REFRESH)
    assert answer.status_code == 200
    assert "refresh_token" not in answer.json()
    assert client.cookies["__Host-refresh"] != before


async def test_a_copy_used_later_ends_the_whole_family_at_once(
    register: Register, client: httpx2.AsyncClient, clock: ManualClock, ports: Ports
) -> None:
    signed_in = await register()
    second = (await refresh(client, signed_in["refresh_token"])).json()
    clock.advance(11)
    reused = await refresh(client, signed_in["refresh_token"])
    assert (reused.status_code, reused.json()["code"]) == (401, "refresh_reused")
    # The honest client's tokens are dead too, the access tokens within the same moment.
    assert (await refresh(client, second["refresh_token"])).json()["code"] == "token_invalid"
    for held in (signed_in, second):
        refused = await client.get(ME, headers=bearer(held))
        assert (refused.status_code, refused.json()["code"]) == (401, "token_invalid")
    async with ports.database.reading() as connection:
        rows = (await connection.execute(select(audit).where(audit.c.action == "refresh_reused"))).all()
        why = (await connection.execute(select(refresh_families.c.revoked_why))).scalar_one()
    assert len(rows) == 1
    assert rows[0].user_id == signed_in["user"]["user_id"]
    assert why == "reused"


async def test_tabs_that_race_with_one_token_all_stay_signed_in(
    register: Register, client: httpx2.AsyncClient, ports: Ports
) -> None:
    signed_in = await register()
    answers = await asyncio.gather(*(refresh(client, signed_in["refresh_token"]) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    tokens = [answer.json()["refresh_token"] for answer in answers]
    assert len(set(tokens)) == 8
    again = await asyncio.gather(*(refresh(client, token) for token in tokens))
    assert {answer.status_code for answer in again} == {200}
    async with ports.database.reading() as connection:
        families = (await connection.execute(select(refresh_families))).all()
    assert len(families) == 1
    assert families[0].revoked_at is None


async def test_a_token_too_old_says_so(
    register: Register, client: httpx2.AsyncClient, clock: ManualClock
) -> None:
    signed_in = await register()
    clock.advance(30 * 24 * 3600)
    answer = await refresh(client, signed_in["refresh_token"])
    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"refresh_token": "A" * 43}, 401, "token_invalid"),
        ({"refresh_token": "x"}, 422, "invalid"),
        ({"refresh_token": "A" * 200}, 422, "invalid"),
        ({"refresh_token": 7}, 422, "invalid"),
        ({"token": "A" * 43}, 422, "invalid"),
        ({}, 401, "token_invalid"),
    ],
)
async def test_what_is_no_token_of_ours_is_refused(
    client: httpx2.AsyncClient, body: dict[str, Any], status: int, code: str
) -> None:
    answer = await client.post(REFRESH, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_logging_out_ends_this_log_in_only(register: Register, client: httpx2.AsyncClient) -> None:
    here = await register()
    login = {"email": "ada@example.org", "password": PASSWORD}
    there = (
        await client.post("/api/v1/auth/login", json=login, headers={"X-Token-Transport": "body"})
    ).json()
    answer = await client.post("/api/v1/auth/logout", json={"refresh_token": here["refresh_token"]})
    assert answer.status_code == 204
    assert (await client.get(ME, headers=bearer(here))).status_code == 401
    assert (await refresh(client, here["refresh_token"])).status_code == 401
    assert (await client.get(ME, headers=bearer(there))).status_code == 200
    repeated = await client.post("/api/v1/auth/logout", json={"refresh_token": here["refresh_token"]})
    assert repeated.status_code == 204


async def test_a_browser_that_logs_out_has_no_cookie_any_more(client: httpx2.AsyncClient) -> None:
    client.base_url = "https://meet.example.org"
    body = {"email": "ada@example.org", "password": PASSWORD, "display_name": "Ada"}
    await client.post("/api/v1/auth/register", json=body)
    assert (await client.post("/api/v1/auth/logout")).status_code == 204
    assert "__Host-refresh" not in client.cookies
    assert (await client.post(REFRESH)).json()["code"] == "token_invalid"


async def test_an_access_token_alone_can_log_out(register: Register, client: httpx2.AsyncClient) -> None:
    signed_in = await register()
    assert (await client.post("/api/v1/auth/logout", headers=bearer(signed_in))).status_code == 204
    assert (await refresh(client, signed_in["refresh_token"])).status_code == 401


async def test_logging_out_everywhere_kills_every_access_token(
    register: Register, client: httpx2.AsyncClient
) -> None:
    held = [await register()]
    login = {"email": "ada@example.org", "password": PASSWORD}
    for _ in range(3):
        answer = await client.post("/api/v1/auth/login", json=login, headers={"X-Token-Transport": "body"})
        held.append(answer.json())
    other = await register("bob@example.org")
    assert (await client.post("/api/v1/auth/logout-all", headers=bearer(held[0]))).status_code == 204
    for signed_in in held:
        assert (await client.get(ME, headers=bearer(signed_in))).status_code == 401
        assert (await refresh(client, signed_in["refresh_token"])).status_code == 401
    assert (await client.get(ME, headers=bearer(other))).status_code == 200
    assert (await client.post("/api/v1/auth/logout-all")).status_code == 401


async def test_the_outbox_blocks_again_what_valkey_lost(
    register: Register, client: httpx2.AsyncClient, ports: Ports, outbox: OutboxRelay
) -> None:
    signed_in = await register()
    async with ports.database.transaction() as connection:
        # As if the process had died between the commit and Valkey.
        family_id = (await connection.execute(select(refresh_families.c.family_id))).scalar_one()
        await families.revoke_family(connection, family_id, why="logout", now=ports.clock.now())
        await collect(connection, BlockFamilies(family_ids=[family_id]), key="user:block")
    await outbox.deliver_all()
    assert (await client.get(ME, headers=bearer(signed_in))).status_code == 401
