"""The bus: the same promises inside one process and between several."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import ClassVar

import pytest

from meeting_system.adapters.bus import INBOX, LocalBus
from meeting_system.adapters.bus_remote import RemoteBus, calls_key
from meeting_system.adapters.redis_store import RedisStore
from meeting_system.contracts.call import Event, Message, Nothing, Request
from meeting_system.kernel.errors import AppError, Conflict, FieldError, TooMany, Unavailable
from meeting_system.kit.trace import (
    Recorder,
    Span,
    Trace,
    current_trace_id,
    new_trace,
    recording,
    span,
    traced,
)


class Sum(Message):
    """The reply."""

    value: int


class Add(Request[Sum]):
    """A question."""

    topic: ClassVar[str] = "sums.add"
    left: int
    right: int


class Fail(Request[Nothing]):
    """A question whose answer is an error."""

    topic: ClassVar[str] = "sums.fail"
    how: str


class Wait(Request[Nothing]):
    """A question that is never answered."""

    topic: ClassVar[str] = "sums.wait"


class Added(Event):
    """What happened."""

    topic: ClassVar[str] = "sum.added"
    value: int


class Calculator:
    """Answers, and listens."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, str]] = []
        self.changed = asyncio.Condition()

    async def add(self, request: Add) -> Sum:
        return Sum(value=request.left + request.right)

    async def fail(self, request: Fail) -> Nothing:
        if request.how == "crash":
            raise RuntimeError("a bug")
        if request.how == "slow down":
            raise TooMany("later", retry_after_s=3.5)
        raise Conflict("not now", errors=[FieldError("/how", "wrong")])

    async def wait(self, _request: Wait) -> Nothing:
        await asyncio.sleep(3600)
        return Nothing()

    async def hear(self, event: Added) -> None:
        if event.value < 0:
            raise ValueError(event.value)
        async with self.changed:
            self.heard.append((event.value, current_trace_id()))
            self.changed.notify_all()

    def connect(self, bus: LocalBus) -> None:
        bus.connect({Add: self.add, Fail: self.fail, Wait: self.wait}, {Added: [self.hear]})


@pytest.fixture
def calculator() -> Calculator:
    return Calculator()


@pytest.fixture(params=["one process", "two processes"])
async def asking(
    request: pytest.FixtureRequest, store: RedisStore, calculator: Calculator
) -> AsyncIterator[LocalBus]:
    """The bus of the process that asks; the calculator is in it, or in another one."""
    if request.param == "one process":
        bus = LocalBus()
        calculator.connect(bus)
        async with bus.running():
            yield bus
        return
    asking, answering = RemoteBus(store), RemoteBus(store)
    calculator.connect(answering)
    async with answering.running(), asking.running():
        yield asking


async def wait_until_heard(calculator: Calculator, count: int) -> None:
    async with asyncio.timeout(5), calculator.changed:
        await calculator.changed.wait_for(lambda: len(calculator.heard) >= count)


async def test_a_call_is_answered(asking: LocalBus) -> None:
    assert await asking.call(Add(left=2, right=3)) == Sum(value=5)


async def test_many_calls_at_once_get_their_own_answers(asking: LocalBus) -> None:
    answers = await asyncio.gather(*(asking.call(Add(left=number, right=0)) for number in range(100)))
    assert [answer.value for answer in answers] == list(range(100))


async def test_an_error_arrives_with_all_its_parts(asking: LocalBus) -> None:
    with pytest.raises(AppError) as caught:
        await asking.call(Fail(how="refuse"))
    error = caught.value
    assert (error.status, error.code, error.detail) == (409, "conflict", "not now")
    assert error.errors == (FieldError("/how", "wrong"),)
    with pytest.raises(AppError) as caught:
        await asking.call(Fail(how="slow down"))
    assert (caught.value.status, caught.value.retry_after_s) == (429, 3.5)


async def test_nobody_answering_in_time_is_unavailable(asking: LocalBus) -> None:
    with pytest.raises(Unavailable, match=r"sums\.wait"):
        await asking.call(Wait(), timeout_s=0.1)


async def test_a_call_and_an_event_go_on_with_the_callers_trace(
    asking: LocalBus, calculator: Calculator
) -> None:
    spans: list[Span] = []
    with recording(Recorder(spans.append, lambda *, wanted: not wanted)):
        with traced(new_trace()) as trace_id, span("root", "server"):
            await asking.call(Add(left=1, right=2))
            await asking.publish(Added(value=3))
            await wait_until_heard(calculator, 1)
        with traced(Trace("c" * 32)):
            await asking.call(Add(left=1, right=2))
    assert {each.trace_id for each in spans} == {trace_id}
    (root,) = (each for each in spans if each.name == "root")
    kinds = {each.kind: each for each in spans}
    asked = kinds.get("client", root)
    (answered,) = (each for each in spans if (each.name, each.kind) == ("sums.add", "server"))
    assert answered.parent_id == asked.span_id
    assert (kinds["consumer"].name, kinds["consumer"].parent_id) == ("sum.added", root.span_id)


async def test_calls_that_nobody_takes_are_counted(store: RedisStore, calculator: Calculator) -> None:
    bus = RemoteBus(store)
    calculator.connect(bus)
    await bus.measure()
    assert bus.calls_waiting == 0
    for _ in range(3):
        await store.run("return redis.call('RPUSH', KEYS[1], '{}')", keys=[calls_key(Add.topic)], args=[])
    await bus.measure()
    assert bus.calls_waiting == 3


async def test_an_event_is_heard_with_its_trace_id(asking: LocalBus, calculator: Calculator) -> None:
    with traced("a" * 32):
        await asking.publish(Added(value=1))
    await wait_until_heard(calculator, 1)
    assert calculator.heard == [(1, "a" * 32)]


