"""Whatever is said and voted: each old view, with the events told to it, is a fresh snapshot.

The real meeting service decides, the real outbox tells, the real Python client applies.
"""

import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from meeting_client.core import RoomView as Seen
from tests.meeting.conftest import Asked, MakePerson, Person, deliver

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.chat import (
    ClosePoll,
    DeleteMessage,
    EditMessage,
    PublishPoll,
    ReactToMessage,
    StartPoll,
    VotePoll,
)
from meeting_system.contracts.meeting import Admission, LoadRoom, SendChat
from meeting_system.contracts.signal import ParticipantState
from meeting_system.kernel.clock import ManualClock
from meeting_system.kernel.errors import AppError
from meeting_system.kit.outbox import OutboxRelay
from meeting_system.meeting import polls
from meeting_system.meeting.context import Context
from meeting_system.signaling.records import RoomState
from meeting_system.signaling.snapshot import take

STEPS = 40
ROOM = RoomState(epoch="e", top=0, seq=0, ended=False, people={})


class Talk:
    """Three viewers, what they have sent, and a schedule."""

    def __init__(self, draw: random.Random, bus: LocalBus, host: Person, who: list[Admission]) -> None:
        self.draw, self.bus, self.host, self.who = draw, bus, host, who
        self.cid = 0
        self.message_ids: list[str] = []
        self.poll_ids: list[str] = []

    def key(self) -> dict[str, Any]:
        self.cid += 1
        who = self.draw.choice(self.who)
        return {
            "meeting_id": who.meeting_id,
            "run_id": who.run_id,
            "participant_id": who.participant_id,
            "sid": f"sid-{who.participant_id}",
            "cid": self.cid,
        }

    async def send(self) -> None:
        to = self.draw.choice([None, None, self.draw.choice(self.who).participant_id])
        reply_to = self.draw.choice([None, *self.message_ids[-3:]])
        body = self.draw.choice(["你好", "𠮷" * 200, "hello"])
        sent = await self.bus.call(SendChat(**self.key(), body=body, to=to, reply_to=reply_to))
        self.message_ids.append(sent.message_id)

    async def edit(self) -> None:
        request = EditMessage(**self.key(), message_id=self._message(), body=f"edited {self.cid}")
        await self.bus.call(request)

    async def delete(self) -> None:
        await self.bus.call(DeleteMessage(**self.key(), message_id=self._message()))

    async def react(self) -> None:
        emoji, on = self.draw.choice("👍🎉"), self.draw.random() < 0.7
        await self.bus.call(ReactToMessage(**self.key(), message_id=self._message(), emoji=emoji, on=on))

    async def start(self) -> None:
        body = {
            "question": "?",
            "options": ["a", "b", "c"],
            "kind": self.draw.choice(["single", "multiple"]),
            "anonymous": self.draw.random() < 0.5,
            "live_results": self.draw.random() < 0.5,
            "correct": self.draw.choice([None, [0]]),
        }
        made = (await self.host.post(f"/meetings/{self.who[0].meeting_id}/polls", body)).json()
        self.poll_ids.append(made["poll_id"])
        await self.bus.call(StartPoll(**self.key(), poll_id=made["poll_id"]))

    async def vote(self) -> None:
        chosen = self.draw.sample(["o1", "o2", "o3"], self.draw.randint(1, 2))
        await self.bus.call(VotePoll(**self.key(), poll_id=self._poll(), option_ids=chosen))

    async def close(self) -> None:
        await self.bus.call(ClosePoll(**self.key(), poll_id=self._poll()))

    async def publish(self) -> None:
        await self.bus.call(PublishPoll(**self.key(), poll_id=self._poll()))

    def steps(self) -> list[Callable[[], Awaitable[None]]]:
        some = [self.send, self.start]
        if self.message_ids:
            some += [self.send, self.edit, self.delete, self.react, self.react]
        if self.poll_ids:
            some += [self.vote, self.vote, self.vote, self.close, self.publish]
        return some

    def _message(self) -> str:
        return self.draw.choice(self.message_ids[-8:])

    def _poll(self) -> str:
        return self.draw.choice(self.poll_ids[-2:])


async def snapshot(bus: LocalBus, who: Admission) -> Seen:
    view = await bus.call(
        LoadRoom(meeting_id=who.meeting_id, run_id=who.run_id, participant_ids=[who.participant_id])
    )
    me = ParticipantState(
        participant_id=who.participant_id,
        display_name=who.display_name,
        role=who.role,
        is_guest=who.is_guest,
        presence="connected",
        joined_at="",
    )
    return Seen.of(take(ROOM, view, me).model_dump(mode="json"))


@pytest.mark.parametrize("seed", range(4))
async def test_events_on_an_old_view_make_the_fresh_one_for_each_viewer(
    seed: int,
    account: MakePerson,
    guest: MakePerson,
    bus: LocalBus,
    outbox: OutboxRelay,
    asked: Asked,
    context: Context,
    clock: ManualClock,
) -> None:
    ada = account("Ada")
    number = (await ada.create())["meeting_no"]
    who = [await person.enter(number) for person in (ada, account("Bo"), guest("Gus"))]
    talk = Talk(random.Random(seed), bus, ada, who)
    seen = {each.participant_id: await snapshot(bus, each) for each in who}
    refused = 0
    for _ in range(STEPS):
        clock.advance(1)
        try:
            await talk.draw.choice(talk.steps())()
        except AppError:
            refused += 1
    await polls.tell_votes(context)
    await deliver(outbox)
    for told in asked.requests:
        for participant_id in getattr(told, "participant_ids", seen):
            if hasattr(told, "d"):
                seen[participant_id].apply(told.t, told.d)
    for each in who:
        fresh = await snapshot(bus, each)
        view = seen[each.participant_id]
        assert view.messages == fresh.messages
        assert view.private_messages == fresh.private_messages
        assert view.polls == fresh.polls
    assert refused < STEPS, "something was done"
