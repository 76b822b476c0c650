"""The cache: quick, and never older than the last acknowledged write, whoever reads and writes in between."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from pydantic import BaseModel

from meeting_system.adapters.redis_store import RedisStore, open_store
from meeting_system.kernel.errors import NotFound, Unavailable
from meeting_system.kit.cache import Cache, Marks
from meeting_system.kit.metrics import REGISTRY
from meeting_system.kit.sql import Database, mark_change


class Thing(BaseModel):
    """What is cached."""

    value: int


class Process(Cache[Thing]):
    """The cache of one process, and how that process writes."""

    def __init__(self, store: RedisStore) -> None:
        super().__init__(store, "thing", Thing)
        self._marks = Marks(store)

    @asynccontextmanager
    async def changing(self, key: str) -> AsyncIterator[None]:
        """Mark, write, end the mark: as a transaction does."""
        end = await self._marks.mark("thing", key)
        try:
            yield
        finally:
            await end()


class RolledBack(Exception):
    """Why a transaction ends without its change."""


class Truth:
    """The database: one number, and how often it was asked for."""

    def __init__(self) -> None:
        self.value: int | None = 1
        self.asked = 0
        self.pause: asyncio.Event | None = None
        self.reading = asyncio.Event()

    async def load(self) -> Thing | None:
        self.asked += 1
        value = self.value
        self.reading.set()
        if self.pause is not None:
            await self.pause.wait()
        return None if value is None else Thing(value=value)


@pytest.fixture
def truth() -> Truth:
    return Truth()


@pytest.fixture
def cache(store: RedisStore) -> Process:
    return Process(store)


@pytest.fixture
def elsewhere(store: RedisStore) -> Process:
    """The same cache in another process."""
    return Process(store)


def reads(outcome: str) -> float:
    labels = {"cache": "thing", "outcome": outcome}
    return REGISTRY.get_sample_value("meeting_cache_reads_total", labels) or 0


async def test_what_was_read_is_not_read_again(cache: Process, elsewhere: Process, truth: Truth) -> None:
    hits = reads("hit")
    for each in (cache, cache, elsewhere):
        assert await each.get("a", truth.load) == Thing(value=1)
    assert truth.asked == 1
    assert reads("hit") == hits + 2


async def test_that_there_is_none_is_kept_too(cache: Process, truth: Truth) -> None:
    truth.value = None
    assert await cache.get("a", truth.load) is None
    assert await cache.get("a", truth.load) is None
    assert truth.asked == 1
    async with cache.changing("a"):
        truth.value = 2
    assert await cache.get("a", truth.load) == Thing(value=2)


async def test_a_hundred_readers_at_once_load_once(cache: Process, elsewhere: Process, truth: Truth) -> None:
    both = (cache, elsewhere)
    found = await asyncio.gather(*(both[at % 2].get("a", truth.load) for at in range(100)))
    assert found == [Thing(value=1)] * 100
    assert truth.asked == 1


async def test_a_write_is_seen_at_once_by_every_process(
    cache: Process, elsewhere: Process, truth: Truth
) -> None:
    await cache.get("a", truth.load)
    async with elsewhere.changing("a"):
        truth.value = 2
    assert await cache.get("a", truth.load) == Thing(value=2)
    assert await cache.get("a", truth.load) == Thing(value=2)
    assert truth.asked == 2


async def test_a_reader_that_read_before_the_write_does_not_fill_after_it(
    cache: Process, elsewhere: Process, truth: Truth
) -> None:
    truth.pause = asyncio.Event()
    slow = asyncio.create_task(cache.get("a", truth.load))
    await truth.reading.wait()
    async with elsewhere.changing("a"):
        truth.value = 2
    truth.pause.set()
    assert await slow == Thing(value=1)  # it asked before the write was acknowledged
    for each in (cache, elsewhere):
        assert await each.get("a", truth.load) == Thing(value=2)


async def test_who_asks_after_the_write_does_not_join_a_load_from_before_it(
    cache: Process, elsewhere: Process, truth: Truth
) -> None:
    truth.pause = asyncio.Event()
    slow = asyncio.create_task(cache.get("a", truth.load))
    await truth.reading.wait()
    async with elsewhere.changing("a"):
        truth.value = 2
    late = asyncio.create_task(cache.get("a", truth.load))
    truth.pause.set()
    assert await late == Thing(value=2)
    await slow


async def test_while_somebody_writes_everybody_reads_past_the_cache_and_fills_nothing(
    cache: Process, elsewhere: Process, truth: Truth
) -> None:
    async with elsewhere.changing("a"):
        assert await cache.get("a", truth.load) == Thing(value=1)
        async with cache.changing("a"):
            truth.value = 2
        assert await cache.get("a", truth.load) == Thing(value=2)  # the other one still writes
        truth.value = 3
    assert await cache.get("a", truth.load) == Thing(value=3)
    assert truth.asked == 3


async def test_a_writer_that_dies_leaves_nothing_stale(
    cache: Process, elsewhere: Process, truth: Truth, store: RedisStore
) -> None:
    await cache.get("a", truth.load)
    dying = elsewhere.changing("a")
    await dying.__aenter__()
    truth.value = 2  # committed; and then the process is gone
    for _ in range(3):
        assert await cache.get("a", truth.load) == Thing(value=2)
    assert 0 < await store.client.pttl("cache:thing:a") <= 60_000


async def test_a_write_that_fails_is_followed_by_the_old_value(cache: Process, truth: Truth) -> None:
    await cache.get("a", truth.load)
    with pytest.raises(ValueError, match="rolled back"):
        async with cache.changing("a"):
            raise ValueError("rolled back")
    assert await cache.get("a", truth.load) == Thing(value=1)
    assert await cache.get("a", truth.load) == Thing(value=1)
    assert truth.asked == 2


async def test_a_transaction_marks_what_it_changes_until_it_has_ended_either_way(
    cache: Process, truth: Truth, store: RedisStore, database: Database
) -> None:
    database.mark = Marks(store).mark
    assert await cache.get("a", truth.load) == Thing(value=1)
    async with database.transaction() as connection:
        await mark_change(connection, "thing", "a")
        truth.value = 2
        assert await cache.get("a", truth.load) == Thing(value=2)
    for _ in range(3):
        assert await cache.get("a", truth.load) == Thing(value=2)
    assert truth.asked == 3
    with suppress(RolledBack):
        async with database.transaction() as connection:
            await mark_change(connection, "thing", "a")
            raise RolledBack
    for _ in range(3):
        assert await cache.get("a", truth.load) == Thing(value=2)
    assert truth.asked == 4


async def test_what_can_not_be_marked_is_not_changed(nowhere: RedisStore, database: Database) -> None:
    database.mark = Marks(nowhere).mark
    async with database.transaction() as connection:
        with pytest.raises(Unavailable):
            await mark_change(connection, "thing", "a")


async def test_a_restarted_server_s_memory_is_not_believed(
    cache: Process, truth: Truth, store: RedisStore
) -> None:
    await cache.get("a", truth.load)
    # As after a crash that lost the writer's mark: the value is there, of a former life.
    await store.client.hset("cache:thing:a", "run", "0" * 40)
    truth.value = 2
    assert await cache.get("a", truth.load) == Thing(value=2)


async def test_a_process_of_another_version_reads_past_what_it_does_not_know(
    cache: Process, store: RedisStore, truth: Truth
) -> None:
    class Newer(BaseModel):
        value: int
        more: str

    async def load() -> Newer:
        return Newer(value=5, more="x")

    newer = Cache(store, "thing", Newer)
    assert await newer.get("a", load) == Newer(value=5, more="x")
    assert await cache.get("a", truth.load) == Thing(value=1)
    assert await newer.get("a", load) == Newer(value=5, more="x")


async def test_a_peek_finds_what_somebody_keeps_and_fetches_nothing(
    cache: Process, elsewhere: Process, truth: Truth
) -> None:
    assert await cache.peek("a") is None
    await elsewhere.get("a", truth.load)
    assert await cache.peek("a") == Thing(value=1)
    assert truth.asked == 1


async def test_a_peek_finds_nothing_from_the_beginning_of_a_write_on(
    cache: Process, elsewhere: Process, truth: Truth
) -> None:
    await cache.get("a", truth.load)
    async with elsewhere.changing("a"):
        assert await cache.peek("a") is None
        await cache.get("a", truth.load)
        assert await cache.peek("a") is None
    assert await cache.peek("a") is None


async def test_a_peek_does_not_believe_a_restarted_server_or_another_version(
    cache: Process, truth: Truth, store: RedisStore
) -> None:
    await cache.get("a", truth.load)
    run = await store.client.hget("cache:thing:a", "run")
    await store.client.hset("cache:thing:a", "run", "0" * 40)
    assert await cache.peek("a") is None
    await store.client.hset("cache:thing:a", mapping={"run": run, "value": b"00000000{}"})
    assert await cache.peek("a") is None


async def test_a_peek_finds_nothing_where_the_store_is_away(nowhere: RedisStore) -> None:
    assert await Process(nowhere).peek("a") is None


async def test_an_error_of_the_load_reaches_who_asked_and_is_not_kept(cache: Process, truth: Truth) -> None:
    async def fail() -> Thing | None:
        raise NotFound("gone")

    with pytest.raises(NotFound):
        await cache.get("a", fail)
    async with cache.changing("a"):
        pass
    assert await cache.get("a", truth.load) == Thing(value=1)


async def test_a_reader_that_gives_up_leaves_the_others_their_answer(cache: Process, truth: Truth) -> None:
    truth.pause = asyncio.Event()
    first = asyncio.create_task(cache.get("a", truth.load))
    await truth.reading.wait()
    others = [asyncio.create_task(cache.get("a", truth.load)) for _ in range(3)]
    first.cancel()
    truth.pause.set()
    assert await asyncio.gather(*others) == [Thing(value=1)] * 3
    assert truth.asked == 1


async def test_values_end_by_themselves_at_different_times(
    cache: Process, truth: Truth, store: RedisStore
) -> None:
    for number in range(20):
        await cache.get(str(number), truth.load)
    left = [await store.client.pttl(f"cache:thing:{number}") for number in range(20)]
    assert all(29_000 < each <= 60_000 for each in left)
    assert max(left) - min(left) > 5_000


@pytest.fixture
async def nowhere() -> AsyncIterator[RedisStore]:
    async with open_store("redis://127.0.0.1:9/0") as store:
        yield store


async def test_without_valkey_everything_is_read_and_nothing_is_changed(
    nowhere: RedisStore, truth: Truth
) -> None:
    cache = Process(nowhere)
    assert await cache.get("a", truth.load) == Thing(value=1)
    assert await cache.get("a", truth.load) == Thing(value=1)
    assert truth.asked == 2
    with pytest.raises(Unavailable):
        async with cache.changing("a"):
            truth.value = 2
    assert truth.value == 1


@pytest.mark.parametrize("seed", range(6))
async def test_in_any_interleaving_no_reader_sees_less_than_was_acknowledged_before_it_asked(
    store: RedisStore, seed: int
) -> None:
    draw = random.Random(seed)
    processes = [Process(store) for _ in range(3)]
    committed = acknowledged = 0

    async def load() -> Thing:
        found = Thing(value=committed)
        await asyncio.sleep(draw.choice([0, 0, 0.001, 0.004]))
        return found

    async def write(process: Process) -> None:
        nonlocal committed, acknowledged
        for _ in range(15):
            async with process.changing("a"):
                await asyncio.sleep(draw.choice([0, 0.001]))
                committed += 1
                mine = committed
                await asyncio.sleep(draw.choice([0, 0.001]))
            acknowledged = max(acknowledged, mine)
            await asyncio.sleep(draw.choice([0, 0.002, 0.01]))

    async def read(process: Process) -> int:
        stale = 0
        for _ in range(60):
            least = acknowledged
            found: Any = await process.get("a", load)
            stale += found.value < least
            await asyncio.sleep(draw.choice([0, 0, 0.001]))
        return stale

    async with asyncio.timeout(60):
        outcome = await asyncio.gather(
            *(write(process) for process in processes), *(read(process) for process in processes * 4)
        )
    assert sum(each for each in outcome if each) == 0
