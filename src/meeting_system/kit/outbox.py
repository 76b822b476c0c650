"""Outbox: requests that leave after the commit, in order for each key, until they are answered.

Written in the same transaction as the change they tell of, so that neither can be without the other.
Delivered at least once: a crash between the answer and its note delivers again, so handlers are idempotent.
Each service has a lane of its own: one that does not answer holds up nothing of what others are told.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.call import Request
from meeting_system.kernel.errors import AppError, Unavailable
from meeting_system.kit.bus import Courier
from meeting_system.kit.every import every
from meeting_system.kit.log import logger
from meeting_system.kit.metrics import OUTBOX_DELIVERIES, OUTBOX_FAILED, OUTBOX_OLDEST_SECONDS, QUEUES
from meeting_system.kit.sql import Database, after_commit
from meeting_system.kit.tasks import alongside
from meeting_system.kit.trace import current_traceparent, span, traced

log = logger(__name__)

BATCH = 64
MEASURE_S = 5.0
COUNTED = 10_000
"""A longer outbox is told as this long: to count it all would take time when there is least."""
POLL_S = 1.0
FIRST_RETRY_S = 0.1
LONGEST_RETRY_S = 30.0
MOST_ATTEMPTS = 3000
"""About a day of attempts; then the request is put aside with its problem."""

# The lock, held to the commit, gives requests of one key their numbers in the order of their commits.
# The column is called trace_id, and holds a whole traceparent.
_INSERT = text(
    """
    INSERT INTO kit.outbox (key, topic, payload, trace_id)
    SELECT :key, :topic, :payload, :trace_id
    FROM (SELECT pg_advisory_xact_lock(hashtextextended(:key, 7)) AS done OFFSET 0) AS locked
    """
)
# Only the oldest of each key, and none that another process has in hand. No service: of all.
_TAKE = text(
    f"""
    SELECT id, topic, payload, trace_id, attempts FROM kit.outbox AS oldest
    WHERE failed_at IS NULL AND next_at <= clock_timestamp()
      AND (CAST(:service AS text) IS NULL OR split_part(topic, '.', 1) = :service) AND NOT EXISTS (
      SELECT 1 FROM kit.outbox AS older
      WHERE older.key = oldest.key AND older.id < oldest.id AND older.failed_at IS NULL
    )
    ORDER BY id LIMIT {BATCH} FOR UPDATE SKIP LOCKED
    """  # noqa: S608  # a constant of ours
)
_DUE = text(
    """
    SELECT DISTINCT split_part(topic, '.', 1) FROM kit.outbox
    WHERE failed_at IS NULL AND next_at <= clock_timestamp()
    """
)
_DELETE = text("DELETE FROM kit.outbox WHERE id IN :ids").bindparams(bindparam("ids", expanding=True))
_DELAY = text(
    """
    UPDATE kit.outbox SET attempts = attempts + 1, problem = :problem,
      next_at = clock_timestamp() + make_interval(secs => :pause_s),
      failed_at = CASE WHEN :given_up THEN clock_timestamp() END
    WHERE id = :id
    """
)
_LAGS = text(
    f"""
    SELECT service, count(*) FILTER (WHERE failed_at IS NULL) AS waiting,
           extract(epoch FROM clock_timestamp() - min(created_at) FILTER (WHERE failed_at IS NULL))
             AS oldest_s,
           count(failed_at) AS failed
      FROM (
        (SELECT split_part(topic, '.', 1) AS service, created_at, failed_at FROM kit.outbox
          WHERE failed_at IS NULL ORDER BY id LIMIT {COUNTED})
        UNION ALL
        SELECT split_part(topic, '.', 1), created_at, failed_at FROM kit.outbox WHERE failed_at IS NOT NULL
      ) AS requests
     GROUP BY service ORDER BY service
    """  # noqa: S608  # a constant of ours
)

_relays: set["OutboxRelay"] = set()


async def collect(connection: AsyncConnection, request: Request[Any], *, key: str) -> None:
    """Add `request` to the transaction. Requests of one `key` are delivered one after the other, in order."""
    row = {
        "key": key,
        "topic": request.topic,
        "payload": request.model_dump_json(),
        "trace_id": current_traceparent(),
    }
    await connection.execute(_INSERT, row)
    after_commit(connection, partial(_wake_relays, _service_of(request.topic)))


def _wake_relays(service: str) -> None:
    for relay in _relays:
        relay.wake(service)


def _service_of(topic: str) -> str:
    return topic.partition(".")[0]


@dataclass(frozen=True)
class Lag:
    """What waits for a service, for how long at most, and what was given up."""

    service: str
    waiting: int
    oldest_s: float
    failed: int


async def read_lags(connection: AsyncConnection) -> list[Lag]:
    """Return the services for which something waits or was given up."""
    rows = await connection.execute(_LAGS)
    return [Lag(row.service, row.waiting, max(0.0, float(row.oldest_s or 0)), row.failed) for row in rows]


@dataclass(frozen=True)
class _Row:
    id: int
    topic: str
    payload: str
    traceparent: str
    attempts: int


class OutboxRelay:
    """Delivers what is in the outbox. Any number of processes may run one: a key is in one's hands at a time.

    Woken by the commits of this process; what another process left behind is found by looking every second.
    `services` are measured from the start, so that 0 is told from unknown; others once something waited.
    """

    def __init__(self, database: Database, courier: Courier, services: Iterable[str] = ()) -> None:
        self._database = database
        self._courier = courier
        self._lanes: dict[str, asyncio.Event] = {}
        """By service: set when there is something for it."""
        self._look = asyncio.Event()
        self._measured = set(services)
        self.waiting = 0
        """Requests in the outbox when it was last measured."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Deliver while the block runs."""
        _relays.add(self)
        try:
            with QUEUES.watch("outbox", lambda: self.waiting):
                async with alongside(self._run(), every(MEASURE_S, self.measure, name="outbox_measure")):
                    yield
        finally:
            _relays.discard(self)
            self._lanes.clear()

    def wake(self, service: str) -> None:
        """Say that there is something for a service."""
        self._lanes.get(service, self._look).set()

    async def _run(self) -> None:
        """Look every second, or when told, whom there is something for; each has a task of its own."""
        async with asyncio.TaskGroup() as lanes:
            while True:
                self._look.clear()
                for service in await self._find_services():
                    if service not in self._lanes:
                        self._lanes[service] = asyncio.Event()
                        lanes.create_task(self._serve(service, self._lanes[service]))
                    self._lanes[service].set()
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S):
                        await self._look.wait()

    async def _find_services(self) -> list[str]:
        try:
            async with self._database.reading() as connection:
                return list((await connection.execute(_DUE)).scalars())
        except Unavailable:
            return []
        except Exception:
            log.exception("outbox_failed")
            return []

    async def _serve(self, service: str, due: asyncio.Event) -> None:
        while True:
            await due.wait()
            due.clear()
            try:
                while await self.deliver_some(service):
                    pass
            except Unavailable:
                await asyncio.sleep(POLL_S)
            except Exception:
                log.exception("outbox_failed", service=service)
                await asyncio.sleep(POLL_S)

    async def measure(self) -> None:
        """Count what waits and what was given up, for metrics."""
        async with self._database.reading() as connection:
            lags = await read_lags(connection)
        self.waiting = sum(lag.waiting for lag in lags)
        oldest_s = {lag.service: lag.oldest_s for lag in lags}
        self._measured |= oldest_s.keys()
        for service in self._measured:
            OUTBOX_OLDEST_SECONDS.labels(service).set(oldest_s.get(service, 0))
        OUTBOX_FAILED.set(sum(lag.failed for lag in lags))

    async def deliver_all(self) -> None:
        """Deliver until nothing is due."""
        while await self.deliver_some():
            pass

    async def deliver_some(self, service: str | None = None) -> int:
        """Deliver the oldest request of up to BATCH keys at the same time, of one service or of all.

        Return how many were due.
        """
        async with self._database.transaction() as connection:
            rows = [_Row(*row) for row in await connection.execute(_TAKE, {"service": service})]
            if not rows:
                return 0
            problems = await asyncio.gather(*(self._deliver(row) for row in rows))
            answered = [row.id for row, problem in zip(rows, problems, strict=True) if problem is None]
            if answered:
                await connection.execute(_DELETE, {"ids": answered})
            await self._delay(connection, rows, problems)
        return len(rows)

    async def _deliver(self, row: _Row) -> str | None:
        """Deliver one; return the problem when it must be tried again."""
        with traced(row.traceparent), span(f"outbox {row.topic}", "consumer"):
            try:
                await self._courier.forward(row.topic, row.payload.encode())
            except AppError as error:
                if error.retryable or error.status >= 500:
                    OUTBOX_DELIVERIES.labels("delayed").inc()
                    return f"{error.code}: {error.detail}"
                # A refusal is an answer: the same request would be refused again.
                log.exception("outbox_request_refused", topic=row.topic, code=error.code)
                OUTBOX_DELIVERIES.labels("refused").inc()
                return None
            except Exception as error:
                log.exception("outbox_delivery_failed", topic=row.topic, attempts=row.attempts)
                OUTBOX_DELIVERIES.labels("failed").inc()
                return repr(error)
        OUTBOX_DELIVERIES.labels("answered").inc()
        return None

    async def _delay(
        self, connection: AsyncConnection, rows: Sequence[_Row], problems: Sequence[str | None]
    ) -> None:
        for row, problem in zip(rows, problems, strict=True):
            if problem is None:
                continue
            given_up = row.attempts + 1 >= MOST_ATTEMPTS
            if given_up:
                log.error("outbox_request_given_up", topic=row.topic, id=row.id, problem=problem)
            change = {
                "id": row.id,
                "problem": problem,
                "pause_s": retry_pause_s(row.attempts),
                "given_up": given_up,
            }
            await connection.execute(_DELAY, change)


def retry_pause_s(attempts: int) -> float:
    """Return how long to wait after the attempt number `attempts` (from 0): doubling, with jitter."""
    longest = min(FIRST_RETRY_S * float(1 << min(attempts, 16)), LONGEST_RETRY_S)
    return longest * (0.5 + random.random() / 2)  # noqa: S311  # jitter, not a secret
