"""/health, /ready and /metrics, and what a stop does to them."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
from starlette.applications import Starlette

from meeting_system.adapters.embedded import Servers
from meeting_system.app.health import Health, health_routes
from meeting_system.app.lifespan import Process
from meeting_system.kernel.errors import Unavailable
from meeting_system.kit.plug import Plug


async def works() -> None:
    """A dependency that answers."""


async def fails() -> None:
    raise Unavailable("the database is away, try again")


async def breaks() -> None:
    raise RuntimeError("with a secret inside")


async def hangs() -> None:
    await asyncio.sleep(3600)


@pytest.fixture
def health() -> Health:
    return Health({"store": works})


@pytest.fixture
async def client(health: Health) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=Starlette(routes=health_routes(health)))
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def test_ready_when_everything_answers(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/ready")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "checks": {"store": "ok"}})


async def test_ready_names_what_fails_and_why(client: httpx2.AsyncClient, health: Health) -> None:
    health.checks = {"store": works, "database": fails, "engine": breaks, "other": hangs}
    answer = await client.get("/ready")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "not_ready",
        "checks": {
            "store": "ok",
            "database": "the database is away, try again",
            "engine": "failed, see the log",
            "other": "gave no answer within 2 s",
        },
    }


async def test_a_process_whose_dependencies_fail_is_still_alive(
    client: httpx2.AsyncClient, health: Health
) -> None:
    health.checks = {"database": fails}
    assert (await client.get("/health")).json()["status"] == "alive"


async def test_metrics_are_prometheus_text(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "meeting_sql_statements_total" in answer.text


def process_with(health: Health, *plugs: Plug, drain_s: float = 5) -> Process:
    return Process(Starlette(), health, plugs, Servers("", ""), drain_s)


async def test_while_it_stops_a_process_is_not_ready(client: httpx2.AsyncClient, health: Health) -> None:
    seen: list[int] = []

    async def drain() -> None:
        seen.append((await client.get("/ready")).status_code)

    await process_with(health, Plug(name="a", drain=drain), Plug(name="b")).drain()
    assert seen == [503]
    assert (await client.get("/health")).status_code == 200


async def test_a_service_that_does_not_drain_stops_nobody(health: Health) -> None:
    drained: list[str] = []

    async def drain() -> None:
        drained.append("good")

    plugs = [Plug(name="a", drain=breaks), Plug(name="b", drain=hangs), Plug(name="c", drain=drain)]
    await process_with(health, *plugs, drain_s=0.05).drain()
    assert drained == ["good"]
