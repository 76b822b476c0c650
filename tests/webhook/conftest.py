"""The webhook service on real servers, with a real receiver, in virtual time."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

import httpx2
import pytest
from tests.conftest import SECRET, MakeApp
from tests.receiver import Receiver, open_receiver

from meeting_system.adapters.bus import LocalBus
from meeting_system.adapters.outward import OutwardHttp, open_outward
from meeting_system.contracts.webhook import TellWebhooks
from meeting_system.kernel.ids import UserId, new_id
from meeting_system.kernel.principal import Account, AccountRole
from meeting_system.kit.plug import Ports, nothing_to_run
from meeting_system.kit.tokens import SignedTokens
from meeting_system.webhook import forms
from meeting_system.webhook import wiring as webhook
from meeting_system.webhook.context import Context
from meeting_system.webhook.rules import may_reach
from meeting_system.webhook.sending import Sender
from meeting_system.webhook.settings import WebhookSettings

OUTSIDE_SECRET = "shared with the learning platform"
MEETING = {
    "meeting_id": "01890000-0000-7000-8000-000000000001",
    "meeting_no": "123456789",
    "title": "Weekly",
    "status": "live",
    "host_id": "01890000-0000-7000-8000-000000000002",
    "host_name": "Ada",
    "created_at": "2026-01-01T00:00:00Z",
}


@pytest.fixture
def settings() -> WebhookSettings:
    """This machine may be reached, since the receiver is on it."""
    return WebhookSettings(allowed_networks="127.0.0.0/8", timeout_s=2, of_account=3)


@pytest.fixture
async def outward(settings: WebhookSettings) -> AsyncIterator[OutwardHttp]:
    async with open_outward(may_reach(settings.networks)) as outward:
        yield outward


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with open_receiver() as receiver:
        yield receiver


@pytest.fixture
async def client(
    make_app: MakeApp, ports: Ports, settings: WebhookSettings, outward: OutwardHttp
) -> AsyncIterator[httpx2.AsyncClient]:
    """The API; what is due is sent by hand."""
    plug = webhook.create(ports, settings, outward, outside_secret=OUTSIDE_SECRET, domain="meet.example.org")
    async with make_app([replace(plug, run=nothing_to_run)]) as client:
        yield client


@pytest.fixture
def sender(ports: Ports, settings: WebhookSettings, outward: OutwardHttp) -> Sender:
    """Sends on demand: `await sender.send_due()`."""
    written = {
        "standard": forms.standard,
        "bigbluebutton": forms.bigbluebutton(OUTSIDE_SECRET, "meet.example.org"),
    }
    return Sender(Context(ports, settings, outward), written)


@dataclass
class Person:
    """Somebody with an account."""

    client: httpx2.AsyncClient
    user_id: str
    headers: dict[str, str]

    async def ask(self, method: str, path: str = "", body: Any = None, **headers: str) -> httpx2.Response:
        return await self.client.request(
            method, f"/api/v1/webhooks{path}", json=body, headers=self.headers | headers
        )

    async def create(self, url: str, *events: str, **body: Any) -> dict[str, Any]:
        wanted = list(events) or ["meeting.started"]
        answer = await self.ask("POST", body={"url": url, "events": wanted} | body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def deliveries(self, made: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
        answer = await self.ask("GET", f"/{made['webhook_id']}/deliveries{query}")
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


MakePerson = Callable[..., Person]


@pytest.fixture
def account(client: httpx2.AsyncClient, ports: Ports) -> MakePerson:
    def make(role: AccountRole = AccountRole.USER, user_id: str | None = None) -> Person:
        user_id = user_id or new_id(ports.clock.now().timestamp())
        tokens = SignedTokens({"test": SECRET}, ports.clock, lifetime_s=365 * 24 * 3600)
        token = tokens.issue(Account(UserId(user_id), role, "Ada", new_id(0)))
        return Person(client, user_id, {"Authorization": f"Bearer {token}"})

    return make


@pytest.fixture
def admin(account: MakePerson) -> Person:
    return account(AccountRole.ADMIN)


Happen = Callable[..., Any]


@pytest.fixture
def happen(bus: LocalBus, client: httpx2.AsyncClient) -> Happen:
    """Let something happen, as the meeting service's outbox tells it."""

    async def happen(
        kind: Any = "meeting.started", *, host_id: str | None = None, event_id: str = "e1", **more: Any
    ) -> None:
        meeting = MEETING | ({"host_id": host_id} if host_id else {}) | more.pop("meeting", {})
        await bus.call(
            TellWebhooks(
                event_id=event_id,
                type=kind,
                occurred_at="2026-01-01T00:00:00.000Z",
                owner_id=str(meeting["host_id"]),
                meeting_id=str(meeting["meeting_id"]),
                data={"meeting": meeting, **more},
            )
        )

    return happen
