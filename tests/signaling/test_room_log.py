"""One contract for both room logs: whatever happens, Valkey's scripts and the log in memory answer alike."""

import random
from itertools import count

import pytest

from meeting_system.adapters.redis_store import RedisStore
from meeting_system.signaling.records import NewEvent, PersonWrite, Step
from meeting_system.signaling.room_log import RoomLog, ValkeyRoomLog

from .memory_log import MemoryRoomLog, MemoryServer, state_of

RUN = "run-1"
SIDS = ("s1", "s2", "s3")
PIDS = ("p1", "p2")
OFFSETS = ((0, 0), (2, 1), (10_000, 10_000))
"""Of the room's log and of a personal one."""


def any_event(draw: random.Random) -> NewEvent:
    t = draw.choice(("chat.message", "participant.updated"))
    return NewEvent(
        t, f'"t":"{t}","ts":"now","d":{{"n":{draw.randrange(100)}}}}}'.encode(), draw.choice(("", "p1"))
    )


def any_step(draw: random.Random, epoch: str, numbers: "count[int]") -> Step:
    """Draw a step: mostly one that is refused for one reason or another, often enough one that is done."""
    now = next(numbers)
    step = Step(run=RUN, epoch=epoch if draw.random() < 0.97 else "other", now_ms=now)
    if draw.random() < 0.85:
        concern_session(step, draw, now)
    elif draw.random() < 0.8:
        step.log_seq = draw.randrange(1, 12)
        if draw.random() < 0.05:
            step.removes = draw.choice(PIDS)
        step.ends_room = draw.random() < 0.02
    if draw.random() < 0.4:
        pid, expected = draw.choice(PIDS), draw.randrange(4)
        state = None if draw.random() < 0.2 else state_of(pid, expected + 1, hand_raised_at=None)
        step.people = [PersonWrite(pid, expected, step.sid or "s1", state)]
    step.events = [any_event(draw) for _ in range(draw.randrange(3))]
    return step


def concern_session(step: Step, draw: random.Random, now: int) -> None:
    """Let a step be about a session: a new one, one that goes on, or one that it is wrong about."""
    step.sid, step.pid = draw.choice(SIDS), draw.choice(PIDS)
    step.gen = draw.choice((-1, -1, 1, 1, 1, 2, 2, 3))
    if step.gen == -1:
        step.fields = {"run": RUN, "pid": step.pid, "state": "attached", "gen": 1, "token": "t"}
        step.new_personal_log, step.due_ms = True, now + draw.randrange(50)
    elif draw.random() < 0.3:
        step.fields = {"gen": step.gen + 1, "state": "attached"}
        step.due_ms = now + draw.randrange(50)
        step.new_personal_log = draw.random() < 0.3
    if draw.random() < 0.5:
        step.cid, step.ack = draw.randrange(1, 5), f'{{"f":"ack","n":{now}}}'
    if draw.random() < 0.1:
        step.drop = draw.choice(("left", "lost"))
    if draw.random() < 0.1:
        step.ends_sid = draw.choice(SIDS)
    if draw.random() < 0.2:
        step.owner = draw.choice(("", *SIDS))
    if draw.random() < 0.2:
        step.slots_version = (draw.randrange(1, 3), draw.randrange(1, 3))
    if draw.random() < 0.3:
        step.told = draw.randrange(1, 6)
    step.personal = [any_event(draw) for _ in range(draw.randrange(3))]


async def look(log: RoomLog, epoch: str, now_ms: int) -> list[object]:
    """Look at everything there is."""
    seen: list[object] = [
        await log.read_room(RUN),
        await log.read_events(RUN, epoch, 0, 1000),
        await log.read_events(RUN, epoch, 3, 2),
        await log.read_events(RUN, "other", 0, 10),
        await log.read_missed(RUN, "s1", "other", ro=0, po=0, count=10),
        await log.find_seat("nowhere", "p1", "s1", ro=0, po=0),
        await log.read_tops([RUN, "nowhere"]),
        sorted(await log.find_due(now_ms, 100)),
    ]
    for sid in SIDS:
        seen += [await log.find_session(sid), await log.read_personal(sid, epoch, 0, 100)]
        seen += [await log.find_ack(sid, cid) for cid in range(1, 5)]
        seen += [await log.find_seat(RUN, pid, sid, ro=ro, po=po) for pid in PIDS for ro, po in OFFSETS]
        seen += [await log.read_missed(RUN, sid, epoch, ro=ro, po=po, count=3) for ro, po in OFFSETS]
    return [*seen, *[await log.find_owner(pid) for pid in PIDS]]


