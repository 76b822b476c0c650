"""Polls: one vote a person, counted exactly, seen as the host decided."""

import asyncio
import csv
import io
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select
from tests.meeting.conftest import Asked, MakePerson, Person, deliver

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.chat import ClosePoll, PublishPoll, StartPoll, VotePoll
from meeting_system.contracts.meeting import Admission, LoadRoom
from meeting_system.contracts.signal_polls import PollState
from meeting_system.kernel.errors import AppError
from meeting_system.kit.outbox import OutboxRelay
from meeting_system.kit.plug import Ports
from meeting_system.meeting import jobs, polls
from meeting_system.meeting.context import Context
from meeting_system.meeting.models import polls as polls_table
from meeting_system.meeting.models import votes

LUNCH = {"question": "Lunch?", "options": ["Noodles 面条", "Rice", "=1+1"]}
NEVER = "00000000-0000-7000-8000-000000000000"

Draft = Callable[..., Awaitable[str]]


@pytest.fixture
def ada(account: MakePerson) -> Person:
    return account("Ada")


@pytest.fixture
async def host(ada: Person) -> Admission:
    return await ada.enter((await ada.create())["meeting_no"])


@pytest.fixture
async def voters(host: Admission, guest: MakePerson) -> list[tuple[Person, Admission]]:
    people = [guest(f"Guest {at}") for at in range(3)]
    return [(person, await person.enter(host.meeting_id)) for person in people]


@pytest.fixture
def draft(ada: Person, host: Admission) -> Draft:
    async def make(**more: Any) -> str:
        answer = await ada.post(f"/meetings/{host.meeting_id}/polls", LUNCH | more)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["poll_id"])

    return make


def by(who: Admission, cid: int) -> dict[str, Any]:
    return {
        "meeting_id": who.meeting_id,
        "run_id": who.run_id,
        "participant_id": who.participant_id,
        "sid": f"sid-{who.participant_id}",
        "cid": cid,
    }


async def vote(bus: LocalBus, who: Admission, poll_id: str, *chosen: str, cid: int = 1) -> PollState:
    return await bus.call(VotePoll(**by(who, cid), poll_id=poll_id, option_ids=list(chosen)))


async def refused(call: Any) -> tuple[int, str]:
    with pytest.raises(AppError) as raised:
        await call
    return raised.value.status, raised.value.code


async def test_a_poll_goes_from_draft_to_results(
    ada: Person,
    host: Admission,
    voters: list[tuple[Person, Admission]],
    draft: Draft,
    bus: LocalBus,
    outbox: OutboxRelay,
    asked: Asked,
    context: Context,
) -> None:
    poll_id = await draft()
    url = f"/meetings/{host.meeting_id}/polls"
    gus, guest = voters[0]
    assert (await gus.get(url)).json()["items"] == [], "a draft is its maker's and the hosts'"
    assert await refused(vote(bus, guest, poll_id, "o1")) == (409, "poll_not_open")
    await bus.call(StartPoll(**by(host, 1), poll_id=poll_id))
    await vote(bus, guest, poll_id, "o1", cid=2)
    await vote(bus, voters[1][1], poll_id, "o3")
    await polls.tell_votes(context)
    seen = (await gus.get(f"{url}/{poll_id}")).json()
    assert (seen["voters"], seen["counts"], seen["choice"]) == (2, None, ["o1"])
    assert (await ada.get(f"{url}/{poll_id}")).json()["counts"] == [1, 0, 1]
    await bus.call(ClosePoll(**by(host, 2), poll_id=poll_id))
    assert (await gus.get(f"{url}/{poll_id}")).json()["counts"] is None
    await bus.call(PublishPoll(**by(host, 3), poll_id=poll_id))
    assert (await gus.get(f"{url}/{poll_id}")).json()["counts"] == [1, 0, 1]
    await deliver(outbox)
    told = [each for each in asked.events() if each.t.startswith("poll.")]
    assert [each.t for each in told] == ["poll.started", "poll.voted", "poll.closed", "poll.published"]
    assert "counts" not in {name for name, value in told[1].d.items() if value is not None}
    assert [each.participant_ids for each in asked.personal()] == [
        [guest.participant_id],
        [voters[1][1].participant_id],
    ]


