"""A new account."""

from meeting_system.contracts.meeting import OpenPersonalRoom
from meeting_system.kernel.address import address_block
from meeting_system.kernel.ids import new_id
from meeting_system.kernel.principal import AccountRole
from meeting_system.kit import outbox
from meeting_system.user import rules, tokens
from meeting_system.user.context import Context
from meeting_system.user.errors import EmailTaken, RegistrationClosed
from meeting_system.user.repository import accounts, trail
from meeting_system.user.repository.accounts import AccountRow
from meeting_system.user.schemas import Registration, SignedIn


async def register(context: Context, sent: Registration, *, address: str) -> SignedIn:
    """Make an account, its personal room (by the outbox) and sign it in. Errors: email_taken,
    password_weak, registration_closed, too_many."""
    if not context.settings.registration_open:
        raise RegistrationClosed("ask whoever runs this installation for an account")
    await context.ports.limiter.hit(
        "register",
        address_block(address),
        limit=context.settings.registrations_of_address,
        window_s=context.settings.address_window_s,
    )
    rules.check_password(sent.password, email=sent.email)
    password_hash = await context.passwords.hash(sent.password)
    now = context.ports.clock.now()
    account = AccountRow(
        user_id=new_id(now.timestamp()),
        email=sent.email,
        display_name=sent.display_name,
        locale=sent.locale,
        avatar_url=None,
        role=AccountRole.USER,
        password_hash=password_hash,
        created_at=now,
        updated_at=now,
        disabled_at=None,
    )
    async with context.ports.database.transaction() as connection:
        if not await accounts.insert_account(connection, account):
            raise EmailTaken("there is an account with this e-mail address: log in instead")
        await trail.insert_audit(connection, "registered", user_id=account.user_id, address=address, now=now)
        await outbox.collect(
            connection,
            OpenPersonalRoom(user_id=account.user_id, display_name=account.display_name),
            key=f"user:{account.user_id}",
        )
        return await tokens.open_family(context, connection, account, now=now)
