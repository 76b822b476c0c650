"""Whatever a process takes for the time: leases are judged by Valkey's."""

from datetime import UTC, datetime, timedelta

import pytest

from meeting_system.adapters.redis_store import RedisStore
from meeting_system.kernel.clock import ManualClock
from meeting_system.signaling.shared_clock import SharedClock


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(days=-1)])
async def test_a_clock_that_is_wrong_is_set_by_the_stores(store: RedisStore, ahead: timedelta) -> None:
    clock = SharedClock(ManualClock(datetime.now(UTC) + ahead), store)
    await clock.look()
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


async def test_a_clock_that_is_right_is_left_alone(store: RedisStore) -> None:
    own = ManualClock(datetime.now(UTC))
    clock = SharedClock(own, store)
    await clock.look()
    first = clock.now()
    await clock.look()
    assert clock.now() == first