async def test_votes_at_once_and_again_are_counted_once_a_person(
    host: Admission,
    voters: list[tuple[Person, Admission]],
    draft: Draft,
    bus: LocalBus,
    ports: Ports,
    ada: Person,
) -> None:
    poll_id = await draft(kind="multiple")
    await bus.call(StartPoll(**by(host, 1), poll_id=poll_id))
    calls = [
        vote(bus, who, poll_id, *chosen, cid=cid)
        for _, who in voters
        for cid, chosen in enumerate((("o1",), ("o1", "o2"), ("o2", "o3")), 1)
        for _ in range(3)
    ]
    await asyncio.gather(*calls)
    results = (await ada.get(f"/meetings/{host.meeting_id}/polls/{poll_id}/results")).json()
    assert results["poll"]["voters"] == 3
    async with ports.database.reading() as connection:
        chosen = [row.choice for row in await connection.execute(select(votes.c.choice))]
    assert len(chosen) == 3
    counted = [sum(option in choice for choice in chosen) for option in ("o1", "o2", "o3")]
    assert results["poll"]["counts"] == counted


async def test_an_account_has_one_vote_whatever_its_devices(
    host: Admission, ada: Person, draft: Draft, bus: LocalBus
) -> None:
    poll_id = await draft()
    await bus.call(StartPoll(**by(host, 1), poll_id=poll_id))
    phone = Person(ada.client, bus, "phone", ada.headers, "Ada", ada.user_id)
    again = await phone.enter(host.meeting_id)
    await vote(bus, host, poll_id, "o1", cid=2)
    after = await vote(bus, again, poll_id, "o2")
    assert after.voters == 1


async def test_a_final_vote_is_not_changed_and_its_repeat_is_no_fault(
    host: Admission, voters: list[tuple[Person, Admission]], draft: Draft, bus: LocalBus
) -> None:
    poll_id = await draft(changeable=False)
    await bus.call(StartPoll(**by(host, 1), poll_id=poll_id))
    who = voters[0][1]
    await vote(bus, who, poll_id, "o1")
    assert await refused(vote(bus, who, poll_id, "o2", cid=2)) == (409, "vote_final")
    assert (await vote(bus, who, poll_id, "o1", cid=3)).voters == 1


@pytest.mark.parametrize("chosen", [[], ["o9"], ["o1", "o1"], ["o1", "o2"]])
async def test_a_choice_that_can_not_be_is_refused(
    host: Admission, draft: Draft, bus: LocalBus, chosen: list[str]
) -> None:
    poll_id = await draft()
    await bus.call(StartPoll(**by(host, 1), poll_id=poll_id))
    assert await refused(vote(bus, host, poll_id, *chosen, cid=2)) == (422, "invalid")


async def test_of_an_anonymous_vote_nothing_leads_to_its_voter_once_it_is_closed(
    host: Admission,
    voters: list[tuple[Person, Admission]],
    draft: Draft,
    bus: LocalBus,
    ports: Ports,
    ada: Person,
) -> None:
    poll_id = await draft(anonymous=True)
    await bus.call(StartPoll(**by(host, 1), poll_id=poll_id))
    gus, who = voters[0]
    await vote(bus, who, poll_id, "o1")
    await vote(bus, who, poll_id, "o2", cid=2)
    url = f"/meetings/{host.meeting_id}/polls/{poll_id}"
    assert (await gus.get(url)).json()["choice"] == ["o2"]
    assert (await ada.get(f"{url}/results")).json()["votes"] == []
    view = await bus.call(
        LoadRoom(meeting_id=who.meeting_id, run_id=who.run_id, participant_ids=[who.participant_id])
    )
    assert view.personal[who.participant_id].choices == {poll_id: ["o2"]}
    await bus.call(ClosePoll(**by(host, 2), poll_id=poll_id))
    assert (await gus.get(url)).json()["choice"] is None
    async with ports.database.reading() as connection:
        row = (await connection.execute(select(votes))).one()
        assert (await connection.execute(select(polls_table.c.secret))).scalar() is None
    assert (row.display_name, row.voted_at) == (None, None)
    assert who.participant_id not in row.voter


