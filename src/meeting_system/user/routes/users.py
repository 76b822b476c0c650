"""HTTP: /api/v1/users."""

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response
from starlette.routing import BaseRoute

from meeting_system.kit.auth import require_account, require_person
from meeting_system.user import access_tokens, addresses, deletion, forgotten, profile, sessions, sso
from meeting_system.user.context import Context
from meeting_system.user.routes.cookies import caller_of, forget_cookie
from meeting_system.user.schemas import (
    CreatedToken,
    Deletion,
    EmailChange,
    IdentityList,
    NewToken,
    PasswordChange,
    ProfileChange,
    PublicProfile,
    SessionList,
    TokenList,
    User,
)


def user_routes(context: Context) -> Sequence[BaseRoute]:
    """Return the routes around one's own account."""
    return [
        *_profile_routes(context),
        *_security_routes(context),
        *_program_routes(context),
        *_leaving_routes(context),
    ]


def _profile_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix="/api/v1/users", tags=["users"])

    @router.get("/me")
    async def get_my_profile(request: Request) -> User:
        return await profile.get_profile(context, await require_account(request))

    @router.patch("/me")
    async def update_my_profile(change: ProfileChange, request: Request) -> User:
        return await profile.update_profile(context, await require_account(request), change)

    @router.get("/{user_id}")
    async def get_user_profile(user_id: str, request: Request) -> PublicProfile:
        return await profile.get_public_profile(context, await require_account(request), user_id)

    return router.routes


def _security_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix="/api/v1/users/me", tags=["users"])

    @router.post("/password", status_code=204)
    async def change_password(sent: PasswordChange, request: Request) -> None:
        account = await require_person(request)
        await forgotten.change_password(context, account, sent, caller_of(request))

    @router.post("/email", status_code=202)
    async def change_email(sent: EmailChange, request: Request) -> None:
        account = await require_person(request)
        await addresses.change_email(context, account, sent, caller_of(request))

    @router.post("/email/verify", status_code=202)
    async def verify_email(request: Request) -> None:
        await addresses.verify_email(context, await require_person(request))

    @router.get("/sessions")
    async def list_login_sessions(request: Request) -> SessionList:
        return await sessions.list_sessions(context, await require_person(request))

    @router.delete("/sessions/{session_id}", status_code=204)
    async def end_session(session_id: str, request: Request) -> None:
        account = await require_person(request)
        await sessions.end_session(context, account, session_id, caller_of(request))

    @router.get("/identities")
    async def list_identities(request: Request) -> IdentityList:
        return await sso.list_identities(context, await require_person(request))

    @router.post("/identities/{provider}/unlink", status_code=204)
    async def unlink_identity(provider: str, sent: Deletion, request: Request) -> None:
        account = await require_person(request)
        await sso.unlink(context, account, provider, sent.password, caller_of(request))

    return router.routes


def _program_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix="/api/v1/users/me", tags=["users"])

    @router.get("/tokens")
    async def list_tokens(request: Request) -> TokenList:
        return await access_tokens.list_tokens(context, await require_person(request))

    @router.post("/tokens", status_code=201)
    async def create_token(sent: NewToken, request: Request, response: Response) -> CreatedToken:
        response.headers["Cache-Control"] = "no-store"
        account = await require_person(request)
        return await access_tokens.create_token(context, account, sent, caller_of(request))

    @router.delete("/tokens/{token_id}", status_code=204)
    async def delete_token(token_id: str, request: Request) -> None:
        account = await require_person(request)
        await access_tokens.delete_token(context, account, token_id, caller_of(request))

    return router.routes


def _leaving_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix="/api/v1/users/me", tags=["users"])

    @router.get(
        "/export",
        response_class=Response,
        responses={
            200: {"description": "Everything that is kept, as a ZIP", "content": {"application/zip": {}}}
        },
    )
    async def export_account(request: Request) -> Response:
        packed = await deletion.export_account(context, await require_account(request))
        headers = {
            "Content-Disposition": 'attachment; filename="meeting-account.zip"',
            "Cache-Control": "no-store",
        }
        return Response(packed, media_type="application/zip", headers=headers)

    @router.post("/delete", status_code=204)
    async def delete_account(sent: Deletion, request: Request, response: Response) -> None:
        account = await require_person(request)
        await deletion.delete_own_account(context, account, sent)
        forget_cookie(request, response)

    return router.routes
