"""Logging in through an OpenID Connect provider, and linking an account with one."""

import secrets
from urllib.parse import urlsplit

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.permissions import check_account
from meeting_system.kernel.address import address_block
from meeting_system.kernel.email import normal_email
from meeting_system.kernel.login import Asked, Claims, LoginProvider
from meeting_system.kernel.principal import Account
from meeting_system.kernel.text import clean_line
from meeting_system.user import registration, tokens
from meeting_system.user.context import Context
from meeting_system.user.errors import (
    IdentityNotFound,
    IdentityTaken,
    IdentityUnlinked,
    LoginRefused,
    NoOtherLogin,
    ProviderNotFound,
    RegistrationClosed,
)
from meeting_system.user.proof import prove
from meeting_system.user.repository import accounts, identities, trail
from meeting_system.user.repository.accounts import AccountRow
from meeting_system.user.rules import Caller
from meeting_system.user.schemas import Identity, IdentityList, SignedIn
from meeting_system.user.settings import ProviderSettings

STATE_S = 600
"""So long somebody may take at the provider."""


async def begin(
    context: Context, name: str, *, return_to: str, caller: Caller, link_to: str | None = None
) -> tuple[str, str]:
    """Return where the browser goes, and the state that its cookie keeps. Errors: provider_not_found,
    provider_failed, too_many."""
    provider = _find(context, name)
    await context.ports.limiter.hit(
        "sso",
        address_block(caller.address),
        limit=context.settings.logins_of_address,
        window_s=context.settings.address_window_s,
    )
    asked = Asked(*(secrets.token_urlsafe(32) for _ in range(3)))
    url = await provider.address(asked, _callback(context, name))
    kept = {
        "provider": name,
        "nonce": asked.nonce,
        "verifier": asked.verifier,
        "return_to": local_path(return_to),
        "link_to": link_to,
    }
    await context.ports.store.set(f"sso:{asked.state}", orjson.dumps(kept), ttl_s=STATE_S)
    return url, asked.state


async def finish(
    context: Context, name: str, *, code: str, state: str, caller: Caller
) -> tuple[SignedIn | None, str]:
    """Return the log-in (None: an account was linked) and the page to go on with.

    Errors: sso_refused, provider_failed, identity_unlinked, identity_taken, registration_closed.
    """
    provider = _find(context, name)
    value = await context.ports.store.take(f"sso:{state}")
    kept = orjson.loads(value) if value is not None else {}
    if kept.get("provider") != name:
        raise LoginRefused("this log-in took too long, or was not begun here: try again")
    asked = Asked(state, kept["nonce"], kept["verifier"])
    claims = await provider.redeem(code, asked, _callback(context, name))
    if kept["link_to"] is not None:
        await _link(context, name, claims, kept["link_to"], caller)
        return None, kept["return_to"]
    return await _sign_in(context, name, claims, caller), kept["return_to"]


async def _sign_in(context: Context, name: str, claims: Claims, caller: Caller) -> SignedIn:
    now = context.ports.clock.now()
    async with context.ports.database.transaction() as connection:
        account = await identities.find_account_by_identity(connection, name, claims.subject)
        if account is None:
            account = await _welcome(context, connection, name, claims)
        # Held: a ban at this moment ends this log-in too, or keeps it from beginning.
        account = await accounts.lock_account(connection, account.user_id)
        if account is None or account.disabled_at is not None:
            raise LoginRefused("this account is closed")
        await identities.touch_identity(connection, name, claims.subject, now=now)
        signed_in = await tokens.open_family(context, connection, account, caller, now=now)
        await trail.insert_audit(
            connection,
            "logged_in",
            user_id=account.user_id,
            address=caller.address,
            now=now,
            detail={"provider": name},
        )
        return signed_in


async def _welcome(context: Context, connection: AsyncConnection, name: str, claims: Claims) -> AccountRow:
    """Find or make the account of who logs in through this provider for the first time.

    Only an address that the provider vouches for, and only where it is trusted to, opens an account that is
    there: else whoever enters somebody's address at a careless provider would be them.
    """
    settings = context.settings.oidc[name]
    now = context.ports.clock.now()
    email = _email(claims)
    account = await accounts.find_account_by_email(connection, email)
    if account is not None:
        if not (settings.link_verified_email and claims.email_verified):
            raise IdentityUnlinked("log in with your password, then link this provider in the settings")
    else:
        account = await _provision(context, connection, settings, claims, email)
    await identities.insert_identity(connection, name, claims.subject, account.user_id, now=now)
    return account


