"""Who is invited: addresses, and the accounts that some of them belong to."""

from collections.abc import Sequence
from dataclasses import dataclass

from meeting_system.contracts.contact import Contact, FindContacts
from meeting_system.meeting.context import Context
from meeting_system.meeting.schemas import NewInvitee


@dataclass(frozen=True)
class Addressee:
    """Somebody to invite; `user_id` of an account."""

    email: str
    display_name: str
    user_id: str | None
    locale: str


@dataclass(frozen=True)
class People:
    """Who invites (None: the account is unknown by now) and who is invited."""

    host: Contact | None
    invited: tuple[Addressee, ...] = ()

    def user_ids(self) -> list[str]:
        """Return the accounts among the invited."""
        return [guest.user_id for guest in self.invited if guest.user_id is not None]


async def find_people(context: Context, host_id: str, sent: Sequence[NewInvitee]) -> People:
    """Find out whom addresses belong to; nobody is asked about when nobody is invited.

    Nothing of it is shown to the caller, who would else learn which addresses have accounts here.
    """
    if not sent:
        return People(None)
    wanted = {invitee.email: invitee for invitee in sent}
    found = await context.ports.bus.call(FindContacts(user_ids=[host_id], emails=list(wanted)))
    host = next((contact for contact in found.items if contact.user_id == host_id), None)
    accounts = {contact.email: contact for contact in found.items}
    guests = [_guest(invitee, accounts.get(email), host) for email, invitee in wanted.items()]
    return People(host, tuple(guest for guest in guests if guest.user_id != host_id))


def _guest(sent: NewInvitee, contact: Contact | None, host: Contact | None) -> Addressee:
    """Who has no account gets letters in the language of who invites."""
    if contact is not None:
        return Addressee(
            contact.email, sent.display_name or contact.display_name, contact.user_id, contact.locale
        )
    return Addressee(sent.email, sent.display_name or "", None, host.locale if host else "en")
