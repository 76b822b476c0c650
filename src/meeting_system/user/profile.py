"""Who somebody is: their own account, and the public face of others."""

from meeting_system.contracts.permissions import check_account
from meeting_system.contracts.user import Profile, Profiles
from meeting_system.kernel.ids import is_id
from meeting_system.kernel.principal import Account
from meeting_system.kit.exchange import note_version
from meeting_system.kit.row_version import check_row, note_row, read_version
from meeting_system.user import models, tokens
from meeting_system.user.context import Context
from meeting_system.user.errors import UserNotFound
from meeting_system.user.repository import accounts
from meeting_system.user.schemas import CachedAccount, ProfileChange, PublicProfile, User

_AT_ONCE = 1000


async def get_profile(context: Context, account: Account) -> User:
    """Return the caller's own account."""
    check_account(account, "profile:read")

    async def load() -> CachedAccount | None:
        async with context.ports.database.reading() as connection:
            # First the version: a change in between makes the ETag too old, never too new.
            version = await read_version(connection, models.accounts, account.user_id)
            row = await accounts.find_account(connection, account.user_id)
        return (
            None if row is None or version is None else CachedAccount(user=tokens.show(row), version=version)
        )

    found = await context.accounts.get(account.user_id, load)
    if found is None:
        raise UserNotFound("this account was deleted")
    note_version(found.version)
    return found.user


async def update_profile(context: Context, account: Account, change: ProfileChange) -> User:
    """Change what was sent (JSON merge patch) and return the whole. The name inside access tokens follows
    with the next refresh."""
    check_account(account, "profile:update")
    changes = change.model_dump(include=change.model_fields_set)
    if not changes:
        return await get_profile(context, account)
    async with context.ports.database.transaction() as connection:
        await check_row(connection, models.accounts, account.user_id)
        row = await accounts.update_profile(
            connection, account.user_id, changes, now=context.ports.clock.now()
        )
        await note_row(connection, models.accounts, account.user_id)
    if row is None:
        raise UserNotFound("this account was deleted")
    return tokens.show(row)


async def get_public_profile(context: Context, account: Account, user_id: str) -> PublicProfile:
    """Return what everybody may know of an account. Error: user_not_found."""
    check_account(account, "profile:read")
    found = await find_profiles(context, [user_id])
    if not found.items:
        raise UserNotFound("there is no account with this id")
    shown = found.items[0]
    return PublicProfile(user_id=shown.user_id, display_name=shown.display_name, avatar_url=shown.avatar_url)


async def find_profiles(context: Context, user_ids: list[str]) -> Profiles:
    """Return the public faces of accounts; unknown ids are absent."""
    wanted = sorted({user_id for user_id in user_ids if is_id(user_id)})[:_AT_ONCE]
    if not wanted:
        return Profiles(items=[])
    async with context.ports.database.reading() as connection:
        rows = await accounts.find_accounts(connection, wanted)
    return Profiles(
        items=[
            Profile(
                user_id=row.user_id,
                display_name=row.display_name,
                avatar_url=row.avatar_url,
                locale=row.locale,
            )
            for row in rows
        ]
    )
