"""The outbox delivers what was committed, in order for each key, until it is answered."""

import asyncio
from typing import ClassVar

import pytest
from sqlalchemy import text

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.call import Message, Nothing, Request
from meeting_system.kernel.errors import Conflict, Unavailable
from meeting_system.kit.metrics import QUEUES, REGISTRY
from meeting_system.kit.outbox import OutboxRelay, collect
from meeting_system.kit.sql import Database


class Note(Request[Nothing]):
    """Something to be told."""

    topic: ClassVar[str] = "test.note"
    text: str


class Reader:
    """Answers notes; raises the next of `failures` instead, while there is one."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.failures: list[Exception] = []
        self.asked = asyncio.Event()

    async def answer(self, note: Note) -> Message:
        if self.failures:
            raise self.failures.pop(0)
        self.read.append(note.text)
        self.asked.set()
        return Nothing()


@pytest.fixture
def reader(bus: LocalBus) -> Reader:
    reader = Reader()
    bus.connect({Note: reader.answer}, {})
    return reader


async def write(database: Database, key: str, *texts: str) -> None:
    async with database.transaction() as connection:
        for content in texts:
            await collect(connection, Note(text=content), key=key)


async def count_rows(database: Database) -> int:
    async with database.reading() as connection:
        return int(await connection.scalar(text("SELECT count(*) FROM kit.outbox")) or 0)


async def hurry(database: Database) -> None:
    """Let the pause before the next attempt pass."""
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE kit.outbox SET next_at = now()"))


async def test_what_is_committed_is_delivered(
    database: Database, outbox: OutboxRelay, reader: Reader
) -> None:
    await write(database, "a", "hello")
    await outbox.deliver_all()
    assert reader.read == ["hello"]
    assert await count_rows(database) == 0


async def test_what_is_rolled_back_is_never_delivered(
    database: Database, outbox: OutboxRelay, reader: Reader
) -> None:
    async def change_and_fail() -> None:
        async with database.transaction() as connection:
            await collect(connection, Note(text="never"), key="a")
            raise Conflict

    with pytest.raises(Conflict):
        await change_and_fail()
    await outbox.deliver_all()
    assert reader.read == []


async def test_requests_of_one_key_are_delivered_in_order(
    database: Database, outbox: OutboxRelay, reader: Reader
) -> None:
    await write(database, "a", "1", "2")
    await write(database, "a", "3")
    await outbox.deliver_all()
    assert reader.read == ["1", "2", "3"]


async def test_an_unanswered_request_holds_back_its_key_only(
    database: Database, outbox: OutboxRelay, reader: Reader
) -> None:
    await write(database, "a", "1", "2")
    reader.failures = [Unavailable("away")]
    await outbox.deliver_some()
    async with database.transaction() as connection:  # or on a busy machine its time comes before the other
        await connection.execute(text("UPDATE kit.outbox SET next_at = now() + interval '1 hour'"))
    await write(database, "b", "other")
    await outbox.deliver_all()
    assert reader.read == ["other"]
    await hurry(database)
    await outbox.deliver_all()
    assert reader.read == ["other", "1", "2"]


async def test_an_unexpected_failure_is_tried_again(
    database: Database, outbox: OutboxRelay, reader: Reader
) -> None:
    await write(database, "a", "1")
    reader.failures = [RuntimeError("broken")]
    await outbox.deliver_all()
    await hurry(database)
    await outbox.deliver_all()
    assert reader.read == ["1"]


async def test_a_refusal_is_an_answer(database: Database, outbox: OutboxRelay, reader: Reader) -> None:
    await write(database, "a", "refused", "next")
    reader.failures = [Conflict("not now")]
    await outbox.deliver_all()
    assert reader.read == ["next"]
    assert await count_rows(database) == 0


async def test_a_commit_wakes_the_relay(database: Database, outbox: OutboxRelay, reader: Reader) -> None:
    async with outbox.running():
        await asyncio.sleep(0.05)
        started = asyncio.get_running_loop().time()
        await write(database, "a", "woken")
        await reader.asked.wait()
        assert asyncio.get_running_loop().time() - started < 0.5


class Ask(Request[Nothing]):
    """Something for a service that hears and never answers."""

    topic: ClassVar[str] = "silent.ask"


async def test_a_service_that_does_not_answer_holds_up_no_other(
    database: Database, outbox: OutboxRelay, reader: Reader, bus: LocalBus
) -> None:
    asked = asyncio.Event()

    async def hear(_ask: Ask) -> Message:
        asked.set()
        return await asyncio.Future[Message]()

    bus.connect({Ask: hear}, {})
    async with outbox.running(), asyncio.timeout(5):
        async with database.transaction() as connection:
            await collect(connection, Ask(), key="b")
        await asked.wait()
        await write(database, "a", "hello")
        await reader.asked.wait()
    assert reader.read == ["hello"]


async def test_two_relays_deliver_each_request_once_and_in_order(
    database: Database, bus: LocalBus, reader: Reader
) -> None:
    for number in range(20):
        await write(database, f"key-{number % 4}", str(number))
    relays = [OutboxRelay(database, bus) for _ in range(2)]
    while await count_rows(database):
        await asyncio.gather(*(relay.deliver_all() for relay in relays))
    assert sorted(map(int, reader.read)) == list(range(20))
    for key in range(4):
        mine = [int(each) for each in reader.read if int(each) % 4 == key]
        assert mine == sorted(mine)


async def test_a_crash_before_the_note_delivers_again(
    database: Database, outbox: OutboxRelay, bus: LocalBus, reader: Reader
) -> None:
    """Delivered, but the process dies before the row is deleted: the next process delivers it again."""
    await write(database, "a", "twice")

    class Dying(LocalBus):
        async def forward(self, topic: str, payload: bytes, *, timeout_s: float = 5.0) -> bytes:
            await bus.forward(topic, payload, timeout_s=timeout_s)
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await OutboxRelay(database, Dying()).deliver_some()
    await outbox.deliver_all()
    assert reader.read == ["twice", "twice"]


async def test_services_are_measured_from_the_start(database: Database, bus: LocalBus) -> None:
    """Else an alarm could not tell a service for which nothing waits from one that nobody knows of."""

    def measured(service: str) -> float | None:
        return REGISTRY.get_sample_value("meeting_outbox_oldest_seconds", {"service": service})

    assert measured("quiet") is None
    await OutboxRelay(database, bus, ["quiet"]).measure()
    assert measured("quiet") == 0


async def test_what_waits_and_what_was_given_up_is_measured(
    database: Database, outbox: OutboxRelay, reader: Reader
) -> None:
    def measured() -> list[float | None]:
        length = REGISTRY.get_sample_value("meeting_queue_length", {"queue": "outbox"})
        oldest_s = REGISTRY.get_sample_value("meeting_outbox_oldest_seconds", {"service": "test"})
        return [length, oldest_s, REGISTRY.get_sample_value("meeting_outbox_failed")]

    await write(database, "a", "1", "2")
    await write(database, "b", "3")
    async with database.transaction() as connection:
        await connection.execute(
            text("UPDATE kit.outbox SET created_at = now() - interval '90 s' WHERE key = 'a'")
        )
        await connection.execute(text("UPDATE kit.outbox SET failed_at = now() WHERE key = 'b'"))
    with QUEUES.watch("outbox", lambda: outbox.waiting):
        await outbox.measure()
        waiting, oldest_s, failed = measured()
        assert (waiting, failed) == (2, 1)
        assert oldest_s is not None
        assert 90 <= oldest_s < 200
        await outbox.deliver_all()
        await outbox.measure()
        assert measured() == [0, 0, 1]
    assert reader.read == ["1", "2"]
