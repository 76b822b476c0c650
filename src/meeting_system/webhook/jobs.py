"""What the webhook service does by itself, beside sending."""

from datetime import timedelta

from meeting_system.contracts.webhook import ALL_WEBHOOKS, WantedEvents
from meeting_system.webhook import repository
from meeting_system.webhook.context import Context


async def keep_wanted(context: Context) -> None:
    """Have in the cache what webhooks want, so that others need not tell of what none does."""

    async def load() -> WantedEvents:
        async with context.ports.database.reading() as connection:
            return WantedEvents(types=await repository.find_wanted(connection))

    await context.wanted_events.get(ALL_WEBHOOKS, load)


async def purge(context: Context) -> int:
    """Delete deliveries that have been over for long; return how many."""
    before = context.ports.clock.now() - timedelta(days=context.settings.kept_days)
    async with context.ports.database.transaction() as connection:
        return await repository.delete_old(connection, before=before)
