"""From plugs to one ASGI application."""

from collections.abc import Sequence
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from meeting_system.app.config import config_routes
from meeting_system.app.health import Health
from meeting_system.app.health_routes import health_routes
from meeting_system.app.metrics_guard import metrics_guard
from meeting_system.app.openapi import openapi_routes
from meeting_system.app.settings import Settings
from meeting_system.app.web import WebClient
from meeting_system.kit.http import create_app
from meeting_system.kit.plug import Plug, Ports


def build_app(
    plugs: Sequence[Plug],
    ports: Ports,
    settings: Settings,
    health: Health,
    *,
    authority: Path | None = None,
) -> FastAPI:
    """Return the application of a process: the plugs' routes, health, configuration, web client."""
    routes = [route for plug in plugs for route in plug.routes]
    routes += [*health_routes(health, metrics_guard(settings)), *config_routes(settings), *openapi_routes()]
    if authority is not None:
        routes += authority_routes(authority)
    return create_app(
        routes=routes,
        ports=ports,
        otherwise=WebClient(settings.http.web),
        body_limit=settings.http.body_limit,
    )


def authority_routes(authority: Path) -> list[BaseRoute]:
    """Return the route to download the certificate to trust, once on each device."""

    async def show_authority(_request: Request) -> Response:
        # This type makes phones offer to install it.
        return FileResponse(
            authority, media_type="application/x-x509-ca-cert", filename="meeting-system-ca.crt"
        )

    return [Route("/ca.crt", show_authority)]
