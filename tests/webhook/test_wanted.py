"""What webhooks want is known to those who tell of events: at once where it is more."""

from typing import Any

import pytest
from tests.receiver import Receiver
from tests.webhook.conftest import Person

from meeting_system.adapters.bus import LocalBus
from meeting_system.adapters.outward import OutwardHttp
from meeting_system.contracts.webhook import ALL_WEBHOOKS, CreateOutsideHook
from meeting_system.kit.plug import Ports
from meeting_system.webhook import jobs
from meeting_system.webhook.context import Context
from meeting_system.webhook.settings import WebhookSettings


@pytest.fixture
def context(ports: Ports, settings: WebhookSettings, outward: OutwardHttp) -> Context:
    return Context(ports, settings, outward)


async def wanted(context: Context) -> frozenset[str] | None:
    """Return what is known to be wanted, None: any may be."""
    found = await context.wanted_events.peek(ALL_WEBHOOKS)
    return None if found is None else found.types


async def kept(context: Context) -> frozenset[str] | None:
    await jobs.keep_wanted(context)
    return await wanted(context)


async def test_nothing_is_wanted_where_there_are_no_webhooks_once_that_is_known(
    admin: Person, context: Context
) -> None:
    assert await wanted(context) is None
    assert await kept(context) == frozenset()


async def test_a_new_webhook_is_told_from_its_acknowledgement(
    admin: Person, receiver: Receiver, context: Context
) -> None:
    await kept(context)
    await admin.create(receiver.url, "meeting.ended", "chat.message")
    assert await wanted(context) is None
    assert await kept(context) == {"meeting.ended", "chat.message"}


@pytest.mark.parametrize("change", [{"events": ["meeting.created"]}, {"active": True}])
async def test_a_webhook_that_wants_more_is_told_from_its_acknowledgement(
    admin: Person, receiver: Receiver, context: Context, change: dict[str, Any]
) -> None:
    made = await admin.create(receiver.url, "meeting.ended")
    assert await kept(context) == {"meeting.ended"}
    answer = await admin.ask("PATCH", f"/{made['webhook_id']}", change)
    assert answer.status_code == 200
    assert await wanted(context) is None
    assert await kept(context) == set(answer.json()["events"])


async def test_one_that_is_switched_off_wants_nothing(
    admin: Person, receiver: Receiver, context: Context
) -> None:
    made = await admin.create(receiver.url, "meeting.ended")
    assert (await admin.ask("PATCH", f"/{made['webhook_id']}", {"active": False})).status_code == 200
    assert await kept(context) == frozenset()


async def test_a_hook_of_other_software_is_told_from_its_acknowledgement(
    admin: Person, receiver: Receiver, context: Context, bus: LocalBus
) -> None:
    await kept(context)
    await bus.call(CreateOutsideHook(url=receiver.url, external_id=None, raw=False))
    assert await wanted(context) is None
    assert "meeting.created" in (await kept(context) or ())


async def test_what_was_read_before_a_webhook_was_made_is_not_kept_after_it(
    admin: Person, receiver: Receiver, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = jobs.repository.find_wanted

    async def find_then_create(connection: Any) -> frozenset[str]:
        found = await find(connection)
        await admin.create(receiver.url)
        return found

    monkeypatch.setattr(jobs.repository, "find_wanted", find_then_create)
    assert await kept(context) is None
