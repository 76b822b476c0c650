"""From e-mail address and password to tokens."""

import hashlib

from meeting_system.kernel.address import address_block
from meeting_system.kit.attempts import check_attempts, count_wrong_attempt
from meeting_system.user import registration, tokens
from meeting_system.user.context import Context
from meeting_system.user.errors import CredentialsWrong, EmailUnverified
from meeting_system.user.repository import accounts, trail
from meeting_system.user.repository.accounts import AccountRow
from meeting_system.user.rules import Caller
from meeting_system.user.schemas import Login, SignedIn


async def login(context: Context, sent: Login, caller: Caller) -> SignedIn:
    """Sign in. Errors: credentials_wrong (in the same time for unknown and wrong), too_many,
    email_unverified.

    Wrong passwords are counted per address and account, so that a stranger can't lock the owner out.
    """
    store, settings = context.ports.store, context.settings
    await context.ports.limiter.hit(
        "login",
        address_block(caller.address),
        limit=settings.logins_of_address,
        window_s=settings.address_window_s,
    )
    pair = hashlib.sha256(f"{address_block(caller.address)} {sent.email}".encode()).hexdigest()
    limit, window_s = settings.wrong_logins, settings.wrong_window_s
    await check_attempts(store, f"login:{pair}", limit=limit, window_s=window_s)
    account = await _find(context, sent)
    if account is None:
        await count_wrong_attempt(store, f"login:{pair}", limit=limit, window_s=window_s)
        raise CredentialsWrong("e-mail address or password is wrong")
    await check_attempts(store, f"login:{pair}", limit=limit, window_s=window_s)
    await _check_verified(context, account)
    now = context.ports.clock.now()
    async with context.ports.database.transaction() as connection:
        # Held and read again: who was closed, or got another password, while this was checked stays out.
        held = await accounts.lock_account(connection, account.user_id)
        if held is None or held.disabled_at or held.password_hash != account.password_hash:
            raise CredentialsWrong("e-mail address or password is wrong")
        signed_in = await tokens.open_family(context, connection, held, caller, now=now)
        await trail.insert_audit(
            connection, "logged_in", user_id=held.user_id, address=caller.address, now=now
        )
    return signed_in


async def _check_verified(context: Context, account: AccountRow) -> None:
    """Where addresses are verified, send the link again instead of signing in."""
    if not context.settings.verify_email or account.email_verified_at is not None:
        return
    await context.ports.limiter.hit(
        "letter",
        account.user_id,
        limit=context.settings.letters_of_address,
        window_s=context.settings.wrong_window_s,
    )
    async with context.ports.database.transaction() as connection:
        await registration.send_confirmation(context, connection, account)
    raise EmailUnverified("open the link in the letter that was just sent to you, then log in")


async def _find(context: Context, sent: Login) -> AccountRow | None:
    """Return the account whose e-mail address and password these are."""
    async with context.ports.database.reading() as connection:
        account = await accounts.find_account_by_email(connection, sent.email)
    known = account.password_hash if account else None
    matches = await context.passwords.matches(sent.password, known)
    return account if matches and account is not None and account.disabled_at is None else None