async def test_events_are_heard_in_order_and_a_failing_listener_goes_on(
    asking: LocalBus, calculator: Calculator
) -> None:
    for value in (1, -1, 2, 3):
        await asking.publish(Added(value=value))
    await wait_until_heard(calculator, 3)
    assert [value for value, _ in calculator.heard] == [1, 2, 3]


async def test_what_nobody_answers_is_unavailable_at_once() -> None:
    with pytest.raises(Unavailable, match="nobody answers"):
        await LocalBus().call(Add(left=1, right=1))


async def test_a_bug_in_a_remote_handler_is_internal_without_its_text(
    store: RedisStore, calculator: Calculator
) -> None:
    asking, answering = RemoteBus(store), RemoteBus(store)
    calculator.connect(answering)
    async with answering.running(), asking.running():
        with pytest.raises(AppError) as caught:
            await asking.call(Fail(how="crash"))
    assert (caught.value.status, caught.value.code) == (500, "internal")
    assert "a bug" not in caught.value.detail


async def test_two_processes_share_the_calls(store: RedisStore) -> None:
    asking, first, second = RemoteBus(store), RemoteBus(store), RemoteBus(store)
    calculators = [Calculator(), Calculator()]
    for bus, calculator in zip((first, second), calculators, strict=True):
        calculator.connect(bus)
    async with first.running(), second.running(), asking.running():
        answers = await asyncio.gather(*(asking.call(Add(left=n, right=1)) for n in range(50)))
        await asking.publish(Added(value=1))
        for calculator in calculators:
            await wait_until_heard(calculator, 1)
    assert sorted(answer.value for answer in answers) == list(range(1, 51))


async def test_a_call_whose_caller_gave_up_is_not_handled(store: RedisStore, calculator: Calculator) -> None:
    asking = RemoteBus(store)
    async with asking.running():
        with pytest.raises(Unavailable):
            await asking.call(Add(left=1, right=1), timeout_s=0.05)
    assert await store.client.llen(calls_key(Add.topic)) == 1
    answering = RemoteBus(store)
    handled: list[Add] = []

    async def remember(request: Add) -> Sum:
        handled.append(request)
        return Sum(value=0)

    answering.connect({Add: remember}, {})
    async with answering.running(), asyncio.timeout(5):
        while await store.client.llen(calls_key(Add.topic)):  # noqa: ASYNC110  # Valkey tells nobody
            await asyncio.sleep(0.01)
    assert handled == []


async def test_rubbish_on_a_list_does_not_stop_the_bus(store: RedisStore, calculator: Calculator) -> None:
    await store.client.rpush(calls_key(Add.topic), b"\xff not json", b"[]")
    answering, asking = RemoteBus(store), RemoteBus(store)
    calculator.connect(answering)
    async with answering.running(), asking.running():
        assert await asking.call(Add(left=1, right=1)) == Sum(value=2)


async def test_a_full_inbox_drops_the_oldest(calculator: Calculator) -> None:
    bus = LocalBus()
    calculator.connect(bus)
    for value in range(INBOX + 2):
        await bus.publish(Added(value=value))
    async with bus.running():
        await bus.settle()
    assert len(calculator.heard) == INBOX
    assert calculator.heard[0][0] == 2


def test_two_handlers_of_one_topic_are_an_error(calculator: Calculator) -> None:
    bus = LocalBus()
    calculator.connect(bus)
    with pytest.raises(ValueError, match=r"sums\.add"):
        calculator.connect(bus)


async def test_a_call_to_one_process_is_answered_by_that_one(store: RedisStore) -> None:
    asking, first, second = RemoteBus(store), RemoteBus(store), RemoteBus(store)
    answered: list[str] = []

    def remember(bus: RemoteBus) -> None:
        async def add(request: Add) -> Sum:
            answered.append(bus.address)
            return Sum(value=request.left + request.right)

        bus.connect({Add: add}, {})

    for bus in (first, second):
        remember(bus)
    async with first.running(), second.running(), asking.running():
        for _ in range(5):
            assert await asking.call(Add(left=1, right=2), to=second.address) == Sum(value=3)
        await first.call(Add(left=1, right=2), to=first.address)
        await first.call(Add(left=1, right=2), to=second.address)
    assert answered == [second.address] * 5 + [first.address, second.address]


async def test_a_call_to_a_process_that_is_not_there_is_unavailable(store: RedisStore) -> None:
    asking = RemoteBus(store)
    async with asking.running():
        with pytest.raises(Unavailable):
            await asking.call(Add(left=1, right=2), to="nobody", timeout_s=0.1)
    with pytest.raises(Unavailable):
        await LocalBus().call(Add(left=1, right=2), to="nobody")


async def test_a_process_is_absent_as_soon_as_it_does_not_listen(store: RedisStore) -> None:
    here, there = RemoteBus(store), RemoteBus(store)
    async with here.running():
        async with there.running():
            assert await here.find_absent([here.address, there.address, "nobody"]) == {"nobody"}
        assert await here.find_absent([here.address, there.address]) == {there.address}
    assert await LocalBus().find_absent(["here", "nobody"]) == {"nobody"}


@pytest.mark.parametrize(("asking_s", "answering_s"), [(-86_400, 0), (0, 86_400), (86_400, -86_400)])
async def test_a_process_whose_date_is_wrong_is_answered_and_answers(
    store: RedisStore, calculator: Calculator, asking_s: float, answering_s: float
) -> None:
    asking = RemoteBus(store, now=lambda: time.time() + asking_s)
    answering = RemoteBus(store, now=lambda: time.time() + answering_s)
    calculator.connect(answering)
    async with answering.running(), asking.running():
        assert await asking.call(Add(left=1, right=2)) == Sum(value=3)
