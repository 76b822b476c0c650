"""Jobs that run again and again while the process lives."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from meeting_system.kernel.errors import Unavailable
from meeting_system.kit.log import logger
from meeting_system.kit.trace import new_trace, span, traced

log = logger(__name__)


async def every(seconds: float, job: Callable[[], Awaitable[object]], *, name: str) -> None:
    """Run `job` about every `seconds` until cancelled. A failure is logged, and the next turn tries again; a
    dependency that is away is no fault of the job and tells it in one line."""
    while True:
        # Jitter, so that the processes of a cluster don't all come at once.
        await asyncio.sleep(seconds * random.uniform(0.8, 1.2))  # noqa: S311 - no secret
        with traced(new_trace()):
            await _run_once(job, name)


async def _run_once(job: Callable[[], Awaitable[object]], name: str) -> None:
    try:
        with span(f"job {name}"):
            await job()
    except Unavailable as error:
        log.info("job_waits", job=name, detail=error.detail)
    except Exception:
        log.exception("job_failed", job=name)
