"""Pictures of accounts: set, shown to everybody who has the address, deleted."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

from meeting_system.contracts.permissions import check_account
from meeting_system.kernel.ids import is_id
from meeting_system.kernel.principal import Account
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


async def delete_pictures(context: Context, user_id: str, *, but: str | None = None) -> None:
    """Delete the pictures of an account, all or all `but` one."""
    for found in await context.ports.objects.list(f"avatars/{user_id}/"):
        if but is None or not found.key.endswith(f"/{but}.webp"):
            await context.ports.objects.delete(found.key)


async def _point(context: Context, account: Account, url: str | None) -> User:
    now = context.ports.clock.now()
    async with context.ports.database.transaction() as connection:
        row: AccountRow | None = await accounts.lock_account(connection, account.user_id)
        if row is None:
            raise UserNotFound("this account was deleted")
        await accounts.change_account(connection, row.user_id, now=now, avatar_url=url)
        changed = await accounts.find_account(connection, row.user_id)
    await delete_pictures(context, account.user_id, but=url.rpartition("/")[2] if url else None)
    return tokens.show(changed or row)


def _key(user_id: str, name: str) -> str:
    return f"avatars/{user_id}/{name}.webp"


async def _one(content: bytes) -> AsyncIterator[bytes]:
    yield content
