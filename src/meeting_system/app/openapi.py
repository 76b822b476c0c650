"""`/openapi.json`: the one document of the API, of all services whichever of them run here.

Built from the code of every service when it is first asked for; `scripts/openapi.py` writes the same into
docs/protocol/openapi.json.
"""

import asyncio
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

import orjson
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from meeting_system import __version__
from meeting_system.adapters.bus import LocalBus
from meeting_system.app.config import config_routes
from meeting_system.app.settings import Settings
from meeting_system.contracts.webhook import HOOK_DATA
from meeting_system.kit.examples import add_examples
from meeting_system.kit.openapi import Json, build_document
from meeting_system.kit.plug import Plug, Ports

DESCRIPTION = """Meetings on your own server. Sign in with `POST /api/v1/auth/login` and send
`Authorization: Bearer …`.

Ids are UUIDv7, times RFC 3339 in UTC. Errors are problem details (RFC 9457) with a `code`. Lists are pages:
`{items, next_cursor}`, asked on with `?cursor=`. Every POST takes an `Idempotency-Key`. What is read has an
`ETag`: `If-None-Match` saves the body, `If-Match` on a change keeps you from overwriting somebody else's.
Limited requests carry `RateLimit` and `RateLimit-Policy`. How it is meant: docs/guide/api.md. The WebSocket
of a meeting, `/ws/signaling`, has a document of its own: docs/protocol/signaling.md."""

TAGS = {
    "auth": "Sign in and out.",
    "users": "The own account.",
    "rooms": "Permanent rooms and their defaults.",
    "meetings": "Meetings: make, schedule, join, look after, end; who was there.",
    "invitations": "Who is invited, and what they answer, with an account or without.",
    "calendar": "The calendar of an account, for other programs to subscribe to.",
    "lobby": "Who waits: let in, turn away, write to.",
    "moderation": "What hosts do to others, and what all may do.",
    "breakouts": "Breakout rooms: make, fill, open, close.",
    "chat": "What was written, to everyone and between two.",
    "files": "Files of the chat.",
    "polls": "Questions, votes and results.",
    "streams": "Encoders and players: WHIP and WHEP.",
    "webhooks": "Be told of what happens.",
    "test-connection": "Whether this network lets a meeting through.",
    "admin": "Accounts of others, programs, live meetings and the audit trail.",
    "config": "What a client needs to know before anybody signed in.",
    "operation": "Probes and figures for operators.",
}
CACHED_S = 300


@cache
def describe_api() -> Json:
    """Return the document of everything that this version can do."""
    plugs = all_plugs()
    routes = [*(route for plug in plugs for route in plug.routes), *config_routes(default_settings())]
    handlers = {request: handler for plug in plugs for request, handler in plug.handlers.items()}
    used = {tag for route in routes if isinstance(route, APIRoute) for tag in route.tags} | {"operation"}
    tags = [{"name": tag, "description": about} for tag, about in TAGS.items() if tag in used]
    tags += [{"name": str(tag)} for tag in sorted(used - TAGS.keys(), key=str)]
    document = build_document(
        routes, handlers, title="meeting-system", version=__version__, description=DESCRIPTION, tags=tags
    )
    document["paths"] |= OPERATION
    document["webhooks"] = describe_webhooks(document)
    add_examples(document)
    return document


def describe_webhooks(document: Json) -> Json:
    """Return the events that webhooks are told, and put what they carry beside the other schemas."""
    models: list[Any] = [(model, "serialization") for model in dict.fromkeys(HOOK_DATA.values())]
    _, found = models_json_schema(models, ref_template="#/components/schemas/{model}")
    document["components"]["schemas"] |= found["$defs"]
    return {kind: _event(kind, model.__name__) for kind, model in HOOK_DATA.items()}


def _event(kind: str, data: str) -> Json:
    moment = {"type": "string", "format": "date-time"}
    properties = {
        "type": {"const": kind},
        "timestamp": moment,
        "data": {"$ref": f"#/components/schemas/{data}"},
    }
    schema = {"type": "object", "required": list(properties), "properties": properties}
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    return {
        "post": {
            "operationId": kind,
            "summary": kind,
            "tags": ["webhooks"],
            "parameters": [
                {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
                for name in names
            ],
            "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
            "responses": {
                "2XX": {"description": "taken"},
                "410": {"description": "not wanted any more: the webhook is switched off"},
                "default": {"description": "it is sent again later, for a day"},
            },
        }
    }


def all_plugs() -> list[Plug]:
    """Return every service, made with ports that nobody uses."""
    from meeting_system.media import wiring as media
    from meeting_system.meeting import wiring as meeting
    from meeting_system.user import wiring as user
    from meeting_system.webhook import wiring as webhook

    settings = default_settings()
    nothing = cast("Any", SimpleNamespace())
    ports = Ports(
        database=nothing,
        store=nothing,
        bus=LocalBus(),
        clock=nothing,
        tokens=nothing,
        limiter=nothing,
        registry=nothing,
        documents=nothing,
        mail=nothing,
        objects=nothing,
        origin="",
    )
    return [
        user.create(ports, settings.user),
        meeting.create(ports, settings.meeting, settings.media.turn),
        media.create(ports, settings.media, nothing),
        webhook.create(ports, settings.webhook, nothing),
    ]


def default_settings() -> Settings:
    """Return the settings of an installation where nothing was set, whatever this one's environment says."""
    return Settings.model_construct()


def openapi_routes() -> list[BaseRoute]:
    """Return the route of the document."""

    async def show_openapi(_request: Request) -> Response:
        document = await asyncio.to_thread(describe_api)
        headers = {"Cache-Control": f"public, max-age={CACHED_S}", "Access-Control-Allow-Origin": "*"}
        return Response(orjson.dumps(document), media_type="application/json", headers=headers)

    return [Route("/openapi.json", show_openapi)]


def _shown(operation_id: str, summary: str, responses: Json) -> Json:
    about = {"operationId": operation_id, "summary": summary, "tags": ["operation"]}
    return {"get": about | {"responses": responses}}


_STATUS: Json = {
    "type": "object",
    "required": ["status"],
    "properties": {"status": {"type": "string"}, "version": {"type": "string"}},
}
_READY: Json = {
    "type": "object",
    "required": ["status", "checks"],
    "properties": {
        "status": {"type": "string", "enum": ["ready", "not_ready"]},
        "checks": {"type": "object", "additionalProperties": {"type": "object"}},
    },
}
_PROBLEM: Json = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}

OPERATION: Json = {
    "/health": _shown(
        "show_health",
        "The process is alive",
        {"200": {"description": "alive", "content": {"application/json": {"schema": _STATUS}}}},
    ),
    "/ready": _shown(
        "show_ready",
        "It can serve, else what fails and why",
        {
            "200": {"description": "ready", "content": {"application/json": {"schema": _READY}}},
            "503": {"description": "not ready", "content": {"application/json": {"schema": _READY}}},
        },
    ),
    "/metrics": _shown(
        "show_metrics",
        "Figures for Prometheus: this machine alone, or with MEETING_METRICS__TOKEN",
        {
            "200": {"description": "metrics", "content": {"text/plain": {"schema": {"type": "string"}}}},
            "401": {"description": "`metrics_token_wanted`", "content": _PROBLEM},
            "403": {"description": "`metrics_closed`", "content": _PROBLEM},
        },
    ),
    "/openapi.json": _shown(
        "show_openapi",
        "This document",
        {"200": {"description": "it", "content": {"application/json": {"schema": {"type": "object"}}}}},
    ),
}
