"""What the features of the meeting service work with."""

import asyncio
from dataclasses import dataclass, field
from functools import cached_property

from meeting_system.contracts.webhook import WANTED_EVENTS, WantedEvents
from meeting_system.kit.cache import Cache
from meeting_system.kit.passwords import Passwords
from meeting_system.kit.plug import Ports
from meeting_system.kit.turn import Turn
from meeting_system.meeting.settings import MeetingSettings


@dataclass(frozen=True)
class Context:
    """Ports, settings, the password threads, and who issues TURN credentials."""

    ports: Ports
    settings: MeetingSettings
    passwords: Passwords
    turn: Turn
    drawing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
    """Pictures drawn at a time: each takes memory for its pixels."""

    @cached_property
    def wanted_events(self) -> Cache[WantedEvents]:
        """What webhooks want, as the webhook service keeps it."""
        return Cache(self.ports.store, WANTED_EVENTS, WantedEvents)
