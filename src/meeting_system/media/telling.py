"""What media tells the other services: at most once, an event that can't leave now is dropped."""

from meeting_system.contracts.call import Event
from meeting_system.kernel.errors import AppError
from meeting_system.kit.bus import Bus
from meeting_system.kit.log import logger

log = logger(__name__)


async def publish(bus: Bus, event: Event) -> None:
    """Tell the other services, once."""
    try:
        await bus.publish(event)
    except AppError as error:
        log.warning("media_event_lost", topic=event.topic, code=error.code)
