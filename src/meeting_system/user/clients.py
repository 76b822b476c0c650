"""OAuth 2 client credentials (RFC 6749, section 4.4): programs that administrators register.

Their tokens are kept in the store, not signed: they end with the client, and with the account behind it.
"""

import secrets

from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.audit import AccountAction
from meeting_system.contracts.permissions import ACCOUNT_PERMISSIONS, GRANTABLE, check_account
from meeting_system.kernel.address import address_block
from meeting_system.kernel.errors import FieldError, Forbidden, Invalid
from meeting_system.kernel.ids import is_id, new_id
from meeting_system.kernel.principal import Account, AccountRole
from meeting_system.kit.attempts import check_attempts, count_wrong_attempt
from meeting_system.kit.auth import PROGRAM_PREFIX, hash_token
from meeting_system.kit.paging import decode_id, encode_cursor
from meeting_system.user import rules
from meeting_system.user.context import Context
from meeting_system.user.errors import ClientNotFound, UserNotFound
from meeting_system.user.oauth_errors import ClientInvalid, GrantUnsupported, ScopeInvalid
from meeting_system.user.repository import accounts, programs, trail
from meeting_system.user.repository.accounts import AccountRow
from meeting_system.user.repository.programs import ClientRow, HolderRow
from meeting_system.user.rules import Caller
from meeting_system.user.schemas import Client, ClientPage, CreatedClient, Grantable, IssuedToken, NewClient


async def list_clients(context: Context, account: Account, *, cursor: str | None, limit: int) -> ClientPage:
    """Return a page of the clients, newest first, and the scopes that a new one may have."""
    check_account(account, "client:manage")
    before = decode_id(cursor) if cursor else None
    async with context.ports.database.reading() as connection:
        rows = await programs.list_clients(connection, before=before, limit=limit + 1)
    items = [_show(row.client, row.display_name) for row in rows[:limit]]
    return ClientPage(
        items=items,
        next_cursor=encode_cursor(items[-1].client_id) if len(rows) > limit else None,
        grantable=[Grantable(role=role, scopes=grantable(role)) for role in AccountRole],
    )


def grantable(role: AccountRole) -> list[str]:
    """Return the scopes that a client may have which acts for an account of this role."""
    return sorted(GRANTABLE & ACCOUNT_PERMISSIONS[role])


async def create_client(context: Context, account: Account, sent: NewClient, caller: Caller) -> CreatedClient:
    """Register a client; its secret is shown this once. It acts as `user_id`, within its role and scopes.

    Errors: user_not_found, rank_too_high (to act as somebody above), forbidden (scopes beyond the role).
    """
    check_account(account, "client:manage")
    now = context.ports.clock.now()
    secret = secrets.token_urlsafe(32)
    async with context.ports.database.transaction() as connection:
        holder = await _find_holder(connection, account, sent.user_id)
        if beyond := sorted(set(sent.scopes) - set(grantable(AccountRole(holder.role)))):
            raise Forbidden(f"the account behind it ({holder.role}) may not {', '.join(beyond)}")
        row = ClientRow(
            client_id=new_id(now.timestamp()),
            user_id=holder.user_id,
            name=sent.name,
            secret_hash=hash_token(secret),
            scopes=sent.scopes,
            created_by=account.user_id,
            created_at=now,
        )
        await programs.insert_client(connection, row)
        await _note(context, connection, account, "client_created", row.client_id, caller)
    return CreatedClient(**_show(row, holder.display_name).model_dump(), client_secret=secret)


async def rotate_secret(context: Context, account: Account, client_id: str, caller: Caller) -> CreatedClient:
    """Give a client another secret; the former is refused from now on. Tokens that it got last till they end.

    Errors: client_not_found, rank_too_high (who has the secret acts as the account behind it).
    """
    check_account(account, "client:manage")
    secret = secrets.token_urlsafe(32)
    async with context.ports.database.transaction() as connection:
        holder = await programs.find_client_holder(connection, client_id) if is_id(client_id) else None
        if holder is None:
            raise ClientNotFound("there is no such client")
        if holder.user_id != account.user_id:
            rules.check_rank(account.role, AccountRole(holder.role))
        row = await programs.change_secret(connection, client_id, secret_hash=hash_token(secret))
        if row is None:
            raise ClientNotFound("there is no such client")
        await _note(context, connection, account, "client_secret_rotated", client_id, caller)
    return CreatedClient(**_show(row, holder.display_name).model_dump(), client_secret=secret)


