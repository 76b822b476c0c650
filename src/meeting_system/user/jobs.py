"""What user does by itself."""

from meeting_system.user.context import Context
from meeting_system.user.repository import families


async def purge(context: Context) -> int:
    """Delete refresh tokens and families that can't be used any more; return how many families went."""
    async with context.ports.database.transaction() as connection:
        return await families.delete_expired(connection, now=context.ports.clock.now())
