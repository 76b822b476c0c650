"""The Python client against the services: sign in, meetings, webhooks that are told and verified."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from meeting_system_client import ApiError, Client, WebhookInvalid, verify_webhook
from tests.conftest import MakeApp
from tests.receiver import Receiver, open_receiver

from meeting_system.adapters.outward import open_outward
from meeting_system.contracts.call import Nothing, Request
from meeting_system.contracts.media import CloseMeetingMedia
from meeting_system.contracts.meeting import AppendDurable
from meeting_system.kernel.clock import ManualClock
from meeting_system.kit.plug import Plug, Ports
from meeting_system.meeting import wiring as meeting
from meeting_system.meeting.settings import MeetingSettings
from meeting_system.user import wiring as user
from meeting_system.user.settings import UserSettings
from meeting_system.webhook import wiring as webhook
from meeting_system.webhook.rules import may_reach
from meeting_system.webhook.settings import WebhookSettings

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def http(make_app: MakeApp, ports: Ports) -> AsyncIterator[httpx2.AsyncClient]:
    async def done(_request: Request[Nothing]) -> Nothing:
        return Nothing()

    settings = WebhookSettings(allowed_networks="127.0.0.0/8")
    async with open_outward(may_reach(settings.networks)) as outward:
        plugs = [
            Plug(name="beside", handlers=dict.fromkeys((AppendDurable, CloseMeetingMedia), done)),
            user.create(ports, UserSettings()),
            webhook.create(ports, settings, outward),
            meeting.create(ports, MeetingSettings()),
        ]
        async with make_app(plugs) as http:
            yield http


@pytest.fixture
async def client(http: httpx2.AsyncClient) -> Client:
    client = Client(http)
    await client.register_account("ada@example.org", "correct horse battery", "Ada")
    return client


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with open_receiver() as receiver:
        yield receiver


async def test_meetings_are_made_changed_listed_and_ended(client: Client) -> None:
    made = [await client.create_meeting(title=f"Meeting {number}") for number in range(3)]
    changed = await client.update_meeting(made[0].meeting_id, title="Changed")
    assert (changed.title, (await client.get_meeting(made[0].meeting_id)).title) == ("Changed", "Changed")
    assert (await client.start_meeting(made[0].meeting_id)).status == "live"
    await client.end_meeting(made[0].meeting_id)
    listed = [each async for each in client.list_meetings()]
    assert sorted(each.status for each in listed) == ["ended", "scheduled", "scheduled"]
    again = [await client.create_meeting(title="Once", key="k1") for _ in range(2)]
    assert again[0].meeting_id == again[1].meeting_id
    assert (await client.update_my_room(guests_allowed=False)).guests_allowed is False


async def test_what_is_refused_says_why(client: Client) -> None:
    with pytest.raises(ApiError) as refused:
        await client.get_meeting("nothing")
    assert (refused.value.status, refused.value.code) == (404, "meeting_not_found")
    assert refused.value.trace_id
    with pytest.raises(ApiError) as refused:
        await client.create_meeting(title="")
    assert refused.value.errors[0]["pointer"] == "/title"


async def test_an_expired_token_is_renewed(client: Client, clock: ManualClock) -> None:
    clock.advance(3600)
    assert (await client.get_my_profile()).display_name == "Ada"


async def test_webhooks_are_told_and_verified(client: Client, receiver: Receiver, clock: ManualClock) -> None:
    made = await client.create_webhook(receiver.url, ["meeting.created"], description="Tests")
    assert [each.webhook_id async for each in client.list_webhooks()] == [made.webhook_id]
    meeting = await client.create_meeting(title="Told")
    await receiver.wait_for(1)
    got = receiver.got[0]
    now_s = clock.now().timestamp()
    told = verify_webhook(made.secret, got.headers, got.body, now_s=now_s)
    assert (told.type, told.data["meeting"]["meeting_id"]) == ("meeting.created", meeting.meeting_id)
    for secret, body, at in (
        (made.secret, got.body + b" ", now_s),
        ("whsec_AAAA", got.body, now_s),
        ("no secret!", got.body, now_s),
        (made.secret, got.body, now_s + 301),
    ):
        with pytest.raises(WebhookInvalid):
            verify_webhook(secret, got.headers, body, now_s=at)
    await client.delete_webhook(made.webhook_id)
    assert [each async for each in client.list_webhooks()] == []


def test_the_models_are_what_the_document_says() -> None:
    script = ROOT / "scripts" / "python_client.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
