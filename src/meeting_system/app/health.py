"""Whether this process can serve: each dependency is asked, in bounded time, and what fails is remembered."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from meeting_system.app.reasons import FAILED, STOPPING, TIMEOUT, Reason, explain
from meeting_system.kernel.clock import Clock, SystemClock
from meeting_system.kernel.ports import Check
from meeting_system.kit.log import logger
from meeting_system.kit.metrics import CHECKS
from meeting_system.kit.tasks import alongside

log = logger(__name__)

CHECK_S = 2.0
LOOK_EVERY_S = 5.0
"""So that a failure has its time even where nobody asks."""


@dataclass(frozen=True)
class Problem:
    """What is wrong with a dependency, since when we know."""

    reason: Reason
    since: datetime


@dataclass
class Health:
    """What makes the process ready. `draining` is set when it stops: no new work, please.

    `features` are told like `checks`, but the process serves without them. One that gave no answer in time is
    waited for by `watching` alone: many who ask /ready wait a second at most, and would take a process that
    serves for one that hangs.
    """

    checks: Mapping[str, Check] = field(default_factory=dict)
    features: Mapping[str, Check] = field(default_factory=dict)
    draining: bool = False
    clock: Clock = field(default_factory=SystemClock)
    check_s: float = CHECK_S
    _asking: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _problems: dict[str, Problem] = field(default_factory=dict)
    _is_watched: bool = False

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Look again and again while the block runs; questions that hang end with it."""
        self._is_watched = True
        try:
            async with alongside(self._watch()):
                yield
        finally:
            self._is_watched = False
            for task in self._asking.values():
                task.cancel()

    async def _watch(self) -> None:
        while True:
            await self._look({**self.checks, **self.features})
            await asyncio.sleep(LOOK_EVERY_S)

    async def find_problems(self) -> dict[str, Problem]:
        """Ask every dependency at the same time; return what is wrong by name, after CHECK_S at most.

        Each is asked once at a time, however many want to know: a question without an answer is not asked
        again until it ends, and nobody waits for that, even where it ignores its cancellation.
        """
        silent = {name: self._problems[name] for name in self.features if self._is_silent(name)}
        asked = {name: check for name, check in self.features.items() if name not in silent}
        return silent | await self._look({**self.checks, **asked})

    def _is_silent(self, name: str) -> bool:
        known = self._problems.get(name)
        return self._is_watched and known is not None and known.reason is TIMEOUT

    async def _look(self, checks: Mapping[str, Check]) -> dict[str, Problem]:
        waiting = {name: self._ask(name, check) for name, check in checks.items()}
        if waiting:
            await asyncio.wait(waiting.values(), timeout=self.check_s)
        found = {name: self._judge(name, task) for name, task in waiting.items()}
        if self.draining:
            found["process"] = self._note("process", STOPPING)
        return {name: problem for name, problem in found.items() if problem is not None}

    def _ask(self, name: str, check: Check) -> asyncio.Task[None]:
        task = self._asking.get(name)
        if task is None or task.done():
            # Not in a group: it would wait for a check that ignores its cancellation. `watching` ends it.
            task = asyncio.get_running_loop().create_task(_call(check), name=f"check {name}")
            self._asking[name] = task
        return task

    def _judge(self, name: str, task: asyncio.Task[None]) -> Problem | None:
        if not task.done():
            task.cancel()
            return self._note(name, TIMEOUT)
        if task.cancelled():
            return self._note(name, TIMEOUT)
        error = task.exception()
        if error is None:
            return self._note(name, None)
        reason = explain(error)
        if reason is FAILED and self._is_news(name, reason):
            # What exactly is in the log: the answer is for everybody.
            log.error("check_failed", check=name, exc_info=error)
        return self._note(name, reason)

    def _note(self, name: str, reason: Reason | None) -> Problem | None:
        """Remember the state of a dependency; a change is told in a line of the log."""
        CHECKS.labels(name).set(reason is None)
        if reason is None:
            if self._problems.pop(name, None) is not None:
                log.info("dependency_back", check=name)
            return None
        if self._is_news(name, reason):
            log.warning("dependency_away", check=name, reason=reason.code)
        before = self._problems.get(name)
        problem = Problem(reason, before.since if before is not None else self.clock.now())
        self._problems[name] = problem
        return problem

    def _is_news(self, name: str, reason: Reason) -> bool:
        before = self._problems.get(name)
        return before is None or before.reason is not reason


async def _call(check: Check) -> None:
    await check()
