"""What other services ask of user over the bus."""

from typing import Any

from meeting_system.contracts.call import Nothing, Request
from meeting_system.contracts.mail import SendLetter
from meeting_system.contracts.user import BlockFamilies, FindProfiles, Profiles
from meeting_system.kit.bus import Handler
from meeting_system.user import logout, profile
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

    return {FindProfiles: find_profiles, BlockFamilies: block_families, SendLetter: send_letter}
