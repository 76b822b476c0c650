"""HTTP: pictures of accounts."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.routing import BaseRoute

from meeting_system.kit.auth import require_account
from meeting_system.user import avatars
from meeting_system.user.context import Context
from meeting_system.user.schemas import User

_PICTURE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in ("image/png", "image/jpeg", "image/webp", "image/gif")
        },
    }
}
_HEADERS = {
    # The address names the content: it never changes.
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Content-Disposition": "inline",
}


def avatar_routes(context: Context) -> Sequence[BaseRoute]:
    """Return the routes of pictures."""
    router = APIRouter(prefix="/api/v1/users", tags=["users"])

    @router.put("/me/avatar", openapi_extra=_PICTURE)
    async def set_avatar(request: Request) -> User:
        account = await require_account(request)
        return await avatars.set_avatar(context, account, await request.body())

    @router.delete("/me/avatar")
    async def delete_avatar(request: Request) -> User:
        return await avatars.delete_avatar(context, await require_account(request))

    @router.get(
        "/{user_id}/avatar/{name}",
        response_class=Response,
        responses={200: {"description": "The picture", "content": {"image/webp": {}}}},
    )
    async def get_avatar(user_id: str, name: str) -> Response:
        picture = await avatars.get_avatar(context, user_id, name)
        return Response(picture, media_type="image/webp", headers=_HEADERS)

    return router.routes
