"""/health: the process is alive. /ready: it can serve, else which dependency fails and why. /metrics."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from meeting_system import __version__
from meeting_system.app.health import Health, Problem
from meeting_system.app.language import Text
from meeting_system.app.metrics_guard import Guard
from meeting_system.app.reasons import NAMES
from meeting_system.kernel.errors import AppError
from meeting_system.kit.metrics import expose
from meeting_system.kit.problem import to_problem

NO_STORE = {"Cache-Control": "no-store"}


def health_routes(health: Health, guard: Guard) -> list[BaseRoute]:
    """Return the routes for probes and Prometheus; `guard` says who may read metrics."""

    async def show_health(_request: Request) -> Response:
        return JSONResponse({"status": "alive", "version": __version__}, headers=NO_STORE)

    async def show_ready(_request: Request) -> Response:
        problems = await health.find_problems()
        named = [*health.checks, *health.features, *problems]
        checks = {name: _describe(name, problems.get(name)) for name in named}
        is_ready = not problems.keys() - health.features.keys()
        content = {"status": "ready" if is_ready else "not_ready", "checks": checks}
        return JSONResponse(content, 200 if is_ready else 503, NO_STORE)

    async def show_metrics(request: Request) -> Response:
        try:
            guard(request)
        except AppError as error:
            return to_problem(error)
        return Response(expose(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return [
        Route("/health", show_health),
        Route("/ready", show_ready),
        Route("/metrics", show_metrics),
    ]


def _describe(name: str, problem: Problem | None) -> dict[str, Any]:
    """Return a dependency as /ready tells it."""
    if problem is None:
        return {"ok": True}
    subject = NAMES.get(name, Text(name, name))
    says = problem.reason.says
    gap = " " if subject.zh.isascii() else ""
    return {
        "ok": False,
        "code": problem.reason.code,
        "since": problem.since.isoformat(timespec="milliseconds"),
        "en": f"{subject.en} {says.en}",
        "zh-CN": f"{subject.zh}{gap}{says.zh}",
    }
