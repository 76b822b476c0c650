"""HTTP: every error is a problem with a code, and nothing that is sent brings a traceback."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx2
import pytest
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from tests.conftest import MakeApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from meeting_system.kernel.errors import Conflict, FieldError, TooMany
from meeting_system.kernel.ids import MeetingId, ParticipantId, UserId
from meeting_system.kernel.principal import Account, AccountRole, Guest
from meeting_system.kit.auth import find_principal, require_account, revoked_family_key
from meeting_system.kit.edge import BODY_LIMIT, NotePeer
from meeting_system.kit.http import create_app
from meeting_system.kit.metrics import HTTP_SECONDS
from meeting_system.kit.plug import Plug, Ports
from meeting_system.kit.trace import current_trace_id

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
ALICE = Account(UserId("u1"), AccountRole.USER, "Alice", "f1")


class Thing(BaseModel):
    """What is sent."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=10)
    sizes: list[int] = Field(default_factory=list)


def example(ports: Ports) -> Plug:
    """A service with everything that may go wrong."""
    router = APIRouter(prefix="/api/v1")

    @router.get("/things")
    async def list_things(of: str = "mine") -> list[str]:
        return [of]

    @router.get("/limited")
    async def get_limited() -> None:
        await ports.limiter.hit("things", "everybody", limit=2, window_s=60)

    @router.post("/things")
    async def add_thing(thing: Thing) -> Thing:
        return thing

    @router.get("/things/{number}")
    async def get_thing(number: int, limit: int = 10) -> dict[str, object]:
        return {"number": number, "limit": limit, "trace_id": current_trace_id()}

    @router.get("/conflict")
    async def conflict() -> None:
        raise Conflict("not now", errors=[FieldError("/state", "is another")])

    @router.get("/slow-down")
    async def slow_down() -> None:
        raise TooMany("later", retry_after_s=2.1)

    @router.get("/bug")
    async def bug() -> None:
        raise RuntimeError("with a secret inside")

    @router.get("/me")
    async def get_me(request: Request) -> str:
        return (await require_account(request)).display_name

    @router.get("/anybody")
    async def get_anybody(request: Request) -> str | None:
        principal = await find_principal(request)
        return principal.display_name if principal else None

    add_overlapping(router)
    return Plug(name="example", routes=router.routes)


def add_overlapping(router: APIRouter) -> None:
    @router.put("/things/{name}")
    async def put_thing(name: str) -> str:
        return name

    @router.get("/things/latest/name")
    async def get_latest() -> str:
        return "latest"

    @router.delete("/things/{number}/{part}")
    async def delete_part(number: str, part: str) -> str:
        return number + part


@pytest.fixture
async def client(make_app: MakeApp, ports: Ports) -> AsyncIterator[httpx2.AsyncClient]:
    @asynccontextmanager
    async def opened() -> AsyncIterator[httpx2.AsyncClient]:
        async with make_app([example(ports)]) as client:
            yield client

    async with opened() as client:
        yield client


def check_problem(answer: httpx2.Response, status: int, code: str) -> dict[str, object]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, object] = answer.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["trace_id"] == answer.headers["x-trace-id"]
    assert "Traceback" not in answer.text
    return problem


async def post(client: httpx2.AsyncClient, body: bytes, kind: str = "application/json") -> httpx2.Response:
    return await client.post("/api/v1/things", content=body, headers={"Content-Type": kind})


