"""Sending letters: each is kept until the mail server took it. Apart from the outbox, where a mail server
that hangs would hold up the events of meetings."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from meeting_system.contracts.mail import SendLetter
from meeting_system.kernel.errors import AppError, Unavailable
from meeting_system.kit.log import logger
from meeting_system.kit.plug import Ports
from meeting_system.kit.sql import after_commit
from meeting_system.kit.tasks import alongside
from meeting_system.user.metrics import LETTERS
from meeting_system.user.repository import letters
from meeting_system.user.repository.letters import DueLetter

log = logger(__name__)

LANES = 4
"""Letters under way at the same time in one process."""
SEND_S = 60.0
LEASE = timedelta(seconds=120)
"""Longer than sending takes: who died with a letter in hand may or may not have sent it, so it goes again,
with the same Message-ID."""
POLL_S = 5.0
FIRST_RETRY_S = 5.0
LONGEST_RETRY_S = 900.0
KEPT = timedelta(days=1)
REMEMBERED = timedelta(days=7)
"""A request that comes again within this is known."""


class Postman:
    """Sends what waits. Any number of processes may run one."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._wake = asyncio.Event()

    async def accept(self, request: SendLetter) -> None:
        """Keep a letter to be sent soon; one that is known is not sent again."""
        content = request.model_dump(mode="json")
        async with self._ports.database.transaction() as connection:
            now = self._ports.clock.now()
            if await letters.insert_letter(connection, request.letter_id, content, now=now):
                after_commit(connection, self._wake.set)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Send while the block runs."""
        async with alongside(self._run()):
            yield

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self.send_all()
            except Unavailable:
                pass  # the database is away: the next turn tries again
            except Exception:
                log.exception("letters_failed")
            try:
                async with asyncio.timeout(POLL_S):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def send_all(self) -> None:
        """Send until nothing is due."""
        async with asyncio.TaskGroup() as group:
            for _ in range(LANES):
                group.create_task(self._send_in_a_row())

    async def _send_in_a_row(self) -> None:
        while await self._send_one():
            pass

    async def _send_one(self) -> bool:
        now = self._ports.clock.now()
        async with self._ports.database.transaction() as connection:
            letter = await letters.take_letter(connection, now=now, until=now + LEASE)
        if letter is None:
            return False
        problem = await self._send(letter)
        async with self._ports.database.transaction() as connection:
            now = self._ports.clock.now()
            if problem is None:
                LETTERS.labels("sent").inc()
                await letters.close_letter(connection, letter.letter_id, now=now)
            elif isinstance(problem, Unavailable) and now - letter.created_at < KEPT:
                LETTERS.labels("delayed").inc()
                log.info("letter_waits", letter_id=letter.letter_id, detail=problem.detail)
                next_at = now + timedelta(seconds=retry_pause_s(letter.attempts))
                await letters.delay_letter(
                    connection, letter.letter_id, problem=problem.detail, next_at=next_at
                )
            else:
                LETTERS.labels("refused").inc()
                log.warning("letter_refused", letter_id=letter.letter_id, detail=problem.detail)
                await letters.close_letter(connection, letter.letter_id, now=now, problem=problem.detail)
        return True

    async def _send(self, letter: DueLetter) -> AppError | None:
        """Send one; return the problem."""
        try:
            request = SendLetter.model_validate(letter.content)
            async with asyncio.timeout(SEND_S):
                await self._ports.mail.send(request.letter())
        except AppError as error:
            return error
        except TimeoutError:
            return Unavailable(f"not sent within {SEND_S:.0f} s")
        except Exception:
            log.exception("letter_failed", letter_id=letter.letter_id)
            return Unavailable("an unexpected error, see the log")
        return None


def retry_pause_s(attempts: int) -> float:
    """Return how long a letter waits after its attempt number `attempts` (from 1): doubling, with jitter."""
    longest = min(FIRST_RETRY_S * float(1 << min(attempts - 1, 16)), LONGEST_RETRY_S)
    return longest * (0.5 + random.random() / 2)  # noqa: S311  # jitter, not a secret
