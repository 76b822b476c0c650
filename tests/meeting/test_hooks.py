"""What webhooks are told of meetings, in order and once."""

from collections.abc import Collection

import pytest
from tests.meeting.conftest import Asked, MakePerson, deliver

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.meeting import Admission, ReportPresence
from meeting_system.contracts.webhook import ALL_WEBHOOKS, HOOK_DATA, WANTED_EVENTS, WantedEvents
from meeting_system.kit.cache import Cache
from meeting_system.kit.outbox import OutboxRelay
from meeting_system.kit.plug import Ports


async def report(bus: LocalBus, who: Admission, state: str) -> None:
    await bus.call(
        ReportPresence(
            meeting_id=who.meeting_id,
            run_id=who.run_id,
            participant_id=who.participant_id,
            state=state,  # type: ignore[arg-type]  # as the tests name them
        )
    )


async def test_the_life_of_a_meeting_is_told(
    account: MakePerson, guest: MakePerson, asked: Asked, bus: LocalBus, outbox: OutboxRelay
) -> None:
    ada, gus = account("Ada"), guest("Gus")
    made = await ada.create(title="Weekly")
    path = f"/meetings/{made['meeting_id']}"
    assert (await ada.patch(path, {"title": "Daily"})).status_code == 200
    host, visitor = await ada.enter(made["meeting_no"]), await gus.enter(made["meeting_no"])
    for who, state in (
        (host, "connected"),
        (visitor, "connected"),
        (visitor, "reconnecting"),
        (visitor, "connected"),
        (visitor, "left"),
        (visitor, "left"),
    ):
        await report(bus, who, state)
    assert (await ada.post(f"{path}/end")).status_code == 204
    await outbox.deliver_all()
    assert [told.type for told in asked.told] == [
        "meeting.created",
        "meeting.updated",
        "meeting.started",
        "participant.joined",
        "participant.joined",
        "participant.left",
        "meeting.ended",
    ]
    assert {told.owner_id for told in asked.told} == {ada.user_id}
    for told in asked.told:
        HOOK_DATA[told.type].model_validate(told.data)
    assert asked.told[2].data["meeting"]["title"] == "Daily"  # type: ignore[index]
    assert asked.told[4].data["participant"]["display_name"] == "Gus"  # type: ignore[index]
    assert asked.told[6].data["reason"] == "host"


async def test_who_is_removed_has_left(
    account: MakePerson, guest: MakePerson, asked: Asked, bus: LocalBus, outbox: OutboxRelay
) -> None:
    ada, gus = account("Ada"), guest("Gus")
    made = await ada.create()
    await ada.enter(made["meeting_no"])
    visitor = await gus.enter(made["meeting_no"])
    await report(bus, visitor, "connected")
    path = f"/meetings/{made['meeting_id']}/participants/{visitor.participant_id}/remove"
    assert (await ada.post(path)).status_code == 204
    await report(bus, visitor, "left")
    await outbox.deliver_all()
    left = [told.data for told in asked.told if told.type == "participant.left"]
    assert [each["reason"] for each in left] == ["removed"]


async def want(ports: Ports, types: Collection[str]) -> None:
    """Keep in the cache what the webhook service would."""

    async def load() -> WantedEvents:
        return WantedEvents(types=frozenset(types))

    await Cache(ports.store, WANTED_EVENTS, WantedEvents).get(ALL_WEBHOOKS, load)


async def test_what_no_webhook_wants_is_not_told(
    account: MakePerson, asked: Asked, bus: LocalBus, outbox: OutboxRelay, ports: Ports
) -> None:
    await want(ports, ["participant.joined"])
    ada = account("Ada")
    made = await ada.create()
    await report(bus, await ada.enter(made["meeting_no"]), "connected")
    assert (await ada.post(f"/meetings/{made['meeting_id']}/end")).status_code == 204
    await deliver(outbox)
    assert [told.type for told in asked.told] == ["participant.joined"]


@pytest.mark.parametrize(("types", "cost"), [((), 0), (("meeting.created",), 1)])
async def test_an_event_costs_a_statement_only_where_one_wants_it(
    account: MakePerson, ports: Ports, statements: list[str], types: Collection[str], cost: int
) -> None:
    await want(ports, types)
    await account("Ada").create()
    # As webhooks are told of a meeting.
    assert (
        sum("FROM meetings.meetings LEFT OUTER JOIN meetings.outside" in each for each in statements) == cost
    )
