"""Whatever is sent, the answer is a problem with a code, and the service goes on."""

from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from fastapi.routing import APIRoute
from tests.meeting.conftest import MakePerson

from meeting_system.kit.directory import members_of
from meeting_system.kit.plug import Ports
from meeting_system.meeting import wiring as meeting
from meeting_system.meeting.settings import MeetingSettings
from meeting_system.user import wiring as user
from meeting_system.user.settings import UserSettings

BODIES = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'"x"',
    b"1e999",
    b'{"a": NaN}',
    b'{"display_name": "\\ud800"}',
    b'{"title": "\\u0000", "device_id": "\\u0000", "email": "\\u0000", "display_name": "\\u0000"}',
    b'{"locked": 1, "source": 1, "refresh_token": 1, "password": 1, "device_id": 1, "email": 1}',
    b'{"locked": null, "source": null, "password": null, "device_id": null, "title": null, "locale": null}',
    b'{"refresh_token": "\xff\xfe"}',
    b'{"unknown": {"deep": ' + b"[" * 200 + b"]" * 200 + b"}}",
    b"[" * 100_000,
    b'{"title": "' + b"x" * 100_000 + b'", "device_id": "' + b"x" * 100_000 + b'"}',
    b'{"title": ' + b"9" * 5000 + b"}",
]
SEGMENTS = [
    "\u0000",
    "x" * 300,
    "🎉",
    "%2e%2e",
    "-1",
    "0" * 9,
    "019b76da-a800-7a5d-a3cf-1bce68410e09",
    "' OR 1=1 --",
]


@pytest.fixture
async def client(make_app: Any, ports: Ports) -> Any:
    plugs = [
        meeting.create(ports, MeetingSettings(guesses_of_address=10_000)),
        user.create(ports, UserSettings()),
    ]
    async with make_app(plugs) as client:
        yield client


def endpoints(client: httpx2.AsyncClient, meeting_id: str) -> list[tuple[str, str]]:
    """Every operation there is, with a real meeting in its path."""
    found = [
        (method, route.path.replace("{meeting_id}", meeting_id).replace("{reference}", meeting_id))
        for route in members_of(client._transport.app.routes)
        if isinstance(route, APIRoute) and route.include_in_schema
        for method in sorted(route.methods)
    ]
    assert len(found) > 50
    return found


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/json; charset=utf-16"])
async def test_no_body_is_too_strange(client: httpx2.AsyncClient, account: MakePerson, kind: str) -> None:
    ada = account("Ada")
    created = await ada.create()
    await ada.join(created["meeting_no"])
    asked = 0
    for method, path in endpoints(client, created["meeting_id"]):
        if method == "GET" or path.endswith(("/end", "/logout", "/logout-all")):
            continue
        for body in BODIES:
            url = path.replace("{participant_id}", "x")
            headers = ada.headers | {"Content-Type": kind}
            answer = await client.request(method, url, content=body, headers=headers)
            assert answer.status_code < 500, (method, url, body[:60], answer.text)
            if answer.status_code >= 400 and "error" in answer.json():
                assert path.endswith("/oauth/token"), "only there: RFC 6749 5.2"
            elif answer.status_code >= 400:
                assert answer.json()["code"]
                assert answer.headers["content-type"] == "application/problem+json"
            asked += 1
    assert asked > 200
    assert (await ada.get(f"/meetings/{created['meeting_id']}")).json()["status"] == "live"


async def test_no_path_or_query_is_too_strange(client: httpx2.AsyncClient, account: MakePerson) -> None:
    ada = account("Ada")
    for method, path in endpoints(client, "{segment}"):
        for segment in SEGMENTS:
            url = path
            for name in ("{segment}", "{participant_id}"):
                url = url.replace(name, quote(segment, safe="%"))
            for query in ("", "?cursor=%00&limit=%00&before_seq=%00", f"?cursor={'A' * 200}&limit=100"):
                answer = await client.request(method, url + query, headers=ada.headers)
                assert answer.status_code < 500, (method, url, answer.text)


@pytest.mark.parametrize(
    "header",
    ["Bearer " + "x" * 5000, "Bearer \xff", "Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer ..", "x" * 9000],
)
async def test_no_token_is_too_strange(client: httpx2.AsyncClient, header: str) -> None:
    for path in ("/api/v1/users/me", "/api/v1/meetings", "/api/v1/rooms/mine"):
        answer = await client.get(path, headers={"Authorization": header.encode("latin-1")})
        assert answer.status_code == 401
        assert answer.json()["code"] == "token_invalid"


@pytest.mark.parametrize("cookie", ["", "x", "x" * 5000, "\xe4\xf6", "A" * 43])
async def test_no_cookie_is_too_strange(client: httpx2.AsyncClient, cookie: str) -> None:
    headers = {"Cookie": f"__Host-refresh={cookie}".encode("latin-1")}
    answer = await client.post("/api/v1/auth/refresh", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
    assert (await client.post("/api/v1/auth/logout", headers=headers)).status_code == 204