async def delete_client(context: Context, account: Account, client_id: str, caller: Caller) -> None:
    """Delete a client: its tokens are refused from now on. Error: client_not_found."""
    check_account(account, "client:manage")
    async with context.ports.database.transaction() as connection:
        if not is_id(client_id) or not await programs.delete_client(connection, client_id):
            raise ClientNotFound("there is no such client")
        await _note(context, connection, account, "client_deleted", client_id, caller)


async def issue_token(
    context: Context,
    *,
    grant_type: str | None,
    client_id: str | None,
    client_secret: str | None,
    scope: str | None,
    caller: Caller,
) -> IssuedToken:
    """Give a client an access token. Errors as RFC 6749, section 5.2, names them; too_many."""
    if grant_type != "client_credentials":
        raise GrantUnsupported("only grant_type=client_credentials")
    holder = await _prove_client(context, client_id, client_secret, caller)
    wanted = set(scope.split()) if scope else set(holder.scopes)
    if not wanted <= set(holder.scopes):
        raise ScopeInvalid("this client was not given all of these scopes")
    token, lifetime_s = PROGRAM_PREFIX + secrets.token_urlsafe(32), context.settings.client_token_lifetime_s
    value = " ".join([holder.program_id, *sorted(wanted)])
    await context.ports.store.set(_key(hash_token(token)), value.encode(), ttl_s=lifetime_s)
    async with context.ports.database.reading() as connection:
        await programs.touch_client(connection, holder.program_id, now=context.ports.clock.now())
    return IssuedToken(access_token=token, expires_in=lifetime_s, scope=" ".join(sorted(wanted)))


async def find_holder(context: Context, connection: AsyncConnection, token_hash: str) -> HolderRow | None:
    """Return the client that a token was given to, with the token's scopes."""
    value = await context.ports.store.get(_key(token_hash))
    if value is None:
        return None
    client_id, *scopes = value.decode().split()
    row = await programs.find_client_holder(connection, client_id)
    if row is None:
        return None
    kept = [scope for scope in scopes if scope in row.scopes]
    return HolderRow(**{**vars(row), "scopes": kept, "used_at": context.ports.clock.now()})


async def _prove_client(
    context: Context, client_id: str | None, client_secret: str | None, caller: Caller
) -> HolderRow:
    store, settings = context.ports.store, context.settings
    key = f"client:{address_block(caller.address)}"
    limit, window_s = settings.wrong_logins, settings.wrong_window_s
    await check_attempts(store, key, limit=limit, window_s=window_s)
    holder = None
    if client_id and client_secret and is_id(client_id):
        async with context.ports.database.reading() as connection:
            holder = await programs.find_client_holder(connection, client_id)
    right = secrets.compare_digest(
        hash_token(client_secret or ""), holder.secret_hash if holder else hash_token("nobody's")
    )
    if holder is None or not right or holder.disabled_at is not None:
        await count_wrong_attempt(store, key, limit=limit, window_s=window_s)
        raise ClientInvalid("client_id or client_secret is wrong")
    return holder


async def _find_holder(connection: AsyncConnection, account: Account, user_id: str | None) -> AccountRow:
    wanted = user_id or account.user_id
    if not is_id(wanted):
        raise Invalid("no id of an account", errors=[FieldError("/user_id", "no id of an account")])
    row = await accounts.find_account(connection, wanted)
    if row is None:
        raise UserNotFound("there is no account with this id")
    if row.user_id != account.user_id:
        rules.check_rank(account.role, AccountRole(row.role))
    return row


async def _note(
    context: Context,
    connection: AsyncConnection,
    account: Account,
    action: AccountAction,
    client_id: str,
    caller: Caller,
) -> None:
    await trail.insert_audit(
        connection,
        action,
        user_id=account.user_id,
        address=caller.address,
        now=context.ports.clock.now(),
        detail={"client_id": client_id},
    )


def _key(token_hash: str) -> str:
    return f"client_token:{token_hash}"


def _show(row: ClientRow, display_name: str) -> Client:
    return Client(
        client_id=row.client_id,
        user_id=row.user_id,
        display_name=display_name,
        name=row.name,
        scopes=row.scopes,
        created_at=row.created_at,
        used_at=row.used_at,
    )
