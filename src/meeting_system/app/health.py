"""/health: the process is alive. /ready: it can serve, else which dependency fails and why. /metrics."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from meeting_system import __version__
from meeting_system.kernel.errors import AppError
from meeting_system.kernel.ports import Check
from meeting_system.kit.log import logger
from meeting_system.kit.metrics import expose

log = logger(__name__)

CHECK_S = 2.0


@dataclass
class Health:
    """What makes the process ready. `draining` is set when it stops: no new work, please."""

    checks: Mapping[str, Check] = field(default_factory=dict)
    draining: bool = False

    async def find_problems(self) -> dict[str, str]:
        """Ask every dependency at the same time; return what is wrong by name."""
        names = list(self.checks)
        answers = await asyncio.gather(*(_ask(name, self.checks[name]) for name in names))
        found = {name: answer for name, answer in zip(names, answers, strict=True) if answer}
        if self.draining:
            found["process"] = "is stopping"
        return found


async def _ask(name: str, check: Check) -> str | None:
    try:
        async with asyncio.timeout(CHECK_S):
            await check()
    except TimeoutError:
        return f"gave no answer within {CHECK_S:.0f} s"
    except AppError as error:
        return error.detail or error.code
    except Exception:
        # What exactly is in the log: the answer is for everybody.
        log.exception("check_failed", check=name)
        return "failed, see the log"
    return None


def health_routes(health: Health) -> list[BaseRoute]:
    """Return the routes for probes and Prometheus."""

    async def show_health(_request: Request) -> Response:
        return JSONResponse({"status": "alive", "version": __version__})

    async def show_ready(_request: Request) -> Response:
        problems = await health.find_problems()
        checks = {name: problems.get(name, "ok") for name in [*health.checks, *problems]}
        content = {"status": "not_ready" if problems else "ready", "checks": checks}
        return JSONResponse(content, 503 if problems else 200, {"Cache-Control": "no-store"})

    async def show_metrics(_request: Request) -> Response:
        return Response(expose(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return [
        Route("/health", show_health),
        Route("/ready", show_ready),
        Route("/metrics", show_metrics),
    ]
