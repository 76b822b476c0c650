"""Idempotency-Key: sent again, a POST does nothing again and gets the answer of the first time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest
from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import text
from tests.conftest import MakeApp

from meeting_system.kernel.clock import ManualClock
from meeting_system.kernel.errors import Conflict
from meeting_system.kernel.ids import UserId
from meeting_system.kernel.principal import Account, AccountRole
from meeting_system.kit import idempotency
from meeting_system.kit.plug import Plug, Ports


class Order(BaseModel):
    """What is sent."""

    thing: str


class Shop:
    """Counts what it did; `gate` holds an order up."""

    def __init__(self) -> None:
        self.orders: list[str] = []
        self.closed = False
        self.ordered = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    def plug(self) -> Plug:
        router = APIRouter(prefix="/api/v1")

        @router.post("/orders", status_code=201)
        async def create_order(sent: Order, response: Response) -> dict[str, Any]:
            if self.closed:
                raise Conflict("closed")
            self.orders.append(sent.thing)
            self.ordered.set()
            await self.gate.wait()
            response.headers["Location"] = f"/orders/{len(self.orders)}"
            return {"number": len(self.orders), "secret": "a ticket to nobody else"}

        @router.post("/cancel", status_code=204)
        async def cancel() -> None:
            self.orders.clear()

        return Plug(name="shop", routes=router.routes)


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
async def client(make_app: MakeApp, shop: Shop) -> AsyncIterator[httpx2.AsyncClient]:
    async with make_app([shop.plug()]) as client:
        yield client


Send = Callable[..., Any]


@pytest.fixture
def send(client: httpx2.AsyncClient, ports: Ports) -> Send:
    """Order something with a key, as nobody or as an account."""

    async def send(thing: str, key: str, *, user_id: str | None = None) -> httpx2.Response:
        headers = {"Idempotency-Key": key}
        if user_id is not None:
            token = ports.tokens.issue(Account(UserId(user_id), AccountRole.USER, "Ada", "f"))
            headers["Authorization"] = f"Bearer {token}"
        return await client.post("/api/v1/orders", json={"thing": thing}, headers=headers)

    return send


async def test_sent_again_it_is_done_once_and_answered_alike(send: Send, shop: Shop) -> None:
    first, again = await send("tea", "k1"), await send("tea", "k1")
    assert shop.orders == ["tea"]
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert first.headers["location"] == again.headers["location"]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert first.headers["x-trace-id"] != again.headers["x-trace-id"]


async def test_an_answer_without_a_body_is_repeated(
    client: httpx2.AsyncClient, send: Send, shop: Shop
) -> None:
    headers = {"Idempotency-Key": "c"}
    assert (await client.post("/api/v1/cancel", headers=headers)).status_code == 204
    await send("tea", "k1")
    again = await client.post("/api/v1/cancel", headers=headers)
    assert (again.status_code, again.content, shop.orders) == (204, b"", ["tea"])


async def test_a_key_belongs_to_one_body(send: Send, shop: Shop) -> None:
    await send("tea", "k1")
    other = await send("coffee", "k1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert other.json()["errors"][0]["pointer"] == "/header/Idempotency-Key"
    assert shop.orders == ["tea"]


async def test_everybody_has_keys_of_their_own(send: Send, shop: Shop) -> None:
    answers = [await send("tea", "k1", user_id=user_id) for user_id in ("ada", "bob", "ada")]
    assert [answer.json()["number"] for answer in answers] == [1, 2, 1]


async def test_repeats_at_the_same_time_wait_for_the_first(send: Send, shop: Shop) -> None:
    shop.gate.clear()
    sent = [asyncio.create_task(send("tea", "k1")) for _ in range(5)]
    await shop.ordered.wait()
    shop.gate.set()
    answers = await asyncio.gather(*sent)
    assert {answer.json()["number"] for answer in answers} == {1}
    assert shop.orders == ["tea"]


async def test_who_waits_too_long_is_told_to_come_back(
    send: Send, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "WAITED_S", 0.1)
    shop.gate.clear()
    first = asyncio.create_task(send("tea", "k1"))
    await shop.ordered.wait()
    again = await send("tea", "k1")
    assert (again.status_code, again.json()["code"]) == (409, "idempotency_in_progress")
    assert again.headers["retry-after"] == "1"
    shop.gate.set()
    assert (await first).status_code == 201


async def test_what_failed_may_be_tried_again_with_its_key(send: Send, shop: Shop) -> None:
    shop.closed = True
    assert (await send("tea", "k1")).status_code == 409
    shop.closed = False
    assert (await send("tea", "k1")).status_code == 201
    assert shop.orders == ["tea"]


async def test_after_a_day_a_key_is_new_and_old_rows_go(
    send: Send, shop: Shop, clock: ManualClock, ports: Ports
) -> None:
    for number in range(3):
        await send("tea", f"k{number}")
    clock.advance(idempotency.KEPT_S + 1)
    assert (await send("tea", "k0")).json()["number"] == 4
    async with ports.database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM kit.idempotency")) == 1


async def test_a_process_that_died_holds_a_key_for_a_minute(
    send: Send, shop: Shop, clock: ManualClock, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "WAITED_S", 0.1)
    await send("tea", "k1")
    async with ports.database.reading() as connection:
        await connection.execute(text("UPDATE kit.idempotency SET answer = NULL"))
    assert (await send("tea", "k1")).status_code == 409
    clock.advance(idempotency.CLAIM_S + 1)
    assert (await send("tea", "k1")).status_code == 201


async def test_the_database_shows_neither_answers_nor_keys(send: Send, ports: Ports) -> None:
    await send("tea", "the-key-itself")
    async with ports.database.reading() as connection:
        row = (await connection.execute(text("SELECT * FROM kit.idempotency"))).one()
    stored = b"".join(value if isinstance(value, bytes) else str(value).encode() for value in row)
    assert b"ticket" not in stored
    assert b"the-key-itself" not in stored


@pytest.mark.parametrize("key", ["", "a b", "k" * 65])
async def test_what_can_not_be_a_key_is_refused(send: Send, shop: Shop, key: str) -> None:
    answer = await send("tea", key)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert not shop.orders
