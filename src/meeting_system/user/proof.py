"""Proving again who one is, before what is final."""

from datetime import timedelta

from meeting_system.kernel.principal import Account
from meeting_system.kit.attempts import check_attempts, count_wrong_attempt
from meeting_system.user.context import Context
from meeting_system.user.errors import LoginTooOld, PasswordWrong, UserNotFound
from meeting_system.user.repository import accounts, families
from meeting_system.user.repository.accounts import AccountRow


async def prove(context: Context, account: Account, password: str | None) -> AccountRow:
    """Return the account whose password this is; who has none needs a log-in of the last minutes.

    Errors: password_wrong, login_too_old, too_many: a stolen access token is no way to guess passwords.
    """
    async with context.ports.database.reading() as connection:
        row = await accounts.find_account(connection, account.user_id)
        family = await families.find_family(connection, account.family_id)
    if row is None or row.disabled_at is not None:
        raise UserNotFound("this account was deleted")
    if row.password_hash is None:
        age = timedelta(seconds=context.settings.fresh_login_s)
        if family is None or context.ports.clock.now() - family["created_at"] > age:
            raise LoginTooOld("log in again first: your log-in is older than some minutes")
        return row
    await _check_password(context, row, password)
    return row


async def _check_password(context: Context, row: AccountRow, password: str | None) -> None:
    store, settings = context.ports.store, context.settings
    key = f"proof:{row.user_id}"
    limit, window_s = settings.wrong_logins, settings.wrong_window_s
    await check_attempts(store, key, limit=limit, window_s=window_s)
    if password is None or not await context.passwords.matches(password, row.password_hash):
        await count_wrong_attempt(store, key, limit=limit, window_s=window_s)
        raise PasswordWrong("the present password is another one")
    await check_attempts(store, key, limit=limit, window_s=window_s)
