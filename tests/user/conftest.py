"""The user service over HTTP, on real servers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx2
import pytest

from meeting_system.kit.plug import Ports
from meeting_system.user import wiring as user
from meeting_system.user.settings import UserSettings

PASSWORD = "correct horse battery"
IN_BODY = {"X-Token-Transport": "body"}

Register = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def settings() -> UserSettings:
    """The defaults."""
    return UserSettings()


@pytest.fixture
async def client(make_app: Any, ports: Ports, settings: UserSettings) -> AsyncIterator[httpx2.AsyncClient]:
    """A program (or, with cookies, a browser at http://localhost)."""
    async with make_app([user.create(ports, settings)]) as client:
        yield client


@pytest.fixture
def register(client: httpx2.AsyncClient) -> Register:
    """Register an account as a program and return the answer."""

    async def register(email: str = "ada@example.org", **changes: Any) -> dict[str, Any]:
        body = {"email": email, "password": PASSWORD, "display_name": "Ada", "locale": "en"} | changes
        answer = await client.post("/api/v1/auth/register", json=body, headers=IN_BODY)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return register


def bearer(signed_in: dict[str, Any]) -> dict[str, str]:
    """Headers that prove who asks."""
    return {"Authorization": f"Bearer {signed_in['access_token']}"}
