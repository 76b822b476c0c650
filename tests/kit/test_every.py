"""Jobs that come again: no failure ends them."""

import asyncio

from structlog.testing import capture_logs

from meeting_system.kernel.errors import Unavailable
from meeting_system.kit.every import every
from meeting_system.kit.tasks import alongside


async def test_a_job_comes_again_after_it_failed_and_says_how() -> None:
    failures = [Unavailable("the store is away"), ValueError("a fault")]
    done = asyncio.Event()

    async def job() -> None:
        if failures:
            raise failures.pop(0)
        done.set()

    with capture_logs() as logs:
        async with alongside(every(0.001, job, name="example")), asyncio.timeout(5):
            await done.wait()
    assert [(line["event"], line["log_level"]) for line in logs] == [
        ("job_waits", "info"),
        ("job_failed", "error"),
    ]
