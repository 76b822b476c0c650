"""Who may read /metrics: whoever has the token, or without one a program on this machine in development."""

import ipaddress
import secrets
from collections.abc import Callable

from starlette.requests import Request

from meeting_system.app.settings import Settings
from meeting_system.kernel.errors import Forbidden, Unauthenticated
from meeting_system.kit.edge import came_by_proxy

Guard = Callable[[Request], None]
"""Raises what keeps a request out."""

_FORWARDING = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


class MetricsTokenWanted(Unauthenticated):
    """The token is missing or another one."""

    code = "metrics_token_wanted"


class MetricsClosed(Forbidden):
    """No token is set, and this is not a program on the same machine."""

    code = "metrics_closed"


def metrics_guard(settings: Settings) -> Guard:
    """Return what lets a request for /metrics in."""
    token = settings.metrics.token
    if token is not None:
        return _require(f"Bearer {token.get_secret_value()}".encode())
    if settings.environment == "production":
        return _refuse
    return _require_neighbour


def _require(wanted: bytes) -> Guard:
    def check(request: Request) -> None:
        given = request.headers.get("authorization", "").encode("latin-1")
        if not secrets.compare_digest(given, wanted):
            raise MetricsTokenWanted("metrics want MEETING_METRICS__TOKEN as bearer token")

    return check


def _refuse(_request: Request) -> None:
    raise MetricsClosed("metrics are closed: set MEETING_METRICS__TOKEN, and give Prometheus the same")


def _require_neighbour(request: Request) -> None:
    # Behind a proxy on this machine everybody comes from it.
    is_forwarded = came_by_proxy(request.scope) or any(name in request.headers for name in _FORWARDING)
    if is_forwarded or not is_loopback(request.client.host if request.client else ""):
        raise MetricsClosed("without MEETING_METRICS__TOKEN only this machine may read metrics")


def is_loopback(host: str) -> bool:
    """Tell whether an address is this machine's own."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
