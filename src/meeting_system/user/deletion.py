"""The end of an account, and taking along what is kept of it."""

import io
import json
import zipfile
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.account import CollectAccount, ExpelAccount, ForgetAccount, ForgetWebhooks
from meeting_system.contracts.permissions import check_account
from meeting_system.contracts.user import DeletePictures
from meeting_system.kernel.principal import Account
from meeting_system.kit import idempotency, outbox
from meeting_system.user import administration, avatars, logout
from meeting_system.user.chain import ERASING
from meeting_system.user.context import Context
from meeting_system.user.errors import UserNotFound
from meeting_system.user.proof import prove
from meeting_system.user.repository import accounts, families, identities, letters, programs, trail
from meeting_system.user.repository.accounts import AccountRow
from meeting_system.user.repository.trail import Filter
from meeting_system.user.schemas import Deletion

_ENTRIES = 1000
EXPORTS = 10
"""Exports of one account in an hour."""


async def delete_own_account(context: Context, account: Account, sent: Deletion) -> None:
    """Delete the caller's account, at once and for good. Errors: password_wrong, login_too_old, too_many,
    last_super_admin."""
    check_account(account, "account:delete")
    await prove(context, account, sent.password)
    async with context.ports.database.transaction() as connection:
        row = await accounts.lock_account(connection, account.user_id)
        if row is None:
            raise UserNotFound("this account was deleted")
        family_ids = await _delete(context, connection, row, by=account.user_id)
    await logout.block_now(context, family_ids)


async def delete_user(context: Context, account: Account, user_id: str) -> None:
    """Delete the account of somebody else. Errors: user_not_found, rank_too_high, not_yourself,
    last_super_admin."""
    check_account(account, "user:delete")
    async with context.ports.database.transaction() as connection:
        row = await administration.find_lower(connection, account, user_id)
        family_ids = await _delete(context, connection, row, by=account.user_id)
    await logout.block_now(context, family_ids)


async def _delete(context: Context, connection: AsyncConnection, row: AccountRow, *, by: str) -> list[str]:
    """Delete an account and have the other services forget it; return the log-ins to block."""
    now: datetime = context.ports.clock.now()
    await administration.keep_a_super_admin(connection, row)
    family_ids = await logout.end_all(context, connection, row.user_id, why="deleted", now=now)
    await letters.delete_letters_to(connection, row.email)
    await accounts.delete_account(connection, row.user_id)
    await idempotency.forget(connection, row.user_id)
    key = f"user:{row.user_id}"
    await outbox.collect(connection, ExpelAccount(user_id=row.user_id), key=key)
    await outbox.collect(connection, ForgetAccount(user_id=row.user_id, email=row.email), key=key)
    await outbox.collect(connection, DeletePictures(user_id=row.user_id), key=key)
    await outbox.collect(connection, ForgetWebhooks(user_id=row.user_id), key=key)
    detail: dict[str, object] = {} if by == row.user_id else {"by": by}
    await trail.insert_audit(connection, ERASING, user_id=row.user_id, address=None, now=now, detail=detail)
    await trail.erase_addresses(connection, row.user_id)
    return family_ids


async def export_account(context: Context, account: Account) -> bytes:
    """Return all that is kept of the caller, a ZIP of JSON files and their picture. Error: too_many."""
    check_account(account, "account:export")
    await context.ports.limiter.hit("export", account.user_id, limit=EXPORTS, window_s=3600)
    kept = await _read_own(context, account)
    answer = await context.ports.bus.call(CollectAccount(user_id=account.user_id), timeout_s=15)
    kept |= orjson.loads(answer.content)
    picture = await _read_picture(context, account)
    return _pack(kept, picture)


async def _read_own(context: Context, account: Account) -> dict[str, Any]:
    user_id, now = account.user_id, context.ports.clock.now()
    async with context.ports.database.reading() as connection:
        row = await accounts.find_account(connection, user_id)
        if row is None:
            raise UserNotFound("this account was deleted")
        sessions = await families.list_families(connection, user_id, now=now)
        tokens = await programs.list_tokens(connection, user_id)
        linked = await identities.list_identities(connection, user_id)
        entries = await trail.list_audit(connection, Filter(user_id), before=None, limit=_ENTRIES)
    own = {name: value for name, value in vars(row).items() if name != "password_hash"}
    return {
        "account": own,
        "sessions": [dict(session) for session in sessions],
        "tokens": [
            {name: value for name, value in vars(token).items() if name != "token_hash"} for token in tokens
        ],
        "identities": [dict(identity) for identity in linked],
        "audit": [dict(entry) for entry in entries],
    }


async def _read_picture(context: Context, account: Account) -> bytes | None:
    async with context.ports.database.reading() as connection:
        row = await accounts.find_account(connection, account.user_id)
    if row is None or row.avatar_url is None:
        return None
    return await avatars.get_avatar(context, account.user_id, row.avatar_url.rpartition("/")[2])


def _pack(kept: dict[str, Any], picture: bytes | None) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in kept.items():
            text = json.dumps(content, ensure_ascii=False, indent=1, default=str)
            archive.writestr(f"{name}.json", text)
        if picture is not None:
            archive.writestr("avatar.webp", picture)
    return packed.getvalue()
