"""Jobs that run again and again while the process lives."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from meeting_system.kit.log import logger

log = logger(__name__)


async def every(seconds: float, job: Callable[[], Awaitable[object]], *, name: str) -> None:
    """Run `job` about every `seconds` until cancelled. A failure is logged, and the next turn tries again."""
    while True:
        # Jitter, so that the processes of a cluster don't all come at once.
        await asyncio.sleep(seconds * random.uniform(0.8, 1.2))  # noqa: S311 - no secret
        try:
            await job()
        except Exception:
            log.exception("job_failed", job=name)
