"""Sends what is due: a few at a time, each until it has arrived, a day long at most."""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from meeting_system.kernel.errors import Unavailable
from meeting_system.kernel.ports import Posted, Refused
from meeting_system.kit.log import logger
from meeting_system.kit.trace import new_trace, span, traced
from meeting_system.webhook import repository, rules
from meeting_system.webhook.context import Context
from meeting_system.webhook.deliveries import moment
from meeting_system.webhook.forms import Form
from meeting_system.webhook.metrics import DELIVERIES
from meeting_system.webhook.repository import Due

log = logger(__name__)

POLL_S = 1.0
OF_EACH = 4
"""Deliveries of one webhook taken at a time."""
LEASE_MARGIN_S = 30
GONE = 410
LONGEST_PAUSE_S = 24 * 3600.0


@dataclass(frozen=True)
class Outcome:
    """How an attempt went, and what becomes of the delivery."""

    state: str
    attempt: dict[str, Any]
    next_at: datetime | None = None
    gone: bool = False


class Sender:
    """Takes due deliveries in hand and sends them. Any number of processes may run one."""

    def __init__(self, context: Context, forms: Mapping[str, Form]) -> None:
        self._context = context
        self._forms = forms
        self._busy = 0

    async def run(self) -> None:
        """Send, for ever: woken by what this process makes, and looking every second for the rest."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._context.wake.clear()
                for due in await self._take_or_wait():
                    self._busy += 1
                    group.create_task(self._send_and_forget(due))
                try:
                    async with asyncio.timeout(POLL_S):
                        await self._context.wake.wait()
                except TimeoutError:
                    continue

    async def send_due(self) -> int:
        """Send what is due now, at the same time; return how many."""
        taken = await self._take(self._context.settings.at_once)
        await asyncio.gather(*(self.send(due) for due in taken))
        return len(taken)

    async def send(self, due: Due) -> None:
        """Send one delivery and write down how it went."""
        with traced(new_trace()), span(f"webhook {due.type}", "client"):
            outcome = await self._attempt(due)
        DELIVERIES.labels(outcome.state).inc()
        now = self._context.ports.clock.now()
        async with self._context.ports.database.transaction() as connection:
            await repository.note_attempt(
                connection,
                due.delivery_id,
                state=outcome.state,
                attempt=orjson.dumps([outcome.attempt]).decode(),
                next_at=outcome.next_at,
                now=now,
            )
            if outcome.gone:
                changes: dict[str, object] = {"active": False, "disabled_why": "gone", "updated_at": now}
                await repository.update_webhook(connection, due.webhook_id, changes)

    async def _take_or_wait(self) -> list[Due]:
        free = self._context.settings.at_once - self._busy
        if free <= 0:
            return []
        try:
            return await self._take(free)
        except Unavailable:
            return []
        except Exception:
            log.exception("webhook_deliveries_not_taken")
            return []

    async def _take(self, most: int) -> list[Due]:
        now = self._context.ports.clock.now()
        lease = now + timedelta(seconds=self._context.settings.timeout_s + LEASE_MARGIN_S)
        async with self._context.ports.database.transaction() as connection:
            return await repository.take_due(connection, now=now, lease=lease, most=most, of_each=OF_EACH)

    async def _send_and_forget(self, due: Due) -> None:
        try:
            await self.send(due)
        except Exception:  # its lease ends, then it is sent again
            log.exception("webhook_delivery_failed", delivery_id=due.delivery_id)
        finally:
            self._busy -= 1
            self._context.wake.set()

    async def _attempt(self, due: Due) -> Outcome:
        now = self._context.ports.clock.now()
        attempt: dict[str, Any] = {"at": moment(now), "status": None, "error": None, "detail": None}
        attempt |= {"answer": None, "duration_ms": 0}
        try:
            written = self._forms[due.form](due, now)
            posted = await self._context.outward.post(
                written.url, written.headers, written.body, timeout_s=self._context.settings.timeout_s
            )
        except Refused as refused:
            return self._again(due, attempt | {"error": refused.code, "detail": refused.detail}, now, None)
        attempt |= {
            "status": posted.status,
            "answer": posted.excerpt or None,
            "duration_ms": round(posted.duration_s * 1000),
        }
        if 200 <= posted.status < 300:
            return Outcome("delivered", attempt)
        if posted.status == GONE:
            return Outcome("failed", attempt, gone=True)
        return self._again(due, attempt, now, posted)

    def _again(self, due: Due, attempt: dict[str, Any], now: datetime, posted: Posted | None) -> Outcome:
        next_at = rules.next_attempt(due.attempts, now, random.random())  # noqa: S311  # jitter, no secret
        if next_at is None:
            return Outcome("failed", attempt)
        wanted_s = 0.0 if posted is None else posted.retry_after_s or 0.0
        return Outcome(
            "pending", attempt, max(next_at, now + timedelta(seconds=min(wanted_s, LONGEST_PAUSE_S)))
        )
