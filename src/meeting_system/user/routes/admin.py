"""HTTP: /api/v1/admin and /api/v1/audit, for administrators."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime
from starlette.routing import BaseRoute

from meeting_system.kernel.principal import AccountRole
from meeting_system.kit.auth import require_account, require_person
from meeting_system.kit.paging import Cursor, Limit
from meeting_system.user import administration, audit, clients, deletion
from meeting_system.user.context import Context
from meeting_system.user.routes.cookies import caller_of
from meeting_system.user.schemas import (
    AdminUser,
    AuditCheck,
    AuditPage,
    ClientPage,
    CreatedClient,
    NewClient,
    NewUser,
    ResetLink,
    RoleChange,
    UserPage,
)

Word = Annotated[str | None, Query(max_length=64)]


def admin_routes(context: Context) -> Sequence[BaseRoute]:
    """Return the routes of administrators."""
    return [
        *_user_routes(context),
        *_action_routes(context),
        *_client_routes(context),
        *_audit_routes(context),
    ]


def _user_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix="/api/v1/admin/users", tags=["admin"])

    @router.get("")
    async def list_users(
        request: Request,
        search: Word = None,
        role: AccountRole | None = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> UserPage:
        account = await require_account(request)
        return await administration.list_users(
            context, account, search=search, role=role, cursor=cursor, limit=limit
        )

    @router.post("", status_code=201)
    async def create_user(sent: NewUser, request: Request) -> AdminUser:
        account = await require_account(request)
        return await administration.create_user(context, account, sent, caller_of(request))

    @router.get("/{user_id}")
    async def get_user(user_id: str, request: Request) -> AdminUser:
        return await administration.get_user(context, await require_account(request), user_id)

    @router.delete("/{user_id}", status_code=204)
    async def delete_user(user_id: str, request: Request) -> None:
        await deletion.delete_user(context, await require_account(request), user_id)

    return router.routes


def _action_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix="/api/v1/admin/users/{user_id}", tags=["admin"])

    @router.post("/ban")
    async def ban_user(user_id: str, request: Request) -> AdminUser:
        return await administration.ban(context, await require_account(request), user_id, caller_of(request))

    @router.post("/unban")
    async def unban_user(user_id: str, request: Request) -> AdminUser:
        return await administration.unban(
            context, await require_account(request), user_id, caller_of(request)
        )

    @router.post("/log-out", status_code=204)
    async def log_user_out(user_id: str, request: Request) -> None:
        await administration.log_user_out(
            context, await require_account(request), user_id, caller_of(request)
        )

    @router.post("/role")
    async def change_role(user_id: str, sent: RoleChange, request: Request) -> AdminUser:
        return await administration.change_role(
            context, await require_account(request), user_id, sent.role, caller_of(request)
        )

    @router.post("/reset-password")
    async def issue_reset_link(user_id: str, request: Request, response: Response) -> ResetLink:
        response.headers["Cache-Control"] = "no-store"
        return await administration.issue_reset_link(
            context, await require_account(request), user_id, caller_of(request)
        )

    return router.routes


def _client_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix="/api/v1/admin/clients", tags=["admin"])

    @router.get("")
    async def list_clients(request: Request, cursor: Cursor = None, limit: Limit = 50) -> ClientPage:
        account = await require_person(request)
        return await clients.list_clients(context, account, cursor=cursor, limit=limit)

    @router.post("", status_code=201)
    async def create_client(sent: NewClient, request: Request, response: Response) -> CreatedClient:
        response.headers["Cache-Control"] = "no-store"
        account = await require_person(request)
        return await clients.create_client(context, account, sent, caller_of(request))

    @router.post("/{client_id}/rotate-secret")
    async def rotate_client_secret(client_id: str, request: Request, response: Response) -> CreatedClient:
        """Give it another secret; the former is refused from now on."""
        response.headers["Cache-Control"] = "no-store"
        account = await require_person(request)
        return await clients.rotate_secret(context, account, client_id, caller_of(request))

    @router.delete("/{client_id}", status_code=204)
    async def delete_client(client_id: str, request: Request) -> None:
        account = await require_person(request)
        await clients.delete_client(context, account, client_id, caller_of(request))

    return router.routes


def _audit_routes(context: Context) -> Sequence[BaseRoute]:
    router = APIRouter(prefix="/api/v1/audit", tags=["admin"])

    @router.get("")
    async def list_audit(
        request: Request,
        user_id: Word = None,
        action: Word = None,
        since: AwareDatetime | None = None,
        until: AwareDatetime | None = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> AuditPage:
        return await audit.list_audit(
            context,
            await require_account(request),
            cursor=cursor,
            limit=limit,
            user_id=user_id,
            action=action,
            since=since,
            until=until,
        )

    @router.get("/verify")
    async def verify_audit(request: Request, expected: Word = None) -> AuditCheck:
        return await audit.verify_audit(context, await require_account(request), expected)

    return router.routes