async def test_what_is_right_is_answered(client: httpx2.AsyncClient) -> None:
    answer = await post(client, b'{"name": "a"}')
    assert (answer.status_code, answer.json()) == (200, {"name": "a", "sizes": []})


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"name": NaN}',
        b'{"name": "\\ud800"}',
        b"\xff",
        b"[" * 500_000,
        b'{"a":' * 200 + b"1" + b"}" * 200,
    ],
)
async def test_malformed_json_is_refused(client: httpx2.AsyncClient, body: bytes) -> None:
    check_problem(await post(client, body), 400, "json_invalid")


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (b"{}", ["/name"]),
        (b'{"name": 1}', ["/name"]),
        (b'{"name": "a", "colour/~x": 1}', ["/colour~1~0x"]),
        (b'{"name": "a", "sizes": [1, "two"]}', ["/sizes/1"]),
        (b'{"name": "far too long a name"}', ["/name"]),
        (b"null", [""]),
        (b"[]", [""]),
    ],
)
async def test_a_wrong_field_is_pointed_at(
    client: httpx2.AsyncClient, body: bytes, pointers: list[str]
) -> None:
    problem = check_problem(await post(client, body), 422, "invalid")
    errors = problem["errors"]
    assert isinstance(errors, list)
    assert [error["pointer"] for error in errors] == pointers
    assert "input" not in errors[0]


async def test_a_body_of_another_type_is_refused(client: httpx2.AsyncClient) -> None:
    check_problem(await post(client, b'{"name": "a"}', "text/plain"), 415, "media_type_unsupported")


