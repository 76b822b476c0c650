"""The log of a life with mistakes and failures: JSON with ids, and nothing that people said or are called."""

import json
import os
import re
import signal
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import text
from tests.scenarios.observed import CHAT, EMAIL, NAME, PASSWORD, TOKEN, in_a_meeting, one_process, register
from tests.scenarios.test_killed_servers import find_process

from meeting_system.kit.sql import Database

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

SETTINGS = {
    "MEETING_LOG__FORM": "json",
    "MEETING_LOG__LEVEL": "debug",
    "MEETING_METRICS__TOKEN": TOKEN,
    "MEETING_TOKENS__SECRET": "signs-0123456789-abcdefghij-klmnop",
}
LOOKS_LIKE_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.\w+")
LOOKS_LIKE_TOKEN = re.compile(
    r"eyJ[\w-]{8,}\.|Bearer \w|(?:token|ticket|password)['\"]?[=:] ?['\"]?[\w-]{8,}"
)


async def make_mistakes(api: httpx2.AsyncClient, token: str) -> None:
    """Send what is refused, with secrets in every place."""
    for body in (
        {"email": EMAIL, "password": "wrong-Passw0rd-observed"},
        {"email": EMAIL, "password": 7},
        {},
    ):
        await api.post("/api/v1/auth/login", json=body)
    await api.post(
        "/api/v1/auth/register",
        json={"email": EMAIL, "password": PASSWORD, "display_name": NAME, "locale": "en"},
    )
    await api.get(f"/api/v1/users/me?token={token}", headers={"Authorization": f"Bearer {token}x"})
    await api.get("/metrics", headers={"Authorization": "Bearer metrics-wrong-observed-0123456789"})
    await api.post("/api/v1/auth/refresh", json={"refresh_token": "refresh-wrong-observed"})


async def test_a_log_tells_what_happened_and_nothing_that_is_private(tmp_path: Path) -> None:
    async with one_process(tmp_path, SETTINGS) as system:
        token = await register(system)
        await make_mistakes(system.api, token)
        async with in_a_meeting(system, token) as client:
            os.kill(find_process(system.processes[0].process.pid, "postgres"), signal.SIGKILL)
            await system.processes[0].wait_until(system.api, 503)
            await system.api.post("/api/v1/auth/login", json={"email": EMAIL, "password": PASSWORD})
            await client.send_chat(CHAT)
            await system.processes[0].wait_until(system.api, 200)
            os.kill(find_process(system.processes[0].process.pid, "valkey"), signal.SIGKILL)
            await client.send_chat(CHAT)
            await system.processes[0].wait_until(system.api, 200)
        assert await system.processes[0].stop() == 0
        lines = system.log
    events = [json.loads(line) for line in lines]
    assert {"dependency_away", "dependency_back", "stopping"} <= {event["event"] for event in events}
    for event in events:
        assert event.keys() >= {"timestamp", "level", "service", "module", "event"}, event
        assert event["service"] in {"user", "meeting", "signaling", "media", "system"}
    assert any(re.fullmatch("[0-9a-f]{32}", event.get("trace_id", "")) for event in events)
    written = "\n".join(lines)
    secrets = (
        EMAIL,
        PASSWORD,
        NAME,
        CHAT,
        TOKEN,
        token,
        "observed",
        *SETTINGS["MEETING_TOKENS__SECRET"].split(),
    )
    for secret in secrets:
        assert secret not in written, secret
    assert LOOKS_LIKE_ADDRESS.findall(written) == []
    assert LOOKS_LIKE_TOKEN.findall(written) == []


async def test_a_fault_that_carries_a_persons_row_tells_nothing_of_it(
    tmp_path: Path, database: Database, database_url: str
) -> None:
    async with database.transaction() as connection:
        await connection.execute(
            text("ALTER TABLE users.accounts ADD CHECK (display_name <> 'Alice Observed')")
        )
    async with one_process(tmp_path, SETTINGS | {"MEETING_DATABASE_URL": database_url}) as system:
        account = {"email": EMAIL, "password": PASSWORD, "display_name": "Alice Observed", "locale": "en"}
        answer = await system.api.post("/api/v1/auth/register", json=account)
        assert answer.status_code == 500
        assert await system.processes[0].stop() == 0
        lines = system.log
    (failure,) = (event for event in map(json.loads, lines) if event["event"] == "request_failed")
    assert failure["trace_id"] == answer.json()["trace_id"]
    assert "CheckViolation" in failure["exception"]
    assert not re.search("observed", "\n".join(lines), re.IGNORECASE)
    assert LOOKS_LIKE_ADDRESS.findall("\n".join(lines)) == []
