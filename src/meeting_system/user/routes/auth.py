"""HTTP: /api/v1/auth."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from starlette.routing import BaseRoute

from meeting_system.kernel.principal import Account
from meeting_system.kit.auth import find_principal, require_person
from meeting_system.user import addresses, forgotten, login, logout, refresh, registration
from meeting_system.user.context import Context
from meeting_system.user.errors import TokenInvalid
from meeting_system.user.routes.cookies import caller_of, forget_cookie, hand_over, shown_token
from meeting_system.user.schemas import (
    ConfirmationWanted,
    ConfirmEmail,
    ForgottenPassword,
    Login,
    NewPassword,
    Refresh,
    Registration,
    SignedIn,
)

Transport = Annotated[str | None, Header(alias="X-Token-Transport", max_length=16)]


def auth_routes(context: Context) -> Sequence[BaseRoute]:
    """Return the routes that make and end log-ins."""
    router = APIRouter(prefix="/api/v1/auth", tags=["auth"])

    @router.post("/register", status_code=201)
    async def register_account(
        sent: Registration, request: Request, response: Response, transport: Transport = None
    ) -> SignedIn | ConfirmationWanted:
        done = await registration.register(context, sent, caller_of(request))
        if isinstance(done, ConfirmationWanted):
            return done
        return hand_over(context, done, request, response, in_body=transport == "body")

    @router.post("/login")
    async def log_in(
        sent: Login, request: Request, response: Response, transport: Transport = None
    ) -> SignedIn:
        signed_in = await login.login(context, sent, caller_of(request))
        return hand_over(context, signed_in, request, response, in_body=transport == "body")

    @router.post("/refresh")
    async def refresh_tokens(request: Request, response: Response, sent: Refresh | None = None) -> SignedIn:
        in_body = sent is not None and sent.refresh_token is not None
        token = shown_token(request, sent)
        if token is None:
            raise TokenInvalid("no refresh token was sent: log in")
        signed_in = await refresh.refresh(context, token, address=caller_of(request).address)
        return hand_over(context, signed_in, request, response, in_body=in_body)

    @router.post("/logout", status_code=204)
    async def log_out(request: Request, response: Response, sent: Refresh | None = None) -> None:
        token = shown_token(request, sent)
        address = caller_of(request).address
        if token is not None:
            await logout.logout(context, token, address=address)
        elif isinstance(account := await find_principal(request), Account) and account.scopes is None:
            await logout.logout_account(context, account, address=address)
        forget_cookie(request, response)

    @router.post("/logout-all", status_code=204)
    async def log_out_everywhere(request: Request, response: Response) -> None:
        account = await require_person(request)
        await logout.logout_everywhere(context, account, address=caller_of(request).address)
        forget_cookie(request, response)

    return [*router.routes, *_letter_routes(context)]


def _letter_routes(context: Context) -> Sequence[BaseRoute]:
    """Return the routes around links in letters."""
    router = APIRouter(prefix="/api/v1/auth", tags=["auth"])

    @router.post("/forgot-password", status_code=204)
    async def forgot_password(sent: ForgottenPassword, request: Request) -> None:
        await forgotten.forgot_password(context, sent, caller_of(request))

    @router.post("/reset-password", status_code=204)
    async def reset_password(sent: NewPassword, request: Request) -> None:
        await forgotten.reset_password(context, sent, caller_of(request))

    @router.post("/confirm-email", status_code=204)
    async def confirm_email(sent: ConfirmEmail, request: Request) -> None:
        await addresses.confirm_email(context, sent, caller_of(request))

    return router.routes
