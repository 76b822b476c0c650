"""What the features of the webhook service work with."""

import asyncio
from dataclasses import dataclass, field
from functools import cached_property

from meeting_system.contracts.webhook import WANTED_EVENTS, WantedEvents
from meeting_system.kernel.ports import Outward
from meeting_system.kit.cache import Cache
from meeting_system.kit.plug import Ports
from meeting_system.webhook.settings import WebhookSettings


@dataclass(frozen=True)
class Context:
    """Ports, settings, the way out, and what wakes the sender of this process."""

    ports: Ports
    settings: WebhookSettings
    outward: Outward
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    @cached_property
    def wanted_events(self) -> Cache[WantedEvents]:
        """What webhooks want, kept for the services that tell of events."""
        return Cache(self.ports.store, WANTED_EVENTS, WantedEvents, ttl_s=120.0)
