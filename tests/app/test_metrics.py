"""/metrics: names after one scheme, labels of few values, and for nobody who has no business with it."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx2
import pytest
from prometheus_client.core import Metric
from starlette.applications import Starlette
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

import meeting_system.media.metrics as media
import meeting_system.meeting.metrics as meeting
import meeting_system.signaling.metrics as signaling
from meeting_system.app.health import Health
from meeting_system.app.health_routes import health_routes
from meeting_system.app.metrics_guard import is_loopback, metrics_guard
from meeting_system.app.settings import Settings
from meeting_system.kit.edge import NotePeer
from meeting_system.kit.metrics import QUEUES, REGISTRY, expose
from meeting_system.kit.sql import Database

TOKEN = "5d41402abc4b2a76b9719d911017c592aa"
PARTS = (
    "http",
    "sql",
    "bus",
    "outbox",
    "queue",
    "health",
    "signaling",
    "meeting",
    "media",
    "user",
    "cache",
    "webhook",
)
LABELS = {
    "method",
    "route",
    "status",
    "topic",
    "outcome",
    "type",
    "code",
    "how",
    "check",
    "queue",
    "cache",
    "service",
}


def ours() -> Iterator[Metric]:
    assert all((media, meeting, signaling))  # imported: their metrics are there
    return (metric for metric in REGISTRY.collect() if not metric.name.startswith("process_"))


def test_every_name_follows_the_scheme() -> None:
    names = [metric.name for metric in ours()]
    names += [f"meeting_media_{name}" for name in (*media.GAUGES, *media.COUNTERS)]
    assert len(names) > 25
    for name in names:
        assert re.fullmatch(rf"meeting_({'|'.join(PARTS)})_[a-z]+(_[a-z]+)*", name), name
        assert not re.search(r"_(ms|milliseconds|minutes|kb|mb|percent)$", name), name


def test_every_metric_says_what_it_is_and_every_label_has_few_values() -> None:
    for metric in ours():
        assert metric.documentation.endswith("."), metric.name
        for sample in metric.samples:
            assert set(sample.labels) <= LABELS | {"le"}, sample


def test_a_queue_is_as_long_as_the_longest_of_its_kind_and_gone_with_the_last() -> None:
    def read() -> float | None:
        return REGISTRY.get_sample_value("meeting_queue_length", {"queue": "example"})

    with QUEUES.watch("example", lambda: 3):
        with QUEUES.watch("example", lambda: 7):
            assert read() == 7
        assert read() == 3
    assert read() is None


async def test_the_pool_tells_what_is_in_use_and_who_waits(database: Database) -> None:
    def read(name: str) -> float | None:
        return REGISTRY.get_sample_value(f"meeting_sql_connections{name}")

    assert (read(""), read("_limit"), read("_waiting")) == (0, 10, 0)
    async with database.reading(), database.transaction():
        assert (read(""), read("_open")) == (2, 2)
    assert (read(""), read("_open"), read("_waiting")) == (0, 2, 0)


@asynccontextmanager
async def asking(
    peer: str, *, trusted: tuple[str, ...] = (), **settings: Any
) -> AsyncIterator[httpx2.AsyncClient]:
    """Ask a process from an address."""
    guard = metrics_guard(Settings.model_validate(settings))
    app: Any = Starlette(routes=health_routes(Health(), guard))
    if trusted:
        app = NotePeer(cast("Any", ProxyHeadersMiddleware)(app, list(trusted)))
    transport = httpx2.ASGITransport(app=app, client=(peer, 1))
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def status(client: httpx2.AsyncClient, **headers: str) -> int:
    return (
        await client.get("/metrics", headers={k.replace("_", "-"): v for k, v in headers.items()})
    ).status_code


async def test_a_program_on_this_machine_reads_prometheus_text() -> None:
    async with asking("127.0.0.1") as client:
        answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "meeting_sql_statements_total" in answer.text
    assert answer.text.encode()[:100] == expose()[:100]


@pytest.mark.parametrize(
    "headers", [{"X_Forwarded_For": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1"}, {"Via": "1.1 proxy"}]
)
async def test_who_comes_through_a_proxy_on_this_machine_does_not(headers: Mapping[str, str]) -> None:
    async with asking("127.0.0.1") as client:
        assert await status(client, **headers) == 403
    async with asking("127.0.0.1", trusted=("127.0.0.1",)) as client:
        assert await status(client, **headers) == 403
        assert await status(client) == 200


async def test_a_stranger_is_told_what_to_set() -> None:
    async with asking("192.0.2.7") as client:
        answer = await client.get("/metrics")
    assert (answer.status_code, answer.json()["code"]) == (403, "metrics_closed")
    assert "MEETING_METRICS__TOKEN" in answer.json()["detail"]


async def test_with_a_token_whoever_has_it_reads_and_nobody_else() -> None:
    async with asking("192.0.2.7", metrics={"token": TOKEN}) as client:
        assert await status(client, Authorization=f"Bearer {TOKEN}") == 200
        assert await status(client, Authorization=f"Bearer {TOKEN}x") == 401
        assert await status(client, Authorization=TOKEN) == 401
        assert await status(client) == 401
        assert TOKEN not in (await client.get("/metrics")).text
    async with asking("127.0.0.1", metrics={"token": TOKEN}) as client:
        assert await status(client) == 401


async def test_in_production_without_a_token_nobody_reads() -> None:
    async with asking("127.0.0.1", environment="production") as client:
        assert await status(client) == 403


def test_a_weak_token_is_refused_in_production() -> None:
    with pytest.raises(ValueError, match="MEETING_METRICS__TOKEN is shorter than 32 bytes"):
        Settings.model_validate({"environment": "production", "metrics": {"token": "short"}})


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("192.0.2.1", False),
        ("localhost.example.org", False),
        ("", False),
    ],
)
def test_loopback_is_told_from_the_rest(host: str, is_ours: bool) -> None:
    assert is_loopback(host) is is_ours
