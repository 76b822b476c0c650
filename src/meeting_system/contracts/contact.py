"""How people are reached by letter: asked of user by who invites them, and never shown to a client."""

from typing import Annotated, ClassVar

from pydantic import Field

from meeting_system.contracts.call import Id, Message, Request

MOST_CONTACTS = 500


class Contact(Message):
    """An account with its address and the language of its letters."""

    user_id: str
    email: str
    display_name: str
    locale: str


class Contacts(Message):
    """Those that were found: unknown ids and addresses are absent."""

    items: list[Contact]


class FindContacts(Request[Contacts]):
    """Look accounts up by id or by address, in the one spelling of it (`kernel/email.py`)."""

    topic: ClassVar[str] = "user.find_contacts"
    user_ids: Annotated[list[Id], Field(max_length=MOST_CONTACTS)] = Field(default_factory=list)
    emails: Annotated[list[str], Field(max_length=MOST_CONTACTS)] = Field(default_factory=list)
