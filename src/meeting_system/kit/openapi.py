"""OpenAPI 3.1 from the routes: what FastAPI sees of them, and what their code says about errors and tokens.

Nothing has to be written beside a route. Its function's name is the operation's id, its errors are found by
`kit/raised.py`, its examples come from `kit/examples.py`. What a route says itself (`responses`,
`openapi_extra`) stays.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from meeting_system.kernel.errors import AppError, Invalid
from meeting_system.kit import auth, exchange
from meeting_system.kit.edge import BodyTooLarge
from meeting_system.kit.examples import add_examples
from meeting_system.kit.exchange import PreconditionFailed
from meeting_system.kit.idempotency import KeyInProgress, KeyReused
from meeting_system.kit.json import JsonInvalid
from meeting_system.kit.problem import JSON, MEDIA_TYPE, MediaTypeUnsupported
from meeting_system.kit.raised import Reach, find_reach

Json = dict[str, Any]

PROBLEM: Json = {
    "title": "Problem",
    "description": "What went wrong (RFC 9457). `code` is for programs and stays; `detail` is for people.",
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "trace_id"],
    "properties": {
        "type": {"type": "string", "const": "about:blank"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "trace_id": {"type": "string", "description": "names the request in the server's log"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into what was sent"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
SECURITY: Json = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "the access token of an account, or the `guest_token` of who joined without one",
    },
    "stream": {"type": "http", "scheme": "bearer", "description": "the token of a stream (WHIP, WHEP)"},
    "refresh": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-refresh",
        "description": "a browser's refresh token; programs send theirs in the body",
    },
}
SIGNED_IN: tuple[set[Any], list[Json]] = ({auth.require_account, auth.require_principal}, [{"token": []}])
PERHAPS_SIGNED_IN: tuple[set[Any], list[Json]] = ({auth.find_principal}, [{}, {"token": []}])

IDEMPOTENCY_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "sent again with the same key within 24 hours, the request does nothing again and gets "
    "the answer of the first time",
    "schema": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[!-~]+$"},
    "example": "0198f2a6-6a7e-7c1b-9d51-0f3a6c1e5b7d",
}
IF_NONE_MATCH: Json = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "the ETag of what the client has: 304 when it is still that",
    "schema": {"type": "string", "pattern": "^[!-~ ]*$"},
}
IF_MATCH: Json = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "the ETag of what was read: 412 when somebody changed it meanwhile",
    "schema": {"type": "string", "pattern": "^[!-~ ]*$"},
}
LIMIT_HEADERS: Json = {
    "Retry-After": {"schema": {"type": "integer"}, "description": "seconds until it may be tried again"},
    "RateLimit": {
        "schema": {"type": "string"},
        "description": '`"login";r=0;t=42`: none left, more in 42 s',
    },
    "RateLimit-Policy": {"schema": {"type": "string"}, "description": '`"login";q=300;w=60`: 300 in 60 s'},
}


def build_document(
    routes: Sequence[BaseRoute], handlers: Mapping[Any, Callable[..., Any]], **about: Any
) -> Json:
    """Return the OpenAPI document of `routes`, of services that answer requests of the bus by `handlers`.

    `about`: title, version, description, tags.
    """
    document = get_openapi(routes=list(routes), **about)
    for route in routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in route.methods or ():
                operation = document["paths"][route.path_format][method.lower()]
                _complete(operation, route, method, find_reach(route.endpoint, handlers))
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    schemas["Problem"] = PROBLEM
    document["components"]["securitySchemes"] = SECURITY
    add_examples(document)
    return document


def _complete(operation: Json, route: APIRoute, method: str, reach: Reach) -> None:
    operation["operationId"] = route.name
    operation["summary"] = route.name.replace("_", " ").capitalize()
    if method == "OPTIONS":
        _add_errors(operation, [Invalid] if operation.get("parameters") else [])
        return
    _add_headers(operation, method, reach)
    security = _find_security(reach)
    if security:
        operation.setdefault("security", security)
    _add_errors(operation, [*reach.errors, *_errors_of_the_edge(operation, method, reach)])


def _find_security(reach: Reach) -> list[Json]:
    for functions, security in (SIGNED_IN, PERHAPS_SIGNED_IN):
        if functions & reach.functions:
            return list(security)
    return []


def _add_headers(operation: Json, method: str, reach: Reach) -> None:
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    wanted = []
    if _takes_key(operation, method):
        operation["parameters"] = [
            p for p in operation.get("parameters", ()) if p["name"] != "Idempotency-Key"
        ]
        wanted.append(IDEMPOTENCY_KEY)
    if _shows_json(operation) and method == "GET":
        wanted.append(IF_NONE_MATCH)
        operation["responses"]["304"] = {"description": "it is what the client has already"}
    if _is_conditional(method, reach):
        wanted.append(IF_MATCH)
    added = [
        dict(parameter)
        for parameter in wanted
        if parameter["name"] not in names or parameter is IDEMPOTENCY_KEY
    ]
    if added:
        operation["parameters"] = [*operation.get("parameters", ()), *added]


def _takes_key(operation: Json, method: str) -> bool:
    content = operation.get("requestBody", {}).get("content", {JSON: {}})
    return method == "POST" and JSON in content


def _shows_json(operation: Json) -> bool:
    return JSON in operation["responses"].get("200", {}).get("content", {})


def _is_conditional(method: str, reach: Reach) -> bool:
    return method in {"PATCH", "PUT", "DELETE"} and exchange.check_version in reach.functions


def _errors_of_the_edge(operation: Json, method: str, reach: Reach) -> Iterable[type[AppError]]:
    """Yield what is refused before the route is asked."""
    if operation.get("parameters") or "requestBody" in operation:
        yield Invalid
    if JSON in operation.get("requestBody", {}).get("content", {}):
        yield from (JsonInvalid, BodyTooLarge, MediaTypeUnsupported)
    if _takes_key(operation, method):
        yield from (KeyReused, KeyInProgress)
    if _is_conditional(method, reach):
        yield PreconditionFailed


def _add_errors(operation: Json, errors: Iterable[type[AppError]]) -> None:
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    by_status: dict[int, dict[str, str]] = {}
    # In a fixed order: two classes may have one code.
    for error in sorted(errors, key=lambda each: (each.__module__, each.__qualname__)):
        about = (error.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")
        by_status.setdefault(error.status, {})[error.code] = " ".join(about.split())
    for status in sorted(by_status):
        codes = dict(sorted(by_status[status].items()))
        known = responses.get(str(status), {})
        described = _describe(status, codes, known)
        # What a route says of itself stands beside: OAuth's errors have a form of their own.
        described["content"] |= responses.get(str(status), {}).get("content", {})
        responses[str(status)] = described


def _describe(status: int, codes: dict[str, str], known: Json) -> Json:
    lines = [f"- `{code}`: {about}" for code, about in codes.items()]
    if "description" in known:
        lines.insert(0, known["description"] + "\n")
    schema = {
        "allOf": [
            {"$ref": "#/components/schemas/Problem"},
            {"properties": {"status": {"const": status}, "code": {"enum": list(codes)}}},
        ]
    }
    code = next(iter(codes))
    example = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": codes[code] or code,
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    }
    described: Json = {
        "description": "\n".join(lines),
        "content": {MEDIA_TYPE: {"schema": schema, "example": example}},
    }
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        described["headers"] = LIMIT_HEADERS
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        described["headers"] = {"Retry-After": LIMIT_HEADERS["Retry-After"]}
    return described


def operations(document: Json) -> Iterable[tuple[str, str, Json]]:
    """Yield (path, method, operation) of a document."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield path, method, operation
