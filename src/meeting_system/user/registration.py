"""A new account."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.meeting import OpenPersonalRoom
from meeting_system.kernel.address import address_block
from meeting_system.kernel.ids import new_id
from meeting_system.kernel.principal import AccountRole
from meeting_system.kit import outbox
from meeting_system.user import letters, links, rules, tokens
from meeting_system.user.context import Context
from meeting_system.user.errors import EmailTaken, RegistrationClosed
from meeting_system.user.links import Purpose
from meeting_system.user.repository import accounts, trail
from meeting_system.user.repository.accounts import AccountRow
from meeting_system.user.rules import Caller
from meeting_system.user.schemas import ConfirmationWanted, Registration, SignedIn


async def register(context: Context, sent: Registration, caller: Caller) -> SignedIn | ConfirmationWanted:
    """Make an account, its personal room (by the outbox) and sign it in, or where addresses are verified send
    a link first. Errors: email_taken, password_weak, registration_closed, too_many."""
    if not context.settings.registration_open:
        raise RegistrationClosed("ask whoever runs this installation for an account")
    await context.ports.limiter.hit(
        "register",
        address_block(caller.address),
        limit=context.settings.registrations_of_address,
        window_s=context.settings.address_window_s,
    )
    rules.check_password(sent.password, email=sent.email)
    password_hash = await context.passwords.hash(sent.password)
    account = new_account(
        context.ports.clock.now(),
        email=sent.email,
        display_name=sent.display_name,
        locale=sent.locale,
        hashed=password_hash,
    )
    async with context.ports.database.transaction() as connection:
        await insert(connection, account)
        if context.settings.verify_email:
            await send_confirmation(context, connection, account)
        signed_in = await _sign_in(context, connection, account, caller)
        await trail.insert_audit(
            connection,
            "registered",
            user_id=account.user_id,
            address=caller.address,
            now=account.created_at,
        )
    return signed_in


async def _sign_in(
    context: Context, connection: AsyncConnection, account: AccountRow, caller: Caller
) -> SignedIn | ConfirmationWanted:
    if context.settings.verify_email:
        return ConfirmationWanted(email=account.email)
    return await tokens.open_family(context, connection, account, caller, now=account.created_at)


def new_account(
    now: datetime,
    *,
    email: str,
    display_name: str,
    locale: str,
    role: AccountRole = AccountRole.USER,
    hashed: str | None = None,
) -> AccountRow:
    """Return the row of an account that is born `now`; without a password nobody logs in with one."""
    return AccountRow(
        user_id=new_id(now.timestamp()),
        email=email,
        display_name=display_name,
        locale=locale,
        avatar_url=None,
        role=role,
        password_hash=hashed,
        created_at=now,
        updated_at=now,
        disabled_at=None,
    )


async def insert(connection: AsyncConnection, account: AccountRow) -> None:
    """Keep a new account, and have its personal room made. Error: email_taken."""
    if not await accounts.insert_account(connection, account):
        raise EmailTaken("there is an account with this e-mail address: log in instead")
    await outbox.collect(
        connection,
        OpenPersonalRoom(user_id=account.user_id, display_name=account.display_name),
        key=f"user:{account.user_id}",
    )


async def send_confirmation(context: Context, connection: AsyncConnection, account: AccountRow) -> None:
    """Send the link that proves the address of an account."""
    lifetime_s = context.settings.email_link_lifetime_s
    link, _ = await links.make_link(
        context,
        connection,
        account,
        Purpose.CONFIRM_EMAIL,
        email=account.email,
        lifetime_s=lifetime_s,
    )
    await links.send_letter(context, connection, account, letters.CONFIRM, link=link, lifetime_s=lifetime_s)
