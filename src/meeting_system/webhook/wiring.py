"""The webhook service as a plug."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial

from meeting_system.kernel.ports import Outward
from meeting_system.kit.cache import Marks
from meeting_system.kit.every import every
from meeting_system.kit.plug import Plug, Ports
from meeting_system.kit.tasks import alongside
from meeting_system.webhook import forms, jobs
from meeting_system.webhook.context import Context
from meeting_system.webhook.forms import Form
from meeting_system.webhook.handlers import create_handlers
from meeting_system.webhook.routes import create_routes
from meeting_system.webhook.sending import Sender
from meeting_system.webhook.settings import WebhookSettings

PURGE_S = 3600.0
KEEP_S = 5.0
"""So long after a change every event is told, wanted or not."""


def create(
    ports: Ports, settings: WebhookSettings, outward: Outward, *, outside_secret: str = "", domain: str = ""
) -> Plug:
    """Wire the webhook service to its ports. `outside_secret`: of the BigBlueButton-compatible API."""
    ports.database.mark = Marks(ports.store).mark
    context = Context(ports, settings, outward)
    written: Mapping[str, Form] = {
        "standard": forms.standard,
        "bigbluebutton": forms.bigbluebutton(outside_secret, domain),
    }
    sender = Sender(context, written)

    @asynccontextmanager
    async def run() -> AsyncIterator[None]:
        purging = every(PURGE_S, partial(jobs.purge, context), name="webhook_purge")
        keeping = every(KEEP_S, partial(jobs.keep_wanted, context), name="webhook_wanted")
        async with alongside(sender.run(), purging, keeping):
            yield

    return Plug(name="webhook", routes=create_routes(context), handlers=create_handlers(context), run=run)
