"""Pictures of accounts: set, shown to everybody who has the address, deleted."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

from meeting_system.contracts.permissions import check_account
from meeting_system.contracts.user import DeletePictures
from meeting_system.kernel.errors import Unavailable
from meeting_system.kernel.ids import is_id
from meeting_system.kernel.principal import Account
from meeting_system.kit import outbox
from meeting_system.user import pictures, tokens
from meeting_system.user.context import Context
from meeting_system.user.errors import PictureNotFound, UserNotFound
from meeting_system.user.repository import accounts
from meeting_system.user.repository.accounts import AccountRow
from meeting_system.user.schemas import User

_LARGEST = 64 * 1024
"""Of a WebP of 256 × 256: what lies there is ours."""


async def set_avatar(context: Context, account: Account, content: bytes) -> User:
    """Draw a picture anew, keep it and return the account. Errors: picture_invalid, too_many."""
    check_account(account, "profile:update")
    await context.ports.limiter.hit("avatar", account.user_id, limit=20, window_s=600)
    drawn = await asyncio.get_running_loop().run_in_executor(context.studio, pictures.draw_avatar, content)
    name = hashlib.sha256(drawn).hexdigest()[:32]
    await context.ports.objects.put(_key(account.user_id, name), _one(drawn))
    return await _point(context, account, f"/api/v1/users/{account.user_id}/avatar/{name}")


async def delete_avatar(context: Context, account: Account) -> User:
    """Be without a picture."""
    check_account(account, "profile:update")
    return await _point(context, account, None)


async def get_avatar(context: Context, user_id: str, name: str) -> bytes:
    """Return a picture, WebP. Error: picture_not_found."""
    if not is_id(user_id) or not (len(name) == 32 and name.isascii() and name.isalnum()):
        raise PictureNotFound("there is no such picture")
    chunks = [chunk async for chunk in context.ports.objects.get(_key(user_id, name), length=_LARGEST)]
    return b"".join(chunks)


async def delete_pictures(context: Context, user_id: str) -> None:
    """Delete the pictures that an account does not show, or no more."""
    async with context.ports.database.reading() as connection:
        account = await accounts.find_account(connection, user_id)
    url = account.avatar_url if account is not None else None
    shown = _key(user_id, url.rpartition("/")[2]) if url else None
    for found in await context.ports.objects.list(f"avatars/{user_id}/"):
        if found.key != shown:
            await context.ports.objects.delete(found.key)


async def _point(context: Context, account: Account, url: str | None) -> User:
    now = context.ports.clock.now()
    async with context.ports.database.transaction() as connection:
        row: AccountRow | None = await accounts.lock_account(connection, account.user_id)
        if row is None:
            raise UserNotFound("this account was deleted")
        await accounts.change_account(connection, row.user_id, now=now, avatar_url=url)
        changed = await accounts.find_account(connection, row.user_id)
    try:
        await delete_pictures(context, account.user_id)
    except Unavailable:
        # What was asked for is done; that nothing is left of the former picture is seen to later.
        async with context.ports.database.transaction() as connection:
            request = DeletePictures(user_id=account.user_id)
            await outbox.collect(connection, request, key=f"pictures:{account.user_id}")
    return tokens.show(changed or row)


def _key(user_id: str, name: str) -> str:
    return f"avatars/{user_id}/{name}.webp"


async def _one(content: bytes) -> AsyncIterator[bytes]:
    yield content
