"""The HTTP application of a process: routes of its services behind one edge."""

import re
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import FastAPI, Header
from pydantic import AfterValidator
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp

from meeting_system import __version__
from meeting_system.kernel.text import check_token
from meeting_system.kit.auth import Authenticator
from meeting_system.kit.directory import Directory
from meeting_system.kit.edge import BODY_LIMIT, Edge
from meeting_system.kit.idempotency import Idempotency
from meeting_system.kit.plug import Ports
from meeting_system.kit.problem import translate_errors

STREAMS = "streams_body"
Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", max_length=64),
    AfterValidator(lambda key: key and check_token(key)),
]
"""With the same key a repeated POST takes effect once."""


def create_app(
    *,
    routes: Sequence[BaseRoute],
    ports: Ports,
    otherwise: ASGIApp | None = None,
    body_limit: int = BODY_LIMIT,
) -> FastAPI:
    """Return the application with `routes`; `otherwise` answers what none of them matches."""
    # The document is of all services, whichever run here: `app/openapi.py`.
    app = FastAPI(title="meeting-system", version=__version__, openapi_url=None)
    authenticator = Authenticator(ports.tokens, ports.store, ports.bus)
    app.state.authenticator = authenticator
    app.router.routes.append(Directory(routes))
    if otherwise is not None:
        app.router.default = otherwise
    translate_errors(app)
    paths: dict[object, str] = {route.endpoint: route.path for route in routes if isinstance(route, Route)}
    sockets = {route.path: route.endpoint for route in routes if isinstance(route, WebSocketRoute)}
    app.add_middleware(Idempotency, database=ports.database, clock=ports.clock, authenticator=authenticator)
    app.add_middleware(
        Edge, body_limit=body_limit, paths=paths, sockets=sockets, streaming=_streaming(routes)
    )
    return app


EndpointT = TypeVar("EndpointT", bound=Callable[..., object])


def streams_body(endpoint: EndpointT) -> EndpointT:
    """Mark an endpoint that reads its body piece by piece, within a limit of its own, not all at once."""
    endpoint.__dict__[STREAMS] = True
    return endpoint


def _streaming(routes: Sequence[BaseRoute]) -> list[re.Pattern[str]]:
    return [
        route.path_regex
        for route in routes
        if isinstance(route, Route) and STREAMS in getattr(route.endpoint, "__dict__", {})
    ]


def client_address(connection: HTTPConnection) -> str:
    """Return the address of who asks; behind a trusted proxy the server has put the forwarded one there."""
    return connection.client.host if connection.client else "unknown"
