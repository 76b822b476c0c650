"""What the webhook service does by itself, beside sending."""

from datetime import timedelta

from meeting_system.webhook import repository
from meeting_system.webhook.context import Context


async def purge(context: Context) -> int:
    """Delete deliveries that have been over for long; return how many."""
    before = context.ports.clock.now() - timedelta(days=context.settings.kept_days)
    async with context.ports.database.transaction() as connection:
        return await repository.delete_old(connection, before=before)