@pytest.mark.parametrize("seed", range(12))
async def test_random_steps_have_the_same_outcome_in_valkey_and_in_memory(
    store: RedisStore, seed: int
) -> None:
    draw, numbers = random.Random(seed), count(1)
    server = MemoryServer()
    server.run_id = (await store.run_id())[:12]
    real, model = ValkeyRoomLog(store), MemoryRoomLog(server)
    epoch = await real.open_room(RUN, salt="a", seq=1, ended=False, removed=["gone"])
    assert epoch == await model.open_room(RUN, salt="a", seq=1, ended=False, removed=["gone"])
    verdicts = set()
    for at in range(200):
        step = any_step(draw, epoch, numbers)
        outcome = await model.apply(step)
        assert await real.apply(step) == outcome, step
        verdicts.add(outcome.verdict)
        if draw.random() < 0.1:
            sid, gen, due_ms = draw.choice(SIDS), draw.randrange(1, 4), next(numbers) + 20
            strays = [await log.renew_leases([(sid, gen, "p1")], due_ms) for log in (real, model)]
            assert strays[0] == strays[1]
        if draw.random() < 0.1:
            sid, gen = draw.choice(SIDS), draw.randrange(1, 4)
            for log in (real, model):
                await log.confirm_tokens([(sid, gen, "a,b"), ("nobody", 1, "")])
        if draw.random() < 0.03:
            sid, gen = draw.choice(SIDS), draw.randrange(1, 4)
            for log in (real, model):
                await log.forget(sid, gen)
        if at % 25 == 24:
            now_ms = next(numbers)
            assert await look(real, epoch, now_ms) == await look(model, epoch, now_ms)
    assert verdicts >= {"ok", "fenced", "epoch"}


async def test_what_is_told_is_what_is_stored(store: RedisStore) -> None:
    told: list[str] = []
    server = MemoryServer(lambda _run, payload: told.append(payload))
    server.run_id = (await store.run_id())[:12]
    real, model = ValkeyRoomLog(store), MemoryRoomLog(server)
    draw, numbers = random.Random(5), count(1)
    heard: list[str] = []
    async with store.subscribe(f"sg:r:{RUN}") as subscription:
        epoch = await real.open_room(RUN, salt="a", seq=0, ended=False, removed=[])
        await model.open_room(RUN, salt="a", seq=0, ended=False, removed=[])
        for _ in range(200):
            step = any_step(draw, epoch, numbers)
            step.passing = [any_event(draw)]
            await model.apply(step)
            await real.apply(step)
        async for _, payload in subscription:
            heard.append(payload.decode())
            if len(heard) == len(told):
                break
    assert heard == told


async def test_a_wiped_valkey_begins_another_epoch_with_what_the_meeting_service_knows(
    store: RedisStore,
) -> None:
    log = ValkeyRoomLog(store)
    before = await log.open_room(RUN, salt="a", seq=3, ended=False, removed=[])
    await store.client.flushall()
    assert await log.read_room(RUN) is None
    assert (await log.apply(Step(run=RUN, epoch=before, now_ms=1, log_seq=4))).verdict == "epoch"
    after = await log.open_room(RUN, salt="b", seq=4, ended=False, removed=["p1"])
    room = await log.read_room(RUN)
    assert room is not None
    assert (after != before, room.top, room.seq) == (True, 0, 4)
    removed = Step(
        run=RUN, epoch=after, now_ms=1, sid="s", pid="p1", fields={"gen": 1}, new_personal_log=True
    )
    assert (await log.apply(removed)).verdict == "removed"


async def test_a_log_keeps_ten_thousand_events_and_five_minutes(store: RedisStore) -> None:
    log = ValkeyRoomLog(store)
    epoch = await log.open_room(RUN, salt="a", seq=0, ended=False, removed=[])
    event = NewEvent("x", b'"t":"x","ts":"","d":{}}')
    for batch in range(110):
        old = Step(run=RUN, epoch=epoch, now_ms=batch, events=[event] * 100)
        await log.apply(old)
    assert (await log.read_events(RUN, epoch, 0, 1))[0].off == 1, "nothing of the last five minutes is lost"
    for batch in range(4):
        late = Step(run=RUN, epoch=epoch, now_ms=400_000 + batch, events=[event] * 16)
        await log.apply(late)
    kept = await log.read_events(RUN, epoch, 0, 20_000)
    assert 10_000 <= len(kept) < 10_064
    assert kept[-1].off == 11_064
