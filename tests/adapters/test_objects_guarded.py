"""What services learn of a store that is away: at once, under one code, without its address."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from meeting_system.adapters.objects import ObjectNotFound, open_objects
from meeting_system.adapters.objects_guarded import PAUSE_S, GuardedObjects, ObjectsAway
from meeting_system.kernel.clock import ManualClock
from meeting_system.kernel.errors import Unavailable
from meeting_system.kernel.ports import Objects


async def once(content: bytes) -> AsyncIterator[bytes]:
    yield content


AWAY = open_objects("s3://bucket", endpoint="http://127.0.0.1:1", access_key="a", secret_key="b")


class Switched:
    """A store that goes away and comes back."""

    def __init__(self, current: Objects) -> None:
        self.current = current

    def __getattr__(self, name: str) -> Any:
        return getattr(self.current, name)


@pytest.fixture
def there(tmp_path: Path) -> Objects:
    return open_objects((tmp_path / "objects").as_uri())


@pytest.fixture
def away(clock: ManualClock) -> GuardedObjects:
    return GuardedObjects(AWAY, clock)


async def read(objects: GuardedObjects) -> None:
    async for _piece in objects.get("key"):
        pass


CALLS: dict[str, Callable[[GuardedObjects], Awaitable[object]]] = {
    "put": lambda objects: objects.put("key", once(b"x")),
    "get": read,
    "list": lambda objects: objects.list(),
    "delete": lambda objects: objects.delete("key"),
}


@pytest.mark.parametrize("call", CALLS)
async def test_a_store_that_is_away_is_one_code_and_no_address(away: GuardedObjects, call: str) -> None:
    with pytest.raises(ObjectsAway) as raised:
        await CALLS[call](away)
    assert (raised.value.code, raised.value.status, raised.value.retry_after_s) == ("objects_away", 503, 4)
    assert "127.0.0.1" not in raised.value.detail
    assert "bucket" not in raised.value.detail


async def test_after_a_failure_nothing_is_asked_for_a_moment(there: Objects, clock: ManualClock) -> None:
    switched = Switched(there)
    guarded = GuardedObjects(switched, clock)
    switched.current = AWAY
    for _ in range(2):
        with pytest.raises(ObjectsAway):
            await guarded.list()
        switched.current = there
    await guarded.check()
    clock.advance(PAUSE_S)
    assert await guarded.list() == []


async def test_that_there_is_no_such_object_is_no_failure(there: Objects, clock: ManualClock) -> None:
    guarded = GuardedObjects(there, clock)
    with pytest.raises(ObjectNotFound):
        await read(guarded)
    assert await guarded.list() == []


@pytest.mark.parametrize("failure", [TimeoutError, RuntimeError, OSError, ObjectNotFound])
async def test_a_sender_that_breaks_off_is_no_fault_of_the_store(
    there: Objects, clock: ManualClock, failure: type[Exception]
) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield b"x"
        raise failure("the client is gone")

    guarded = GuardedObjects(there, clock)
    with pytest.raises(failure, match="the client is gone"):
        await guarded.put("key", breaking())
    assert await guarded.list() == []


async def test_a_check_says_what_is_wrong_for_the_operator(away: GuardedObjects) -> None:
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1"):
        await away.check()
