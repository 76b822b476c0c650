"""How accounts are reached by letter: told to other services, never to a client."""

from meeting_system.contracts.contact import Contact, Contacts, FindContacts
from meeting_system.kernel.ids import is_id
from meeting_system.user.context import Context
from meeting_system.user.repository import accounts


async def find_contacts(context: Context, request: FindContacts) -> Contacts:
    """Return how accounts are reached; unknown ids and addresses are absent."""
    user_ids = [user_id for user_id in request.user_ids if is_id(user_id)]
    async with context.ports.database.reading() as connection:
        rows = await accounts.find_contacts(connection, user_ids, request.emails)
    return Contacts(
        items=[
            Contact(user_id=row.user_id, email=row.email, display_name=row.display_name, locale=row.locale)
            for row in rows
        ]
    )