async def test_a_large_body_is_refused_announced_or_not(client: httpx2.AsyncClient) -> None:
    check_problem(await post(client, b" " * (BODY_LIMIT + 1)), 413, "body_too_large")

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(BODY_LIMIT // 1024 + 1):
            yield b" " * 1024

    answer = await client.post(
        "/api/v1/things", content=chunks(), headers={"Content-Type": "application/json"}
    )
    check_problem(answer, 413, "body_too_large")


async def test_path_and_query_are_pointed_at(client: httpx2.AsyncClient) -> None:
    problem = check_problem(await client.get("/api/v1/things/x?limit=y"), 422, "invalid")
    errors = problem["errors"]
    assert isinstance(errors, list)
    assert [error["pointer"] for error in errors] == ["/path/number", "/query/limit"]


async def test_an_expected_error_keeps_code_detail_and_fields(client: httpx2.AsyncClient) -> None:
    problem = check_problem(await client.get("/api/v1/conflict"), 409, "conflict")
    assert problem["detail"] == "not now"
    assert problem["errors"] == [{"pointer": "/state", "detail": "is another"}]


async def test_too_many_says_when_to_come_back(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/api/v1/slow-down")
    check_problem(answer, 429, "too_many")
    assert answer.headers["retry-after"] == "3"


async def test_a_bug_is_internal_and_tells_nothing(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/api/v1/bug")
    check_problem(answer, 500, "internal")
    assert "secret" not in answer.text


async def test_an_unknown_address_and_a_wrong_method_are_problems(client: httpx2.AsyncClient) -> None:
    check_problem(await client.get("/api/v1/nothing"), 404, "not_found")
    answer = await client.delete("/api/v1/things")
    check_problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"


async def test_head_is_get_without_a_body_and_options_says_what_may_be_done(
    client: httpx2.AsyncClient,
) -> None:
    read, head = await client.get("/api/v1/things/1"), await client.head("/api/v1/things/1")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(read.content))
    options = await client.options("/api/v1/things")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")


async def test_what_may_be_done_is_said_of_the_path_that_fits_best(client: httpx2.AsyncClient) -> None:
    options = await client.options("/api/v1/things/1")
    assert options.headers["allow"] == "GET, HEAD, OPTIONS, PUT"
    options = await client.options("/api/v1/things/latest/name")
    assert options.headers["allow"] == "GET, HEAD, OPTIONS"
    options = await client.options("/api/v1/things/1/name")
    assert options.headers["allow"] == "DELETE, OPTIONS"


async def test_what_the_client_has_already_is_not_sent_again(client: httpx2.AsyncClient) -> None:
    first = await client.get("/api/v1/things")
    tag = first.headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await client.get("/api/v1/things", headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    changed = await client.get("/api/v1/things?of=others", headers={"If-None-Match": tag})
    assert (changed.status_code, changed.json()) == (200, ["others"])


async def test_limited_requests_say_how_many_are_left(client: httpx2.AsyncClient) -> None:
    left = [await client.get("/api/v1/limited") for _ in range(3)]
    assert [answer.status_code for answer in left] == [200, 200, 429]
    assert [answer.headers["ratelimit-policy"] for answer in left] == ['"things";q=2;w=60'] * 3
    assert [answer.headers["ratelimit"].split(";")[1] for answer in left] == ["r=1", "r=0", "r=0"]
    assert 0 < int(left[2].headers["retry-after"]) <= 60


async def test_a_trusted_proxys_trace_is_continued_and_a_strangers_is_not(ports: Ports) -> None:
    app = create_app(routes=example(ports).routes, ports=ports)
    behind = NotePeer(cast("Any", ProxyHeadersMiddleware)(app, ["10.0.0.1"]))
    headers = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01", "x-forwarded-for": "192.0.2.7"}
    for peer, is_continued in (("10.0.0.1", True), ("10.0.0.2", False)):
        transport = httpx2.ASGITransport(app=cast("Any", behind), client=(peer, 1234))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            answer = await client.get("/api/v1/things/1", headers=headers)
            assert answer.json()["trace_id"] == answer.headers["x-trace-id"]
            assert (answer.headers["x-trace-id"] == TRACE) is is_continued
            other = await client.get("/api/v1/things/1", headers=headers | {"traceparent": "rubbish"})
            assert len(other.headers["x-trace-id"]) == 32


async def test_requests_are_counted_by_the_template_of_their_route_and_by_known_methods(
    client: httpx2.AsyncClient,
) -> None:
    for number in range(20):
        await client.get(f"/api/v1/things/{number}")
        await client.get(f"/nothing/{number}")
        await client.request(f"BREW{number}", "/api/v1/things/1")
    await client.get("/api/v1/bug")
    counted = {
        (sample.labels["method"], sample.labels["route"], sample.labels["status"])
        for metric in HTTP_SECONDS.collect()
        for sample in metric.samples
    }
    assert {
        ("GET", "/api/v1/things/{number}", "200"),
        ("GET", "none", "404"),
        ("other", "/api/v1/things/{number}", "405"),
        ("GET", "/api/v1/bug", "500"),
    } <= counted
    assert not any("/nothing" in route or "BREW" in method for method, route, _ in counted)


async def test_every_answer_has_the_security_headers(client: httpx2.AsyncClient) -> None:
    for path in ("/api/v1/things/1", "/api/v1/nothing", "/api/v1/bug"):
        headers = (await client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "server" not in headers


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_a_token_says_who_asks(client: httpx2.AsyncClient, ports: Ports) -> None:
    token = ports.tokens.issue(ALICE)
    assert (await client.get("/api/v1/me", headers=bearer(token))).json() == "Alice"
    assert (await client.get("/api/v1/anybody", headers=bearer(token))).json() == "Alice"
    assert (await client.get("/api/v1/anybody")).json() is None


async def test_without_a_valid_token_one_has_to_log_in(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/api/v1/me")
    check_problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"
    check_problem(await client.get("/api/v1/me", headers=bearer("rubbish")), 401, "token_invalid")
    # Where nobody has to log in, a wrong token is still wrong.
    check_problem(
        await client.get("/api/v1/anybody", headers={"Authorization": "Basic x"}), 401, "token_invalid"
    )


async def test_an_expired_token_says_so(client: httpx2.AsyncClient, ports: Ports, clock: object) -> None:
    token = ports.tokens.issue(ALICE)
    clock.advance(3600)  # type: ignore[attr-defined]
    check_problem(await client.get("/api/v1/me", headers=bearer(token)), 401, "token_expired")


async def test_a_guest_has_no_account(client: httpx2.AsyncClient, ports: Ports) -> None:
    token = ports.tokens.issue(Guest(MeetingId("m1"), ParticipantId("p1"), "Gast"))
    check_problem(await client.get("/api/v1/me", headers=bearer(token)), 403, "forbidden")


async def test_tokens_of_an_ended_family_are_refused(client: httpx2.AsyncClient, ports: Ports) -> None:
    token = ports.tokens.issue(ALICE)
    await ports.store.set(revoked_family_key("f1"), b"1")
    check_problem(await client.get("/api/v1/me", headers=bearer(token)), 401, "token_invalid")
