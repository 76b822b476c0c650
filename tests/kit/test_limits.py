"""Rate limits in Valkey."""

import asyncio

import pytest

from meeting_system.adapters.redis_store import RedisStore, open_store
from meeting_system.kernel.errors import TooMany, Unavailable
from meeting_system.kit.limits import StoreRateLimiter


async def test_so_many_attempts_are_allowed_and_no_more(store: RedisStore) -> None:
    limiter = StoreRateLimiter(store)
    for _ in range(3):
        await limiter.hit("login", "a", limit=3, window_s=10)
    with pytest.raises(TooMany) as caught:
        await limiter.hit("login", "a", limit=3, window_s=10)
    assert caught.value.retry_after_s is not None
    assert 9 < caught.value.retry_after_s <= 10


async def test_names_and_keys_are_counted_apart(store: RedisStore) -> None:
    limiter = StoreRateLimiter(store)
    for name, key in (("login", "a"), ("login", "b"), ("join", "a")):
        await limiter.hit(name, key, limit=1, window_s=10)


async def test_a_window_ends_whatever_is_refused_in_it(store: RedisStore) -> None:
    limiter = StoreRateLimiter(store)
    await limiter.hit("login", "a", limit=1, window_s=0.1)
    with pytest.raises(TooMany):
        await limiter.hit("login", "a", limit=1, window_s=0.1)
    await asyncio.sleep(0.12)
    await limiter.hit("login", "a", limit=1, window_s=0.1)


async def test_attempts_at_the_same_time_are_all_counted(store: RedisStore) -> None:
    limiter = StoreRateLimiter(store)
    attempts = (limiter.hit("login", "a", limit=10, window_s=10) for _ in range(50))
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    assert outcomes.count(None) == 10


async def test_without_valkey_nobody_gets_through() -> None:
    async with open_store("redis://127.0.0.1:1/0") as store:
        with pytest.raises(Unavailable):
            await StoreRateLimiter(store).hit("login", "a", limit=1, window_s=10)
