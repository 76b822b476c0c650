"""What administrators do with the accounts of others."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import cast

from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.account import ExpelAccount
from meeting_system.contracts.audit import AccountAction
from meeting_system.contracts.permissions import check_account
from meeting_system.kernel.ids import is_id
from meeting_system.kernel.principal import Account, AccountRole
from meeting_system.kit import outbox
from meeting_system.kit.paging import decode_id, encode_cursor
from meeting_system.user import letters, links, logout, registration, rules
from meeting_system.user.context import Context
from meeting_system.user.errors import LastSuperAdmin, NotYourself, UserNotFound
from meeting_system.user.links import Purpose
from meeting_system.user.repository import accounts, trail
from meeting_system.user.repository.accounts import AccountRow
from meeting_system.user.rules import Caller
from meeting_system.user.schemas import AdminUser, Locale, NewUser, ResetLink, UserPage


async def list_users(
    context: Context,
    account: Account,
    *,
    search: str | None,
    role: AccountRole | None,
    cursor: str | None,
    limit: int,
) -> UserPage:
    """Return a page of the accounts, newest first; `search` is looked for in names and addresses."""
    check_account(account, "user:read")
    before = decode_id(cursor) if cursor else None
    async with context.ports.database.reading() as connection:
        rows = await accounts.list_accounts(
            connection, search=search, role=role, before=before, limit=limit + 1
        )
    items = [show(row) for row in rows[:limit]]
    return UserPage(items=items, next_cursor=encode_cursor(items[-1].user_id) if len(rows) > limit else None)


async def get_user(context: Context, account: Account, user_id: str) -> AdminUser:
    """Return one account. Error: user_not_found."""
    check_account(account, "user:read")
    async with context.ports.database.reading() as connection:
        row = await accounts.find_account(connection, user_id) if is_id(user_id) else None
    if row is None:
        raise UserNotFound("there is no account with this id")
    return show(row)


async def create_user(context: Context, account: Account, sent: NewUser, caller: Caller) -> AdminUser:
    """Make an account for somebody, who gets a letter with a link to a first password.

    Errors: email_taken, rank_too_high.
    """
    check_account(account, "user:create")
    rules.check_grant(account.role, sent.role)
    lifetime_s = context.settings.invite_link_lifetime_s
    async with context.ports.database.transaction() as connection:
        row = registration.new_account(
            context.ports.clock.now(),
            email=sent.email,
            display_name=sent.display_name,
            locale=sent.locale,
            role=sent.role,
        )
        await registration.insert(connection, row)
        link, _ = await links.make_link(
            context, connection, row, Purpose.RESET_PASSWORD, email=row.email, lifetime_s=lifetime_s
        )
        await links.send_letter(context, connection, row, letters.WELCOME, link=link, lifetime_s=lifetime_s)
        await _note(context, connection, "user_created", row.user_id, account, caller)
    return show(row)


async def ban(context: Context, account: Account, user_id: str, caller: Caller) -> AdminUser:
    """Close an account: nobody logs in to it, its log-ins and tokens end, it leaves every meeting, now.

    Errors: user_not_found, rank_too_high, not_yourself, last_super_admin.
    """
    check_account(account, "user:ban")
    ended: list[str] = []

    async def close(connection: AsyncConnection, row: AccountRow, now: datetime) -> None:
        await keep_a_super_admin(connection, row)
        await accounts.change_account(connection, user_id, now=now, disabled_at=now)
        ended.extend(await logout.end_all(context, connection, user_id, why="banned", now=now))
        await outbox.collect(connection, ExpelAccount(user_id=user_id), key=f"user:{user_id}")

    row = await _change(context, account, user_id, caller, "user_banned", close)
    await logout.block_now(context, ended)
    return row


async def unban(context: Context, account: Account, user_id: str, caller: Caller) -> AdminUser:
    """Open an account again. Errors: user_not_found, rank_too_high, not_yourself."""
    check_account(account, "user:ban")

    async def reopen(connection: AsyncConnection, _row: AccountRow, now: datetime) -> None:
        await accounts.change_account(connection, user_id, now=now, disabled_at=None)

    return await _change(context, account, user_id, caller, "user_unbanned", reopen)


async def log_user_out(context: Context, account: Account, user_id: str, caller: Caller) -> None:
    """End every log-in of somebody, who leaves every meeting as well.

    Errors: user_not_found, rank_too_high, not_yourself.
    """
    check_account(account, "user:log_out")
    ended: list[str] = []

    async def end(connection: AsyncConnection, _row: AccountRow, now: datetime) -> None:
        ended.extend(await logout.end_all(context, connection, user_id, why="admin", now=now))
        await logout.leave_meetings(connection, user_id)

    await _change(context, account, user_id, caller, "user_logged_out", end)
    await logout.block_now(context, ended)


async def change_role(
    context: Context, account: Account, user_id: str, role: AccountRole, caller: Caller
) -> AdminUser:
    """Give somebody another role; log-ins end, so that no token says the old one.

    Errors: user_not_found, rank_too_high, not_yourself, last_super_admin.
    """
    check_account(account, "user:change_role")
    rules.check_grant(account.role, role)
    ended: list[str] = []

    async def change(connection: AsyncConnection, row: AccountRow, now: datetime) -> None:
        if role != row.role:
            await keep_a_super_admin(connection, row)
            await accounts.change_account(connection, user_id, now=now, role=role)
            ended.extend(await logout.end_all(context, connection, user_id, why="role", now=now))

    row = await _change(context, account, user_id, caller, "role_changed", change, detail={"role": str(role)})
    await logout.block_now(context, ended)
    return row


async def issue_reset_link(context: Context, account: Account, user_id: str, caller: Caller) -> ResetLink:
    """Make a link to a new password, to be handed to the person: for installations without mail.

    Errors: user_not_found, rank_too_high, not_yourself.
    """
    check_account(account, "user:reset_password")
    made: list[tuple[str, datetime]] = []

    async def issue(connection: AsyncConnection, row: AccountRow, _now: datetime) -> None:
        lifetime_s = context.settings.reset_link_lifetime_s
        made.append(
            await links.make_link(
                context,
                connection,
                row,
                Purpose.RESET_PASSWORD,
                email=row.email,
                lifetime_s=lifetime_s,
            )
        )

    await _change(context, account, user_id, caller, "reset_link_issued", issue)
    url, expires_at = made[0]
    return ResetLink(url=url, expires_at=expires_at)


Do = Callable[[AsyncConnection, AccountRow, datetime], Awaitable[None]]


async def _change(
    context: Context,
    account: Account,
    user_id: str,
    caller: Caller,
    action: AccountAction,
    do: Do,
    *,
    detail: dict[str, object] | None = None,
) -> AdminUser:
    """Do something to an account of a lower role, and write it down."""
    async with context.ports.database.transaction() as connection:
        row = await find_lower(connection, account, user_id)
        await do(connection, row, context.ports.clock.now())
        await _note(context, connection, action, user_id, account, caller, detail=detail)
        after = await accounts.find_account(connection, user_id)
    return show(after or row)


async def find_lower(connection: AsyncConnection, account: Account, user_id: str) -> AccountRow:
    """Hold an account that the caller may do something to."""
    row = await accounts.lock_account(connection, user_id) if is_id(user_id) else None
    if row is None:
        raise UserNotFound("there is no account with this id")
    if row.user_id == account.user_id:
        raise NotYourself("use your own settings for your own account")
    rules.check_rank(account.role, AccountRole(row.role))
    return row


async def keep_a_super_admin(connection: AsyncConnection, row: AccountRow) -> None:
    """Raise LastSuperAdmin if nobody else has the highest role."""
    if row.role != AccountRole.SUPER_ADMIN:
        return
    if await accounts.lock_super_admins(connection, AccountRole.SUPER_ADMIN) == [row.user_id]:
        raise LastSuperAdmin("this is the last super admin: make another one first")


async def _note(
    context: Context,
    connection: AsyncConnection,
    action: AccountAction,
    user_id: str,
    account: Account,
    caller: Caller,
    *,
    detail: dict[str, object] | None = None,
) -> None:
    await trail.insert_audit(
        connection,
        action,
        user_id=user_id,
        address=caller.address,
        now=context.ports.clock.now(),
        detail={"by": account.user_id, **(detail or {})},
    )


def show(row: AccountRow) -> AdminUser:
    """Return an account as administrators see it."""
    return AdminUser(
        user_id=row.user_id,
        email=row.email,
        email_verified=row.email_verified_at is not None,
        display_name=row.display_name,
        locale=cast("Locale", row.locale),
        role=AccountRole(row.role),
        avatar_url=row.avatar_url,
        has_password=row.password_hash is not None,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        updated_at=row.updated_at,
    )
