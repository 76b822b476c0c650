"""E-mail addresses: another one, and proving that one is one's own."""

from meeting_system.contracts.permissions import check_account
from meeting_system.kernel.address import address_block
from meeting_system.kernel.principal import Account
from meeting_system.user import letters, links
from meeting_system.user.context import Context
from meeting_system.user.errors import EmailTaken, LinkInvalid, UserNotFound
from meeting_system.user.links import Purpose
from meeting_system.user.proof import prove
from meeting_system.user.repository import accounts, trail
from meeting_system.user.rules import Caller
from meeting_system.user.schemas import ConfirmEmail, EmailChange


async def change_email(context: Context, account: Account, sent: EmailChange, caller: Caller) -> None:
    """Send a link to the new address: the account moves there when it is opened.

    Whether the address is free is told only to who reads its letters. Errors: password_wrong, login_too_old,
    too_many.
    """
    check_account(account, "account:secure")
    await _limit(context, account)
    row = await prove(context, account, sent.password)
    await _send_link(context, row.user_id, sent.email)
    async with context.ports.database.transaction() as connection:
        await trail.insert_audit(
            connection,
            "email_change_asked",
            user_id=row.user_id,
            address=caller.address,
            now=context.ports.clock.now(),
        )


async def verify_email(context: Context, account: Account) -> None:
    """Send a link to confirm the present address once more. Errors: too_many."""
    check_account(account, "account:secure")
    await _limit(context, account)
    async with context.ports.database.reading() as connection:
        row = await accounts.find_account(connection, account.user_id)
    if row is None:
        raise UserNotFound("this account was deleted")
    await _send_link(context, row.user_id, row.email)


async def confirm_email(context: Context, sent: ConfirmEmail, caller: Caller) -> None:
    """Confirm an address by its link, and move the account there. Errors: link_invalid, email_taken."""
    await context.ports.limiter.hit("reset", address_block(caller.address), limit=60, window_s=600)
    now = context.ports.clock.now()
    async with context.ports.database.transaction() as connection:
        link = await links.use_link(context, connection, sent.token, Purpose.CONFIRM_EMAIL)
        before = await accounts.lock_account(connection, link.user_id)
        if before is None:
            raise LinkInvalid("this link is good no more: ask for another")
        if not await accounts.change_email(connection, before.user_id, link.email, now=now):
            raise EmailTaken("there is another account with this e-mail address")
        if before.email != link.email:
            await links.send_letter(context, connection, before, letters.MOVED)
        await trail.insert_audit(
            connection, "email_confirmed", user_id=before.user_id, address=caller.address, now=now
        )


async def _limit(context: Context, account: Account) -> None:
    settings = context.settings
    await context.ports.limiter.hit(
        "letter", account.user_id, limit=settings.letters_of_address, window_s=settings.wrong_window_s
    )


async def _send_link(context: Context, user_id: str, email: str) -> None:
    lifetime_s = context.settings.email_link_lifetime_s
    async with context.ports.database.transaction() as connection:
        account = await accounts.lock_account(connection, user_id)
        if account is None:
            raise UserNotFound("this account was deleted")
        link, _ = await links.make_link(
            context, connection, account, Purpose.CONFIRM_EMAIL, email=email, lifetime_s=lifetime_s
        )
        await links.send_letter(
            context, connection, account, letters.CONFIRM, link=link, email=email, lifetime_s=lifetime_s
        )
