"""Jobs that run again and again while the process lives."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from meeting_system.kit.log import logger

log = logger(__name__)


@asynccontextmanager
async def running_every(
    seconds: float, job: Callable[[], Awaitable[object]], *, name: str
) -> AsyncIterator[None]:
    """Run `job` about every `seconds` until the block ends. A failure is logged and tried again."""

    async def repeat() -> None:
        while True:
            # Jitter, so that the processes of a cluster don't all come at once.
            await asyncio.sleep(seconds * random.uniform(0.8, 1.2))  # noqa: S311 - no secret
            try:
                await job()
            except Exception:
                # A job outlives whatever is wrong for a moment.
                log.exception("job_failed", job=name)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(repeat(), name=name)
        try:
            yield
        finally:
            task.cancel()
