"""A new password: by the link in a letter, or knowing the present one."""

import hashlib

from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.audit import AccountAction
from meeting_system.contracts.permissions import check_account
from meeting_system.contracts.user import MailResetLink
from meeting_system.kernel.address import address_block
from meeting_system.kernel.errors import TooMany
from meeting_system.kernel.principal import Account
from meeting_system.kit import outbox
from meeting_system.user import letters, links, logout, rules
from meeting_system.user.context import Context
from meeting_system.user.errors import LinkInvalid
from meeting_system.user.links import Purpose
from meeting_system.user.proof import prove
from meeting_system.user.repository import accounts, trail
from meeting_system.user.repository.accounts import AccountRow
from meeting_system.user.rules import Caller
from meeting_system.user.schemas import ForgottenPassword, NewPassword, PasswordChange


async def forgot_password(context: Context, sent: ForgottenPassword, caller: Caller) -> None:
    """Have a link to a new password sent, if there is such an account: answer and time are the same without
    one. Errors: too_many."""
    await context.ports.limiter.hit(
        "letter",
        address_block(caller.address),
        limit=context.settings.letters_of_address,
        window_s=context.settings.wrong_window_s,
    )
    request = MailResetLink(email=sent.email, address=caller.address)
    async with context.ports.database.transaction() as connection:
        await outbox.collect(connection, request, key="user:reset")


async def mail_reset_link(context: Context, request: MailResetLink) -> None:
    """Send the link; to nobody where there is no account, or who got some just now."""
    try:
        await context.ports.limiter.hit(
            "letter-to",
            hashlib.sha256(request.email.encode()).hexdigest(),
            limit=context.settings.letters_of_address,
            window_s=3600,
        )
    except TooMany:
        return
    lifetime_s = context.settings.reset_link_lifetime_s
    async with context.ports.database.transaction() as connection:
        account = await accounts.find_account_by_email(connection, request.email)
        if account is None or account.disabled_at is not None:
            return
        link, _ = await links.make_link(
            context,
            connection,
            account,
            Purpose.RESET_PASSWORD,
            email=account.email,
            lifetime_s=lifetime_s,
        )
        await links.send_letter(context, connection, account, letters.RESET, link=link, lifetime_s=lifetime_s)
        await _note(context, connection, "password_forgotten", account.user_id, Caller(request.address))


async def reset_password(context: Context, sent: NewPassword, caller: Caller) -> None:
    """Set a password by a link; every log-in of the account ends, and it leaves every meeting.

    Errors: link_invalid, password_weak.
    """
    await context.ports.limiter.hit("reset", address_block(caller.address), limit=60, window_s=600)
    now = context.ports.clock.now()
    async with context.ports.database.transaction() as connection:
        link = await links.use_link(context, connection, sent.token, Purpose.RESET_PASSWORD)
        account = await accounts.lock_account(connection, link.user_id)
        if account is None or account.disabled_at is not None or account.email != link.email:
            raise LinkInvalid("this link is good no more: ask for another")
        # A weak password rolls the use of the link back: it is still good.
        rules.check_password(sent.password, email=account.email)
        password_hash = await context.passwords.hash(sent.password)
        await accounts.change_account(
            connection,
            account.user_id,
            now=now,
            password_hash=password_hash,
            email_verified_at=account.email_verified_at or now,
        )
        family_ids = await logout.end_all(context, connection, account.user_id, why="password", now=now)
        await logout.leave_meetings(connection, account.user_id)
        await links.send_letter(context, connection, account, letters.CHANGED)
        await _note(context, connection, "password_reset", account.user_id, caller)
    await logout.block_now(context, family_ids)


async def change_password(context: Context, account: Account, sent: PasswordChange, caller: Caller) -> None:
    """Set another password; every log-in but this one ends. Errors: password_wrong, login_too_old,
    password_weak, too_many."""
    check_account(account, "account:secure")
    row: AccountRow = await prove(context, account, sent.current)
    rules.check_password(sent.password, email=row.email)
    password_hash = await context.passwords.hash(sent.password)
    now = context.ports.clock.now()
    async with context.ports.database.transaction() as connection:
        await accounts.change_account(connection, row.user_id, now=now, password_hash=password_hash)
        family_ids = await logout.end_all(
            context, connection, row.user_id, why="password", now=now, but=account.family_id
        )
        await links.send_letter(context, connection, row, letters.CHANGED)
        await _note(context, connection, "password_changed", row.user_id, caller)
    await logout.block_now(context, family_ids)


async def _note(
    context: Context, connection: AsyncConnection, action: AccountAction, user_id: str, caller: Caller
) -> None:
    await trail.insert_audit(
        connection, action, user_id=user_id, address=caller.address, now=context.ports.clock.now()
    )