async def _provision(
    context: Context, connection: AsyncConnection, settings: ProviderSettings, claims: Claims, email: str
) -> AccountRow:
    if not settings.create_accounts:
        raise RegistrationClosed("ask whoever runs this installation for an account")
    account = registration.new_account(
        context.ports.clock.now(), email=email, display_name=_name(claims, email), locale=settings.locale
    )
    await registration.insert(connection, account)
    if claims.email_verified:
        now = context.ports.clock.now()
        await accounts.change_account(connection, account.user_id, now=now, email_verified_at=now)
    return account


async def _link(context: Context, name: str, claims: Claims, user_id: str, caller: Caller) -> None:
    now = context.ports.clock.now()
    async with context.ports.database.transaction() as connection:
        account = await accounts.lock_account(connection, user_id)
        if account is None or account.disabled_at is not None:
            raise LoginRefused("this account is closed")
        if not await identities.insert_identity(connection, name, claims.subject, user_id, now=now):
            owner = await identities.find_account_by_identity(connection, name, claims.subject)
            if owner is None or owner.user_id != user_id:
                raise IdentityTaken("this identity belongs to another account")
        await trail.insert_audit(
            connection,
            "identity_linked",
            user_id=user_id,
            address=caller.address,
            now=now,
            detail={"provider": name},
        )


async def begin_linking(context: Context, account: Account, name: str, caller: Caller) -> tuple[str, str]:
    """Begin to link the caller's account with a provider; as `begin`."""
    check_account(account, "account:secure")
    return await begin(context, name, return_to="/settings", caller=caller, link_to=account.user_id)


async def list_identities(context: Context, account: Account) -> IdentityList:
    """Return the providers that the caller's account is linked with."""
    check_account(account, "account:secure")
    async with context.ports.database.reading() as connection:
        rows = await identities.list_identities(connection, account.user_id)
    return IdentityList(
        items=[
            Identity(provider=row["provider"], created_at=row["created_at"], used_at=row["used_at"])
            for row in rows
        ]
    )


async def unlink(context: Context, account: Account, name: str, password: str | None, caller: Caller) -> None:
    """Undo the link with a provider. Errors: password_wrong, identity_not_found, no_other_login."""
    check_account(account, "account:secure")
    row = await prove(context, account, password)
    async with context.ports.database.transaction() as connection:
        linked = await identities.list_identities(connection, row.user_id)
        if name not in {each["provider"] for each in linked}:
            raise IdentityNotFound("this account is not linked with this provider")
        if row.password_hash is None and len(linked) == 1:
            raise NoOtherLogin("set a password first: nobody could log in any more")
        await identities.delete_identity(connection, row.user_id, name)
        await trail.insert_audit(
            connection,
            "identity_unlinked",
            user_id=row.user_id,
            address=caller.address,
            now=context.ports.clock.now(),
            detail={"provider": name},
        )


def local_path(return_to: str) -> str:
    """Return a path of our own pages: `//host`, a backslash or a scheme would lead elsewhere."""
    parts = urlsplit(return_to)
    is_local = return_to.startswith("/") and not return_to.startswith("//") and "\\" not in return_to
    return return_to if is_local and not parts.netloc and return_to.isprintable() else "/"


def _find(context: Context, name: str) -> LoginProvider:
    provider = context.providers.get(name)
    if provider is None:
        raise ProviderNotFound("there is no such log-in provider")
    return provider


def _callback(context: Context, name: str) -> str:
    return f"{context.ports.origin}/api/v1/auth/sso/{name}/callback"


def _email(claims: Claims) -> str:
    try:
        return normal_email(claims.email or "")
    except ValueError as error:
        raise LoginRefused("the provider does not tell your e-mail address: it is needed") from error


def _name(claims: Claims, email: str) -> str:
    try:
        return clean_line(claims.name or "")[:64]
    except ValueError:
        return email.partition("@")[0][:64]
