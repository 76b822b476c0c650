"""Breakout rooms: planned, opened, moved through, extended and closed, with nothing lost on the way."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import update
from tests.meeting.conftest import Asked, MakePerson, Person
from tests.meeting.test_lifecycle import report, status

from meeting_system.adapters.bus import LocalBus
from meeting_system.contracts.breakouts import AskHelpInBreakout, BroadcastToBreakouts, ChooseBreakout
from meeting_system.contracts.floor import FindBlocked
from meeting_system.contracts.meeting import Admission, LoadRoom, RedeemTicket
from meeting_system.contracts.permissions import MEETING_PERMISSIONS
from meeting_system.contracts.signal_breakouts import (
    BreakoutsAskHelp,
    BreakoutsBroadcast,
    BreakoutsChoose,
)
from meeting_system.kernel.clock import ManualClock
from meeting_system.kernel.principal import MeetingRole
from meeting_system.kit.plug import Ports
from meeting_system.meeting import breakout_life, lifecycle, roles
from meeting_system.meeting.context import Context
from meeting_system.meeting.models import events, participants

State = dict[str, Any]


class House:
    """A host with an account, two guests, and two rooms that are planned; Ann belongs to the first."""

    def __init__(self, host: Person, ann: Person, ben: Person, bus: LocalBus) -> None:
        self.host, self.ann, self.ben, self.bus = host, ann, ben, bus
        self.base, self.rooms = "", list[str]()
        self.who: dict[str, Admission] = {}

    async def begin(self, **sent: Any) -> None:
        created = await self.host.create()
        self.base = f"/meetings/{created['meeting_id']}"
        for person in (self.host, self.ann, self.ben):
            self.who[person.name] = await person.enter(created["meeting_no"])
            await report(self.bus, self.who[person.name], "connected")
        body = {"titles": ["Red", "Blue"], "assignment": "manual"} | sent
        answer = await self.host.post(f"{self.base}/breakouts", body)
        assert answer.status_code == 201, answer.text
        self.rooms = answer.json()["breakout_ids"]

    async def do(self, person: Person, operation: str, body: Any = None) -> None:
        answer = await person.post(f"{self.base}/breakouts/{operation}", body)
        assert answer.status_code == 204, answer.text

    async def place(self, person: Person, room: int | None) -> None:
        place = {
            "participant_id": self.who[person.name].participant_id,
            "breakout_id": None if room is None else self.rooms[room],
        }
        await self.do(self.host, "assign", {"places": [place]})

    async def try_enter(self, person: Person, room: int) -> Any:
        body = {"device_id": person.device_id}
        return await person.post(f"{self.base}/breakouts/{self.rooms[room]}/enter", body)

    async def enter(self, person: Person, room: int) -> Admission:
        answer = await self.try_enter(person, room)
        assert answer.status_code == 200, answer.text
        ticket = RedeemTicket(
            ticket=answer.json()["ticket"], meeting_id=self.rooms[room], device_id=person.device_id
        )
        return await self.bus.call(ticket)

    async def seen(self, who: Admission) -> State | None:
        view = await self.bus.call(LoadRoom(meeting_id=who.meeting_id, run_id=who.run_id))
        return None if view.breakouts is None else view.breakouts.model_dump(mode="json")


@pytest.fixture
async def house(account: MakePerson, guest: MakePerson, bus: LocalBus) -> House:
    made = House(account("Host"), guest("Ann"), guest("Ben"), bus)
    await made.begin()
    await made.place(made.ann, 0)
    return made


async def test_whoever_belongs_to_an_open_room_enters_it_past_lock_lobby_and_password(house: House) -> None:
    assert (await house.try_enter(house.ann, 0)).json()["code"] == "breakouts_not_open"
    await house.host.post(f"{house.base}/actions/lock", {"locked": True})
    await house.host.patch(f"{house.base}/options", {"lobby": "everyone"})
    await house.do(house.host, "open", {})
    inside = await house.enter(house.ann, 0)
    assert (inside.meeting_id, inside.display_name, inside.waiting) == (house.rooms[0], "Ann", False)
    again = await house.enter(house.ann, 0)
    assert again.participant_id == inside.participant_id, "a reconnect is the same person"
    for person, room in ((house.ann, 1), (house.ben, 0), (house.host, 0)):
        answer = await house.try_enter(person, room)
        assert (answer.status_code, answer.json()["code"]) == (403, "breakout_not_yours")


async def test_in_a_breakout_people_talk_though_all_are_muted_in_the_main_room(
    house: House, bus: LocalBus
) -> None:
    await house.host.patch(f"{house.base}/options", {"mute_on_entry": True})
    await house.host.post(f"{house.base}/actions/mute-all", {"block": True})
    await house.do(house.host, "open", {})
    inside = await house.enter(house.ann, 0)
    view = await bus.call(LoadRoom(meeting_id=inside.meeting_id, run_id=inside.run_id))
    options = view.meeting.options
    assert (options.attendees_may_unmute, options.mute_on_entry) == (True, False)
    for who, sources in ((inside, []), (house.who["Ann"], ["microphone"])):
        asked = FindBlocked(run_id=who.run_id, participant_id=who.participant_id)
        assert (await bus.call(asked)).sources == sources


async def test_a_breakout_shows_the_picture_of_whoever_comes(
    account: MakePerson, guest: MakePerson, bus: LocalBus
) -> None:
    house = House(account("Host", avatar_url="/api/v1/users/1/avatar/2"), guest("Ann"), guest("Ben"), bus)
    await house.begin()
    await house.place(house.host, 0)
    await house.do(house.host, "open", {})
    assert (await house.enter(house.host, 0)).avatar_url == "/api/v1/users/1/avatar/2"


async def test_a_breakout_is_in_no_list_and_nobody_joins_it_by_its_id(house: House) -> None:
    await house.do(house.host, "open", {})
    await house.place(house.host, 0)
    assert (await house.enter(house.host, 0)).role == "host"
    answer = await house.host.try_join(house.rooms[0])
    assert (answer.status_code, answer.json()["code"]) == (404, "meeting_not_found")
    assert (await house.ben.get(f"/meetings/preview/{house.rooms[0]}")).status_code == 404
    listed = (await house.host.get("/meetings")).json()["items"]
    assert [each["meeting_id"] for each in listed] == [house.base.split("/")[-1]]
    answer = await house.host.post(f"/meetings/{house.rooms[0]}/end")
    assert (answer.status_code, answer.json()["code"]) == (409, "breakouts_open")


async def test_the_main_room_sees_who_really_is_in_which_room(house: House) -> None:
    await house.do(house.host, "open", {})
    inside = await house.enter(house.ann, 0)
    main = house.who["Host"]

    async def place() -> tuple[str | None, str | None]:
        seen = await house.seen(main)
        assert seen is not None
        return seen["places"][0]["breakout_id"], seen["places"][0]["inside_id"]

    assert await place() == (house.rooms[0], None)
    await report(house.bus, inside, "connected")
    assert await place() == (house.rooms[0], house.rooms[0])
    await house.place(house.ann, 1)
    assert await place() == (house.rooms[1], house.rooms[0]), "told to move, not moved yet"
    second = await house.enter(house.ann, 1)
    await report(house.bus, second, "connected")
    await report(house.bus, inside, "left", "left")
    assert await place() == (house.rooms[1], house.rooms[1])


async def test_commands_from_inside_a_room_act_on_the_whole_meeting(house: House, asked: Asked) -> None:
    await house.do(house.host, "open", {})
    ann = await house.enter(house.ann, 0)
    await house.place(house.host, 1)
    host = await house.enter(house.host, 1)

    def key(who: Admission, cid: int) -> dict[str, Any]:
        of = {"meeting_id": who.meeting_id, "run_id": who.run_id, "participant_id": who.participant_id}
        return of | {"sid": f"sid-{who.participant_id}", "cid": cid}

    await house.bus.call(AskHelpInBreakout(**key(ann, 1), sent=BreakoutsAskHelp()))
    seen = await house.seen(host)
    assert seen is not None
    assert [room["help_by"] for room in seen["rooms"]] == ["Ann", None]
    assert seen["here"] == house.rooms[1]
    assert [each["display_name"] for each in seen["places"]] == ["Host"], "a room sees its own people"
    said = BroadcastToBreakouts(**key(host, 1), sent=BreakoutsBroadcast(body="Five minutes."))
    await house.bus.call(said)
    await house.bus.call(said)  # sent again after a lost answer
    told = await heard(asked, "breakouts.said", 3)
    assert {event.meeting_id for event in told} == {*house.rooms, house.base.split("/")[-1]}
    assert len(told) == 3, "once in every room"
    comes = ChooseBreakout(**key(host, 2), sent=BreakoutsChoose(breakout_id=house.rooms[0]))
    await house.bus.call(comes)
    seen = await house.seen(ann)
    assert seen is not None
    assert seen["rooms"][0]["help_by"] is None, "the host comes"
    assert len(seen["places"]) == 2


async def heard(asked: Asked, t: str, count: int) -> list[Any]:
    """Wait until so many events of a type were told."""
    async with asyncio.timeout(10):
        while True:
            found = [event for event in asked.events() if event.t == t]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.01)  # the outbox runs beside


async def test_time_runs_out_once_everybody_is_called_back_and_then_the_rooms_end(
    house: House, context: Context, clock: ManualClock, asked: Asked
) -> None:
    await house.do(house.host, "open", {"duration_s": 300})
    inside = await house.enter(house.ann, 0)
    await house.do(house.host, "extend", {"by_s": 60})
    clock.advance(301)
    assert await breakout_life.end_due(context) == 0, "it was extended"
    clock.advance(60)
    assert sorted(await asyncio.gather(*(breakout_life.end_due(context) for _ in range(4)))) == [0, 0, 0, 1]
    seen = await house.seen(inside)
    assert seen is not None
    assert seen["status"] == "returning"
    assert (await house.try_enter(house.ann, 0)).json()["code"] == "breakouts_not_open"
    assert await status(house.host, house.base.split("/")[-1]) == "live"
    clock.advance(16)
    assert sorted(await asyncio.gather(*(breakout_life.end_due(context) for _ in range(4)))) == [0, 0, 0, 1]
    ended = await heard(asked, "meeting.ended", 2)
    assert {event.meeting_id for event in ended} == set(house.rooms)
    assert {event.d["because"] for event in ended} == {"breakouts_closed"}
    assert await house.seen(house.who["Host"]) is None
    answer = await house.ann.try_join(house.base.split("/")[-1])
    assert answer.json()["participant_id"] == house.who["Ann"].participant_id, "back as who they were"


async def test_closing_counts_down_and_can_be_taken_back(
    house: House, context: Context, clock: ManualClock
) -> None:
    await house.do(house.host, "open", {})
    await house.do(house.host, "close", {"countdown_s": 60})
    seen = await house.seen(house.who["Ben"])
    assert seen is not None
    assert seen["status"] == "closing"
    await house.do(house.host, "extend", {"by_s": 60})
    clock.advance(61)
    assert await breakout_life.end_due(context) == 0
    await house.do(house.host, "close", {})
    seen = await house.seen(house.who["Ben"])
    assert seen is not None
    assert seen["status"] == "returning"


async def test_rooms_end_with_their_meeting(house: House, asked: Asked) -> None:
    await house.do(house.host, "open", {})
    await house.enter(house.ann, 0)
    assert (await house.host.post(f"{house.base}/end")).status_code == 204
    reasons = {event.meeting_id: event.d["because"] for event in await heard(asked, "meeting.ended", 3)}
    assert reasons == {house.base.split("/")[-1]: None} | dict.fromkeys(house.rooms, "breakouts_closed")


async def test_while_people_are_in_rooms_the_main_room_neither_ends_nor_gets_another_host(
    house: House, context: Context, clock: ManualClock
) -> None:
    await house.do(house.host, "open", {})
    await house.place(house.host, 0)
    for person in (house.host, house.ann):
        await report(house.bus, await house.enter(person, 0), "connected")
    for who in house.who.values():
        await report(house.bus, who, "left", "left")
    clock.advance(3600)
    assert await lifecycle.end_empty(context) == 0
    assert await roles.appoint(context) == 0
    assert await status(house.host, house.base.split("/")[-1]) == "live"


async def test_random_rooms_are_even_and_hosts_are_in_none(
    account: MakePerson, guest: MakePerson, bus: LocalBus
) -> None:
    house = House(account("Host"), guest("Ann"), guest("Ben"), bus)
    await house.begin(assignment="random")
    seen = await house.seen(house.who["Host"])
    assert seen is not None
    assert sorted(each["display_name"] for each in seen["places"]) == ["Ann", "Ben"]
    assert {each["breakout_id"] for each in seen["places"]} == set(house.rooms)


async def test_people_choose_and_go_back_only_where_the_rooms_are_made_so(
    account: MakePerson, guest: MakePerson, bus: LocalBus
) -> None:
    house = House(account("Host"), guest("Ann"), guest("Ben"), bus)
    await house.begin(assignment="choose", may_return=False)
    await house.do(house.host, "open", {})
    await house.do(house.ann, "choose", {"breakout_id": house.rooms[1]})
    await house.enter(house.ann, 1)
    answer = await house.ann.post(f"{house.base}/breakouts/choose", {"breakout_id": None})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    answer = await house.ben.post(f"{house.base}/breakouts/choose", {"breakout_id": "nowhere"})
    assert (answer.status_code, answer.json()["code"]) == (404, "breakout_not_found")
    await house.do(house.host, "close", {})
    answer = await house.host.post(f"{house.base}/breakouts", {"titles": ["A"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "breakouts_open")


async def test_who_is_removed_from_the_meeting_is_out_of_their_room_too(house: House, asked: Asked) -> None:
    await house.do(house.host, "open", {})
    inside = await house.enter(house.ann, 0)
    ann = house.who["Ann"].participant_id
    assert (await house.host.post(f"{house.base}/participants/{ann}/remove")).status_code == 204
    told = await heard(asked, "participant.removed", 2)
    assert {event.d["participant_id"] for event in told} == {ann, inside.participant_id}
    assert (await house.try_enter(house.ann, 0)).status_code == 403


# What the rooms have to be for it, the operation, what is sent, and the permission that it takes.
OPERATIONS: list[tuple[str, str, Any, str]] = [
    ("planned", "", {"titles": ["A"]}, "breakout:manage"),
    ("planned", "/assign", {"places": "own"}, "breakout:manage"),
    ("planned", "/open", {}, "breakout:manage"),
    ("open", "/assign", {"places": "own"}, "breakout:manage"),
    ("open", "/extend", {"by_s": 60}, "breakout:manage"),
    ("open", "/broadcast", {"body": "Soon."}, "breakout:manage"),
    ("open", "/ask-help", None, "breakout:ask_help"),
    ("open", "/choose", {"breakout_id": None}, "breakout:choose"),
    ("open", "/close", {}, "breakout:manage"),
]


@pytest.mark.parametrize("role", list(MeetingRole))
async def test_each_role_may_do_with_rooms_what_the_table_says(
    house: House, ports: Ports, context: Context, clock: ManualClock, role: MeetingRole
) -> None:
    ann = house.who["Ann"].participant_id
    async with ports.database.transaction() as connection:
        of_ann = participants.c.participant_id == ann
        await connection.execute(update(participants).where(of_ann).values(role=role, role_given=True))
    for wanted, path, body, permission in OPERATIONS:
        await house.host.post(f"{house.base}/breakouts/close", {})
        clock.advance(20)
        await breakout_life.end_due(context)
        made = await house.host.post(f"{house.base}/breakouts", {"titles": ["A"], "assignment": "manual"})
        house.rooms = made.json()["breakout_ids"]
        await house.place(house.ann, 0)
        if wanted == "open":
            await house.do(house.host, "open", {})
        sent = {"places": [{"participant_id": ann}]} if body == {"places": "own"} else body
        answer = await house.ann.post(f"{house.base}/breakouts{path}", sent)
        may = permission in MEETING_PERMISSIONS[role]
        assert (answer.status_code < 300) is may, (path, answer.text)
        if not may:
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), path


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("", {"titles": []}),
        ("", {"titles": ["x"] * 51}),
        ("", {"titles": [" "]}),
        ("/assign", {"places": []}),
        ("/open", {"duration_s": 1}),
        ("/broadcast", {"body": " "}),
        ("/close", {"countdown_s": -1}),
    ],
)
async def test_what_can_not_be_is_refused(house: House, path: str, body: Any) -> None:
    answer = await house.host.post(f"{house.base}/breakouts{path}", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def after(state: State | None, t: str, d: State) -> State | None:
    """Apply an event as every client does: docs/protocol/signaling.md."""
    if t == "breakouts.changed":
        known = state or {"here": None, "places": []}
        told = d["breakouts"]
        return None if told is None else told | {"here": known["here"], "places": known["places"]}
    if t != "breakouts.placed" or state is None:
        return state
    places = {each["participant_id"]: each for each in [*state["places"], *d["places"]]}
    here = state["here"]
    kept = [each for each in places.values() if here in (None, each["breakout_id"], each["inside_id"])]
    return state | {"places": sorted(kept, key=lambda each: str(each["participant_id"]))}


async def test_a_snapshot_with_the_events_after_it_is_the_snapshot_now(
    house: House, ports: Ports, context: Context, clock: ManualClock
) -> None:
    main, rooms = house.who["Host"], list[Admission]()
    states: dict[str, State | None] = {main.run_id: await house.seen(main)}
    applied: dict[str, int] = {main.run_id: await log_seq(house, main)}

    async def check() -> None:
        for who in (main, *rooms):
            for t, d in await told_since(ports, who.run_id, applied[who.run_id]):
                states[who.run_id] = after(states[who.run_id], t, d)
                applied[who.run_id] += 1
            assert states[who.run_id] == await house.seen(who)

    await house.do(house.host, "open", {"duration_s": 600})
    await check()
    for person, room in ((house.ann, 0), (house.host, 1)):
        await house.place(person, room)
        who = await house.enter(person, room)
        states[who.run_id], applied[who.run_id] = await house.seen(who), await log_seq(house, who)
        rooms.append(who)
    await report(house.bus, rooms[0], "connected")
    await check()
    await house.do(house.ann, "ask-help")
    await house.place(house.ben, 1)
    await check()
    await house.place(house.ann, 1)
    await check()
    await report(house.bus, rooms[0], "left", "left")
    await check()
    await house.do(house.host, "close", {"countdown_s": 10})
    await check()
    clock.advance(10)
    await breakout_life.end_due(context)
    await check()
    clock.advance(16)
    await breakout_life.end_due(context)
    rooms.clear()
    await check()


async def log_seq(house: House, who: Admission) -> int:
    return (await house.bus.call(LoadRoom(meeting_id=who.meeting_id, run_id=who.run_id))).log_seq


async def told_since(ports: Ports, run_id: str, log_seq: int) -> list[tuple[str, State]]:
    async with ports.database.reading() as connection:
        wanted = (events.c.run_id == run_id) & (events.c.log_seq > log_seq)
        rows = await connection.execute(events.select().where(wanted).order_by(events.c.log_seq))
        return [(row["t"], row["d"]) for row in rows.mappings()]