async def test_live_results_are_told_together_and_published_with_the_end(
    host: Admission,
    voters: list[tuple[Person, Admission]],
    draft: Draft,
    bus: LocalBus,
    outbox: OutboxRelay,
    asked: Asked,
    context: Context,
) -> None:
    poll_id = await draft(live_results=True, correct=[1])
    await bus.call(StartPoll(**by(host, 1), poll_id=poll_id))
    for _, who in voters:
        answer = await vote(bus, who, poll_id, "o2")
        assert answer.correct is None, "nobody learns the right answer while they vote"
    await polls.tell_votes(context)
    await polls.tell_votes(context)
    await bus.call(ClosePoll(**by(host, 2), poll_id=poll_id))
    await deliver(outbox)
    told = {each.t: each.d for each in asked.events() if each.t.startswith("poll.")}
    assert told["poll.voted"]["counts"] == [0, 3, 0]
    assert len([each for each in asked.events() if each.t == "poll.voted"]) == 1
    closed: Any = told["poll.closed"]["poll"]
    assert (closed["phase"], closed["counts"], closed["correct"]) == ("published", [0, 3, 0], ["o2"])


async def test_results_stay_after_the_meeting_and_go_into_a_table(
    host: Admission,
    voters: list[tuple[Person, Admission]],
    draft: Draft,
    bus: LocalBus,
    ada: Person,
    context: Context,
) -> None:
    poll_id = await draft()
    await bus.call(StartPoll(**by(host, 1), poll_id=poll_id))
    await vote(bus, voters[0][1], poll_id, "o3")
    await ada.post(f"/meetings/{host.meeting_id}/end")
    await jobs.look_after(context)
    url = f"/meetings/{host.meeting_id}/polls/{poll_id}"
    assert (await ada.get(url)).json()["phase"] == "closed"
    assert (await ada.post(f"{url}/publish")).json()["counts"] == [0, 0, 1]
    answer = await ada.get(f"{url}/results/export")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[:4] == [["Lunch?"], ["Noodles 面条", "0"], ["Rice", "0"], ["'=1+1", "1"]]
    assert rows[-1][:2] == ["Guest 0", "=1+1"] or rows[-1][:2] == ["Guest 0", "'=1+1"]
    assert (await voters[0][0].get(f"{url}/results")).status_code == 403


async def test_a_draft_is_changed_and_deleted_and_a_started_poll_is_not(
    host: Admission, draft: Draft, bus: LocalBus, ada: Person
) -> None:
    poll_id = await draft()
    url = f"/meetings/{host.meeting_id}/polls/{poll_id}"
    changed = await ada.client.put(f"/api/v1{url}", headers=ada.headers, json=LUNCH | {"question": "Dinner?"})
    assert changed.json()["question"] == "Dinner?"
    await bus.call(StartPoll(**by(host, 1), poll_id=poll_id))
    assert (await ada.delete(url)).json()["code"] == "poll_begun"
    assert await refused(bus.call(StartPoll(**by(host, 2), poll_id=poll_id))) == (409, "poll_begun")
    other = await draft()
    assert (await ada.delete(f"/meetings/{host.meeting_id}/polls/{other}")).status_code == 204
    assert await refused(bus.call(StartPoll(**by(host, 3), poll_id=other))) == (404, "poll_not_found")
    assert await refused(bus.call(StartPoll(**by(host, 4), poll_id=NEVER))) == (404, "poll_not_found")


async def test_the_same_request_twice_makes_one_poll(host: Admission, ada: Person) -> None:
    url = f"/meetings/{host.meeting_id}/polls"
    first, second = [await ada.post(url, LUNCH, key="once") for _ in range(2)]
    assert first.json() == second.json()
    assert len((await ada.get(url)).json()["items"]) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"options": ["one"]},
        {"options": ["a", "A "]},
        {"options": [str(at) for at in range(21)]},
        {"correct": [3]},
        {"correct": [0, 1]},
        {"question": " "},
        {"kind": "ranking"},
    ],
)
async def test_a_poll_that_can_not_be_is_refused(host: Admission, ada: Person, wrong: dict[str, Any]) -> None:
    answer = await ada.post(f"/meetings/{host.meeting_id}/polls", LUNCH | wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_attendees_make_no_polls_and_strangers_see_none(
    host: Admission, voters: list[tuple[Person, Admission]], account: MakePerson, draft: Draft
) -> None:
    url = f"/meetings/{host.meeting_id}/polls"
    assert (await voters[0][0].post(url, LUNCH)).status_code == 403
    poll_id = await draft()
    for path in (url, f"{url}/{poll_id}", f"{url}/{poll_id}/results"):
        assert (await account("Eve").get(path)).status_code == 404
    assert (await voters[0][0].get(f"{url}/{poll_id}")).json()["code"] == "poll_not_found"
