"""HTTP: the token endpoint of OAuth 2 (RFC 6749), for programs that an administrator registered."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from meeting_system.kernel.errors import AppError
from meeting_system.user import clients
from meeting_system.user.context import Context
from meeting_system.user.routes.cookies import caller_of
from meeting_system.user.schemas import IssuedToken

_NO_STORE = {"Cache-Control": "no-store"}
_FIELDS = {
    "grant_type": {"type": "string", "enum": ["client_credentials"]},
    "scope": {"type": "string", "description": "some of the client's scopes; none: all of them"},
    "client_id": {"type": "string"},
    "client_secret": {"type": "string"},
}
_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {"type": "object", "required": ["grant_type"], "properties": _FIELDS}
            }
        },
    }
}
_REFUSED = {
    "description": "Refused, as RFC 6749, section 5.2, says",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["error"],
                "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
            }
        }
    },
}


def oauth_routes(context: Context) -> Sequence[BaseRoute]:
    """Return the token endpoint."""
    router = APIRouter(prefix="/api/v1/auth/oauth", tags=["auth"])

    @router.post(
        "/token",
        response_model=IssuedToken,
        openapi_extra=_FORM,
        responses={400: _REFUSED, 401: _REFUSED, 429: _REFUSED},
    )
    async def issue_token(request: Request) -> Response:
        try:
            form = _read_form(await request.body())
            client_id, client_secret = _read_credentials(request, form)
            issued = await clients.issue_token(
                context,
                grant_type=form.get("grant_type"),
                client_id=client_id,
                client_secret=client_secret,
                scope=form.get("scope"),
                caller=caller_of(request),
            )
        except AppError as error:
            return _refuse(error)
        return JSONResponse(issued.model_dump(), headers=_NO_STORE)

    return router.routes


def _read_form(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=16)) if len(body) < 8192 else {}


def _read_credentials(request: Request, form: dict[str, str]) -> tuple[str | None, str | None]:
    """Return id and secret of the Authorization header (section 2.3.1), else of the form."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return form.get("client_id"), form.get("client_secret")
    try:
        client_id, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (ValueError, binascii.Error):
        return None, None
    return unquote_plus(client_id), unquote_plus(secret)


def _refuse(error: AppError) -> Response:
    headers = dict(_NO_STORE)
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="meeting-system"'
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, round(error.retry_after_s)))
    content = {"error": error.code, "error_description": error.detail}
    return JSONResponse(content, error.status, headers=headers)
