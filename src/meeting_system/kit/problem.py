"""Errors as HTTP shows them: RFC 9457 problem details, one translation for the whole application."""

import math
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from meeting_system.kernel.errors import AppError, FieldError, Invalid
from meeting_system.kit.directory import members_of
from meeting_system.kit.trace import current_trace_id

MEDIA_TYPE = "application/problem+json"
JSON = "application/json"
RETRY_AFTER_S = 1.0
"""For what is away and says nothing else; as Nginx says it in a cluster."""

_CODES = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large", 415: "media_type_unsupported"}


class MediaTypeUnsupported(Invalid):
    """The Content-Type is not the one of this request."""

    status = 415
    code = "media_type_unsupported"


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: Sequence[FieldError] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    """Return a problem response."""
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "trace_id": current_trace_id(),
    }
    if errors:
        content["errors"] = [{"pointer": error.pointer, "detail": error.detail} for error in errors]
    return Response(orjson.dumps(content), status, headers, media_type=MEDIA_TYPE)


def to_problem(error: AppError) -> Response:
    """Return an expected error as a problem."""
    headers: dict[str, str] = {}
    retry_after_s = RETRY_AFTER_S if error.retryable and error.retry_after_s is None else error.retry_after_s
    if retry_after_s is not None:
        headers["Retry-After"] = str(max(1, math.ceil(retry_after_s)))
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return problem(error.status, error.code, error.detail, errors=error.errors, headers=headers)


def internal_problem() -> Response:
    """Return what a client learns of an unexpected error: the id to ask for."""
    return problem(
        500, "internal", "something unexpected went wrong on the server; the trace id names it in its log"
    )


def translate_errors(app: FastAPI) -> None:
    """Have the application answer errors as problems."""
    app.add_exception_handler(AppError, _on_app_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)


async def _on_app_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, AppError)
    return to_problem(error)


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if not _says_json(request) and any(problem["loc"][0] == "body" for problem in error.errors()):
        return to_problem(MediaTypeUnsupported(f"send the body as {JSON}, and say so in Content-Type"))
    errors = [FieldError(to_pointer(problem["loc"]), problem["msg"]) for problem in error.errors()]
    return to_problem(Invalid("what was sent is not valid, see errors", errors=errors))


def _says_json(request: Request) -> bool:
    """Tell whether the body is said to be JSON (any of its types), or there is none."""
    if request.headers.get("content-length", "0") == "0" and "transfer-encoding" not in request.headers:
        return True
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == JSON or (kind.startswith("application/") and kind.endswith("+json"))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(methods_of(request))
        if request.method == "OPTIONS":
            return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)
    code = _CODES.get(error.status_code, "http_error")
    return problem(error.status_code, code, str(error.detail), headers=headers)


def methods_of(request: Request) -> list[str]:
    """Return what may be done at the address of a request, by all routes of the path that says it best.

    `/rooms/mine` is a path of its own, though it matches `/rooms/{room_id}` too (OpenAPI 3.1, 4.8.8.2).
    """
    matching = [
        route
        for route in members_of(request.app.routes)
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE
    ]
    fewest = min((len(route.param_convertors) for route in matching), default=0)
    found = {"OPTIONS"}
    for route in matching:
        if len(route.param_convertors) == fewest:
            found |= route.methods or set()
    return sorted(found | ({"HEAD"} if "GET" in found else set()))


def to_pointer(location: Sequence[str | int]) -> str:
    """Return a JSON pointer into the body, or `/query/name`, `/path/name`, `/header/name`.

    Parts are escaped as RFC 6901, section 3, says.
    """
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in location]
    if parts and parts[0] == "body":
        parts = parts[1:]
    return "".join(f"/{part}" for part in parts)
