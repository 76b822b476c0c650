"""/health and /ready, and what a stop does to them."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import httpx2
import pytest
from sqlalchemy import make_url
from starlette.applications import Starlette
from starlette.requests import Request
from structlog.testing import capture_logs
from tests.s3 import ACCESS_KEY, SECRET_KEY, S3Server, s3_server

from meeting_system.adapters.embedded import Servers
from meeting_system.adapters.objects import open_objects
from meeting_system.adapters.redis_store import open_store
from meeting_system.app.health import Health
from meeting_system.app.health_routes import health_routes
from meeting_system.app.lifespan import Process
from meeting_system.kernel.clock import ManualClock
from meeting_system.kernel.errors import Unavailable
from meeting_system.kit.metrics import REGISTRY
from meeting_system.kit.plug import Plug
from meeting_system.kit.sql import open_database


async def works() -> None:
    """A dependency that answers."""


async def fails() -> None:
    raise Unavailable("the database is away, try again")


async def breaks() -> None:
    raise RuntimeError("with a secret inside")


async def hangs() -> None:
    await asyncio.sleep(3600)


async def refuses() -> None:
    cause = ConnectionRefusedError(111, "postgresql://meeting:s3cret@db/meeting")
    raise Unavailable("the database is away, try again") from cause


async def knows_us_not() -> None:
    raise RuntimeError("invalid username-password pair for redis://:s3cret@cache:6379")


def open_to_all(_request: Request) -> None:
    """Let everybody read metrics."""


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture
def health(clock: ManualClock) -> Health:
    return Health({"store": works}, clock=clock, check_s=0.05)


@pytest.fixture
async def client(health: Health) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=Starlette(routes=health_routes(health, open_to_all)))
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def test_a_feature_that_is_away_is_told_and_leaves_the_process_ready(clock: ManualClock) -> None:
    health = Health({"store": works}, {"documents": fails}, clock=clock, check_s=0.05)
    app = Starlette(routes=health_routes(health, open_to_all))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as client:
        answer = await client.get("/ready")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    assert answer.json()["checks"]["store"] == {"ok": True}
    assert answer.json()["checks"]["documents"]["en"].startswith("MongoDB is away")


async def test_who_asks_waits_once_at_most_for_a_feature_that_hangs(clock: ManualClock) -> None:
    is_away = True

    async def hangs_at_first() -> None:
        if is_away:
            await hangs()

    health = Health({"store": works}, {"objects": hangs_at_first}, clock=clock, check_s=0.3)
    app = Starlette(routes=health_routes(health, open_to_all))
    async with (
        health.watching(),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as client,
    ):
        assert (await client.get("/ready")).json()["checks"]["objects"]["code"] == "timeout"
        async with asyncio.timeout(0.2):
            answer = await client.get("/ready")
        assert (answer.status_code, answer.json()["checks"]["objects"]["code"]) == (200, "timeout")
        is_away = False
        await health._look(health.features)
        assert (await client.get("/ready")).json()["checks"]["objects"] == {"ok": True}


async def test_ready_when_everything_answers(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/ready")
    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "ready", "checks": {"store": {"ok": True}}},
    )


async def test_ready_tells_what_fails_since_when_and_why_in_two_languages(
    client: httpx2.AsyncClient, health: Health, clock: ManualClock
) -> None:
    health.checks = {"store": works, "database": refuses, "engine": breaks, "registry": hangs}
    since = clock.now().isoformat(timespec="milliseconds")
    await client.get("/ready")
    clock.advance(60)
    answer = await client.get("/ready")
    assert answer.status_code == 503
    checks = answer.json()["checks"]
    assert checks["store"] == {"ok": True}
    assert checks["database"] == {
        "ok": False,
        "code": "refused",
        "since": since,
        "en": "PostgreSQL accepts no connections: it does not run, or its address is another one.",
        "zh-CN": "PostgreSQL 拒绝连接：可能没有运行，或地址配置有误。",
    }
    assert (checks["engine"]["code"], checks["registry"]["code"]) == ("failed", "timeout")
    assert checks["registry"]["since"] == since


@pytest.mark.parametrize(
    ("address", "key", "code"),
    [("", SECRET_KEY, "no_bucket"), ("", "wrong", "credentials"), ("http://127.0.0.1:1", "", "refused")],
)
async def test_a_real_store_of_objects_that_can_not_be_used_is_explained(
    s3: S3Server, health: Health, address: str, key: str, code: str
) -> None:
    objects = open_objects(
        "s3://missing", endpoint=address or s3.endpoint, access_key=ACCESS_KEY, secret_key=key
    )
    health.features = {"objects": objects.check}
    health.check_s = 10
    assert (await health.find_problems())["objects"].reason.code == code


async def test_ready_tells_no_secrets(client: httpx2.AsyncClient, health: Health) -> None:
    health.checks = {"database": refuses, "store": knows_us_not, "engine": breaks}
    with capture_logs():
        answer = await client.get("/ready")
    assert answer.json()["checks"]["store"]["code"] == "credentials"
    assert "secret" not in answer.text
    assert "s3cret" not in answer.text


async def test_ready_answers_in_bounded_time_even_of_what_ignores_its_cancellation(
    client: httpx2.AsyncClient, health: Health
) -> None:
    asked, released = 0, asyncio.Event()

    async def ignores() -> None:
        nonlocal asked
        asked += 1
        while not released.is_set():
            with suppress(asyncio.CancelledError):
                await released.wait()

    health.checks = {"database": ignores}
    async with asyncio.timeout(5):
        answers = await asyncio.gather(*(client.get("/ready") for _ in range(20)))
        answers.append(await client.get("/ready"))
    assert {answer.status_code for answer in answers} == {503}
    assert asked == 1
    released.set()
    async with asyncio.timeout(5):
        while (await client.get("/ready")).status_code != 200:
            pass


async def test_what_comes_back_is_ready_again_and_each_change_is_one_line_of_the_log(
    client: httpx2.AsyncClient, health: Health
) -> None:
    with capture_logs() as logs:
        for check in (works, refuses, refuses, breaks, breaks, works, works):
            health.checks = {"database": check}
            await client.get("/ready")
    assert [line["event"] for line in logs] == [
        "dependency_away",
        "check_failed",
        "dependency_away",
        "dependency_back",
    ]


async def test_a_failure_has_its_time_even_where_nobody_asks(health: Health) -> None:
    health.checks = {"database": refuses}
    async with health.watching(), asyncio.timeout(5):
        while REGISTRY.get_sample_value("meeting_health_check", {"check": "database"}) != 0:  # noqa: ASYNC110
            await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("postgresql+asyncpg://nobody:s3cret@127.0.0.1:{closed}/x", "refused"),
        ("postgresql+asyncpg://nobody:s3cret@name.invalid/x", "unknown_name"),
        ("{there}", "no_database"),
    ],
)
async def test_a_real_database_that_does_not_answer_is_explained(
    servers: Servers, health: Health, url: str, code: str
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        there = make_url(servers.database_url).set(database="absent").render_as_string(hide_password=False)
        url = url.format(closed=taken.getsockname()[1], there=there)
        async with open_database(url) as database:
            health.checks = {"database": database.check}
            health.check_s = 10
            assert (await health.find_problems())["database"].reason.code == code


async def test_a_real_store_that_does_not_answer_is_explained(servers: Servers, health: Health) -> None:
    path = urlsplit(servers.redis_url).path
    async with (
        open_store("unix:///nowhere/valkey.sock") as absent,
        open_store(f"unix://nobody:s3cret@{path}") as stranger,
    ):
        health.checks = {"absent": absent.check, "stranger": stranger.check}
        health.check_s = 10
        problems = await health.find_problems()
    assert {name: problem.reason.code for name, problem in problems.items()} == {
        "absent": "refused",
        "stranger": "credentials",
    }


async def test_a_process_whose_dependencies_fail_is_still_alive(
    client: httpx2.AsyncClient, health: Health
) -> None:
    health.checks = {"database": fails}
    assert (await client.get("/health")).json()["status"] == "alive"


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
