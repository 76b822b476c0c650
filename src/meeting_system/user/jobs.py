"""What user does by itself."""

from meeting_system.user import postman
from meeting_system.user.context import Context
from meeting_system.user.repository import families, letters, links


async def purge(context: Context) -> int:
    """Delete log-ins that can't be used any more, and what is left of old letters; return how many log-ins
    went."""
    async with context.ports.database.transaction() as connection:
        now = context.ports.clock.now()
        await letters.delete_old_letters(connection, before=now - postman.REMEMBERED)
        await links.delete_old_links(connection, now=now)
        return await families.delete_expired(connection, now=now)
