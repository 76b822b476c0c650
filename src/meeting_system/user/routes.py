"""HTTP: /api/v1/auth and /api/v1/users."""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Header, Request, Response
from starlette.routing import BaseRoute

from meeting_system.kernel.principal import Account
from meeting_system.kit.auth import find_principal, require_account
from meeting_system.kit.http import client_address
from meeting_system.kit.paging import Cursor, Limit
from meeting_system.user import audit, login, logout, profile, refresh, registration
from meeting_system.user.context import Context
from meeting_system.user.errors import TokenInvalid
from meeting_system.user.schemas import (
    AuditPage,
    Login,
    ProfileChange,
    Refresh,
    Registration,
    SignedIn,
    User,
)

_SECURE_COOKIE: Final = "__Host-refresh"
_PLAIN_COOKIE: Final = "refresh"
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})

Transport = Annotated[str | None, Header(alias="X-Token-Transport", max_length=16)]


def create_routes(context: Context) -> Sequence[BaseRoute]:
    """Return every route of the user service."""
    return [*_auth_routes(context), *_user_routes(context)]


def _auth_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix="/api/v1/auth", tags=["auth"])

    @router.post("/register", status_code=201, response_model_exclude_none=True)
    async def register_account(
        sent: Registration, request: Request, response: Response, transport: Transport = None
    ) -> SignedIn:
        signed_in = await registration.register(context, sent, address=client_address(request))
        return _hand_over(context, signed_in, request, response, in_body=transport == "body")

    @router.post("/login", response_model_exclude_none=True)
    async def log_in(
        sent: Login, request: Request, response: Response, transport: Transport = None
    ) -> SignedIn:
        signed_in = await login.login(context, sent, address=client_address(request))
        return _hand_over(context, signed_in, request, response, in_body=transport == "body")

    @router.post("/refresh", response_model_exclude_none=True)
    async def refresh_tokens(request: Request, response: Response, sent: Refresh | None = None) -> SignedIn:
        in_body = sent is not None and sent.refresh_token is not None
        token = _shown_token(request, sent)
        if token is None:
            raise TokenInvalid("no refresh token was sent: log in")
        signed_in = await refresh.refresh(context, token, address=client_address(request))
        return _hand_over(context, signed_in, request, response, in_body=in_body)

    @router.post("/logout", status_code=204)
    async def log_out(request: Request, response: Response, sent: Refresh | None = None) -> None:
        token = _shown_token(request, sent)
        if token is not None:
            await logout.logout(context, token, address=client_address(request))
        elif isinstance(account := await find_principal(request), Account):
            await logout.logout_account(context, account, address=client_address(request))
        _forget_cookie(request, response)

    @router.post("/logout-all", status_code=204)
    async def log_out_everywhere(request: Request, response: Response) -> None:
        account = await require_account(request)
        await logout.logout_everywhere(context, account, address=client_address(request))
        _forget_cookie(request, response)

    return router.routes


def _user_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix="/api/v1", tags=["users"])

    @router.get("/users/me")
    async def get_my_profile(request: Request) -> User:
        return await profile.get_profile(context, await require_account(request))

    @router.patch("/users/me")
    async def update_my_profile(change: ProfileChange, request: Request) -> User:
        return await profile.update_profile(context, await require_account(request), change)

    @router.get("/audit")
    async def list_audit(request: Request, cursor: Cursor = None, limit: Limit = 50) -> AuditPage:
        return await audit.list_audit(context, await require_account(request), cursor=cursor, limit=limit)

    return router.routes


def _hand_over(
    context: Context, signed_in: SignedIn, request: Request, response: Response, *, in_body: bool
) -> SignedIn:
    """Browsers keep the refresh token in a cookie that scripts can't read, programs get it in the body."""
    response.headers["Cache-Control"] = "no-store"
    if in_body or signed_in.refresh_token is None:
        return signed_in
    secure = _secure(request)
    response.set_cookie(
        _SECURE_COOKIE if secure else _PLAIN_COOKIE,
        signed_in.refresh_token,
        max_age=context.settings.refresh_lifetime_s,
        path="/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )
    return signed_in.model_copy(update={"refresh_token": None})


def _forget_cookie(request: Request, response: Response) -> None:
    for name, secure in ((_SECURE_COOKIE, True), (_PLAIN_COOKIE, False)):
        if name in request.cookies:
            response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="strict")


def _shown_token(request: Request, sent: Refresh | None) -> str | None:
    if sent is not None and sent.refresh_token is not None:
        return sent.refresh_token
    name = _SECURE_COOKIE if _secure(request) else _PLAIN_COOKIE
    token = request.cookies.get(name)
    # A cookie is the browser's word: what can't be a token of ours is none.
    return token if token and len(token) <= 128 and token.isascii() else None


def _secure(request: Request) -> bool:
    """Browsers keep `Secure` cookies from HTTPS, and from localhost without."""
    return request.url.scheme == "https" or request.url.hostname in _LOCAL
