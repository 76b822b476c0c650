"""The web client's files."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from meeting_system.app.web import WebClient


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A built web client, and a secret beside it."""
    (tmp_path / "secret.txt").write_text("secret")
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>page</title>")
    (folder / "favicon.svg").write_text("<svg/>")
    (folder / "assets" / "app-1a2b.js").write_text("plain")
    (folder / "assets" / "app-1a2b.js.br").write_bytes(b"small")
    (folder / "assets" / "app-1a2b.js.gz").write_bytes(b"smaller")
    (folder / "assets" / "leak.txt").symlink_to(tmp_path / "secret.txt")
    return folder


@pytest.fixture
async def client(folder: Path) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=WebClient(folder))
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/login", "/m/123456789", "/settings", "/test-connection"])
async def test_addresses_of_the_client_get_the_page(client: httpx2.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    assert "<title>page" in answer.text
    assert answer.headers["cache-control"] == "no-cache"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for feature in ("camera", "microphone", "display-capture"):
        assert f"{feature}=(self)" in answer.headers["permissions-policy"]


@pytest.mark.parametrize(
    ("accepted", "encoding", "content"),
    [("gzip, br", "br", b"small"), ("gzip", "gzip", b"smaller"), ("identity", None, b"plain")],
)
async def test_an_asset_is_sent_as_it_lies_and_kept_for_ever(
    folder: Path, accepted: str, encoding: str | None, content: bytes
) -> None:
    transport = httpx2.ASGITransport(app=WebClient(folder))
    async with (
        httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client,
        client.stream("GET", "/assets/app-1a2b.js", headers={"Accept-Encoding": accepted}) as answer,
    ):
        assert b"".join([chunk async for chunk in answer.aiter_raw()]) == content
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["vary"] == "Accept-Encoding"


async def test_a_file_without_a_hash_is_asked_for_again(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/favicon.svg")
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("image/svg+xml", "no-cache")


@pytest.mark.parametrize(
    "path",
    [
        "/assets/gone.js",
        "/gone.png",
        "/assets/leak.txt",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/a%00b.txt",
        "/" + "x" * 5000 + ".js",
        "/api/v1/nothing",
        "/ws/nothing",
    ],
)
async def test_what_is_not_there_is_a_problem_and_nothing_outside_is_there(
    client: httpx2.AsyncClient, path: str
) -> None:
    answer = await client.get(path)
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"
    assert "secret" not in answer.json().get("content", "")


async def test_a_page_that_the_browser_has_is_not_sent_again(client: httpx2.AsyncClient) -> None:
    etag = (await client.get("/")).headers["etag"]
    again = await client.get("/login", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert "content-security-policy" in again.headers


async def test_only_reading_is_possible(client: httpx2.AsyncClient) -> None:
    assert (await client.post("/login")).status_code == 404
    assert (await client.head("/login")).status_code == 200


async def test_a_client_not_built_says_what_to_do(tmp_path: Path) -> None:
    transport = httpx2.ASGITransport(app=WebClient(tmp_path / "none"))
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.get("/")
    assert answer.status_code == 503
    assert "make setup" in answer.text
