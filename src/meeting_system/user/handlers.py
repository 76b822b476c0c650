"""What other services ask of user over the bus."""

from typing import Any

from meeting_system.contracts.audit import NoteModeration
from meeting_system.contracts.call import Nothing, Request
from meeting_system.contracts.contact import Contacts, FindContacts
from meeting_system.contracts.mail import SendLetter
from meeting_system.contracts.user import (
    BlockFamilies,
    DeletePictures,
    FindProfiles,
    FindTokenHolder,
    MailResetLink,
    Profiles,
    TokenHolder,
)
from meeting_system.kit.bus import Handler
from meeting_system.user import access_tokens, audit, avatars, contacts, forgotten, logout, profile
from meeting_system.user.context import Context


def create_handlers(context: Context) -> dict[type[Request[Any]], Handler]:
    """Return the handler of each request."""

    async def find_profiles(request: FindProfiles) -> Profiles:
        return await profile.find_profiles(context, request.user_ids)

    async def block_families(request: BlockFamilies) -> Nothing:
        await logout.block(context, request.family_ids)
        return Nothing()

    async def send_letter(request: SendLetter) -> Nothing:
        await context.postman.accept(request)
        return Nothing()

    async def find_token_holder(request: FindTokenHolder) -> TokenHolder:
        return await access_tokens.find_holder(context, request.token_hash)

    async def mail_reset_link(request: MailResetLink) -> Nothing:
        await forgotten.mail_reset_link(context, request)
        return Nothing()

    async def delete_pictures(request: DeletePictures) -> Nothing:
        await avatars.delete_pictures(context, request.user_id)
        return Nothing()

    async def note_moderation(request: NoteModeration) -> Nothing:
        await audit.note_moderation(context, request)
        return Nothing()

    async def find_contacts(request: FindContacts) -> Contacts:
        return await contacts.find_contacts(context, request)

    return {
        FindContacts: find_contacts,
        FindProfiles: find_profiles,
        BlockFamilies: block_families,
        SendLetter: send_letter,
        FindTokenHolder: find_token_holder,
        MailResetLink: mail_reset_link,
        DeletePictures: delete_pictures,
        NoteModeration: note_moderation,
    }
