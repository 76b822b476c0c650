"""What the features of the webhook service work with."""

import asyncio
from dataclasses import dataclass, field

from meeting_system.kernel.ports import Outward
from meeting_system.kit.plug import Ports
from meeting_system.webhook.settings import WebhookSettings


@dataclass(frozen=True)
class Context:
    """Ports, settings, the way out, and what wakes the sender of this process."""

    ports: Ports
    settings: WebhookSettings
    outward: Outward
    wake: asyncio.Event = field(default_factory=asyncio.Event)
