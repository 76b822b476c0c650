"""From e-mail address and password to tokens."""

import hashlib

from meeting_system.user import repository, tokens
from meeting_system.user.context import Context
from meeting_system.user.errors import CredentialsWrong
from meeting_system.user.schemas import Login, SignedIn


async def login(context: Context, sent: Login, *, address: str) -> SignedIn:
    """Sign in. Errors: credentials_wrong (in the same time for unknown and wrong), too_many."""
    await _limit(context, sent.email, address)
    async with context.ports.database.reading() as connection:
        account = await repository.find_account_by_email(connection, sent.email)
    known = account.password_hash if account else None
    if not await context.passwords.matches(sent.password, known) or account is None or account.disabled_at:
        raise CredentialsWrong("e-mail address or password is wrong")
    now = context.ports.clock.now()
    async with context.ports.database.transaction() as connection:
        await repository.insert_audit(
            connection, "logged_in", user_id=account.user_id, address=address, now=now
        )
        return await tokens.open_family(context, connection, account, now=now)


async def _limit(context: Context, email: str, address: str) -> None:
    """Count per address and account, so that a stranger can't lock the owner out from elsewhere."""
    limiter, settings = context.ports.limiter, context.settings
    await limiter.hit("login_address", address, limit=settings.login_attempts_of_address, window_s=60)
    pair = hashlib.sha256(f"{address} {email}".encode()).hexdigest()
    await limiter.hit("login", pair, limit=settings.login_attempts, window_s=600)
