"""Breakout rooms: what hosts decide about them, and what people choose. Each runs while the main run is held.

Whoever holds a breakout's run as well took the main run first, so nobody waits in a circle.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from meeting_system.contracts.permissions import MEETING_PERMISSIONS, check_participant
from meeting_system.contracts.signal_breakouts import (
    BreakoutsAssign,
    BreakoutsChoose,
    BreakoutsCreate,
    BreakoutsSaid,
)
from meeting_system.contracts.signal_floor import MODERATORS
from meeting_system.kernel.errors import Forbidden, Unavailable
from meeting_system.kernel.ids import is_id, new_id
from meeting_system.kernel.principal import MeetingRole
from meeting_system.kernel.text import clean_line, clean_paragraphs
from meeting_system.meeting import rules
from meeting_system.meeting.breakout_telling import tell_all, tell_changed, tell_placed
from meeting_system.meeting.durable import Effect, Turn
from meeting_system.meeting.errors import (
    BreakoutNotFound,
    BreakoutsNotOpen,
    BreakoutsOpen,
    ParticipantNotFound,
)
from meeting_system.meeting.repository import breakouts
from meeting_system.meeting.repository.breakouts import BreakoutsRow, RoomRow

RETURN_S = 15
"""So long rooms stay after everybody was called back: clients open the main room before they leave."""
_TRIES = 10
_ACTIVE = ("open", "closing")


def creating(sent: BreakoutsCreate) -> Effect:
    """Return the effect of breakouts.create."""
    titles = [rules.cleaned(clean_line, title, f"/titles/{at}") for at, title in enumerate(sent.titles)]

    async def create(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "breakout:manage")
        known = await breakouts.find_breakouts(turn.connection, turn.run.run_id)
        if known is not None and known.status != "planned":
            raise BreakoutsOpen("the breakout rooms are open: close them first")
        if known is not None:
            await breakouts.delete_breakouts(turn.connection, turn.run.run_id)
            await tell_changed(turn)
        row = BreakoutsRow(turn.run.run_id, "planned", sent.assignment, sent.may_return, None)
        rooms = [RoomRow(new_id(turn.now.timestamp()), title, None) for title in titles]
        await breakouts.insert_breakouts(turn.connection, row, rooms)
        await tell_changed(turn)
        if sent.assignment == "random":
            await _spread(turn, [room.breakout_id for room in rooms])
        return {"breakout_ids": [room.breakout_id for room in rooms]}

    return create


def assigning(sent: BreakoutsAssign) -> Effect:
    """Return the effect of breakouts.assign, which moves people when the rooms are open."""
    wanted = {each.participant_id: each.breakout_id for each in sent.places}

    async def assign(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "breakout:manage")
        await _find(turn)
        await _check_rooms(turn, set(wanted.values()))
        await _check_people(turn, list(wanted))
        await _place(turn, wanted)
        return {}

    return assign


def choosing(sent: BreakoutsChoose) -> Effect:
    """Return the effect of breakouts.choose: oneself, where one may."""

    async def choose(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "breakout:choose")
        row = await _find(turn)
        own = turn.actor.participant_id
        if own is None:
            raise ParticipantNotFound("you are not in this meeting")
        if turn.actor.role not in MODERATORS:
            _check_choice(row, sent.breakout_id)
        await _check_rooms(turn, {sent.breakout_id})
        await _place(turn, {own: sent.breakout_id})
        helps = sent.breakout_id is not None and turn.actor.role in MODERATORS
        if helps and await breakouts.set_help(turn.connection, str(sent.breakout_id), None):
            await tell_changed(turn)
        return {}

    return choose


def opening(duration_s: int | None) -> Effect:
    """Return the effect of breakouts.open: each room becomes a meeting, and people go to theirs."""

    async def open_rooms(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "breakout:manage")
        row = await _find(turn)
        if row.status != "planned":
            raise BreakoutsOpen("the breakout rooms are open already")
        for room in await breakouts.list_rooms(turn.connection, turn.run.run_id):
            await _make_meeting(turn, room)
        ends_at = turn.now + timedelta(seconds=duration_s) if duration_s is not None else None
        await _set(turn, "open", ends_at)
        await tell_placed(turn, {}, await breakouts.list_places(turn.connection, turn.run.run_id))
        return {}

    return open_rooms


def extending(by_s: int) -> Effect:
    """Return the effect of breakouts.extend; rooms that are closing stay open."""

    async def extend(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "breakout:manage")
        row = await _find(turn, active=True)
        await _set(turn, "open", (row.ends_at or turn.now) + timedelta(seconds=by_s))
        return {}

    return extend


def broadcasting(body: str) -> Effect:
    """Return the effect of breakouts.broadcast; raises Invalid for a body that can't be."""
    text = rules.cleaned(clean_paragraphs, body, "/body")

    async def broadcast(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "breakout:manage")
        await _find(turn, active=True)
        await tell_all(turn, "breakouts.said", BreakoutsSaid(display_name=turn.actor.display_name, body=text))
        return {}

    return broadcast


async def ask_help(turn: Turn) -> dict[str, Any]:
    """The effect of breakouts.ask_help: hosts see that somebody asks them to come."""
    check_participant(turn.actor.role, "breakout:ask_help")
    await _find(turn, active=True)
    own = [turn.actor.participant_id] if turn.actor.participant_id else []
    places = await breakouts.list_places(turn.connection, turn.run.run_id, own)
    if not places or places[0].breakout_id is None:
        raise Forbidden("you are in no breakout room")
    name = turn.actor.display_name
    if await breakouts.set_help(turn.connection, places[0].breakout_id, name):
        await tell_changed(turn)
    return {}


def closing(countdown_s: int) -> Effect:
    """Return the effect of breakouts.close. Rooms that were never opened are only forgotten."""

    async def close(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "breakout:manage")
        row = await _find(turn)
        if row.status == "planned":
            await breakouts.delete_breakouts(turn.connection, turn.run.run_id)
            await tell_changed(turn)
        elif row.status in _ACTIVE and countdown_s > 0:
            ends_at = turn.now + timedelta(seconds=countdown_s)
            await _set(turn, "closing", min(row.ends_at or ends_at, ends_at))
        elif row.status in _ACTIVE:
            await call_back(turn)
        return {}

    return close


async def call_back(turn: Turn) -> None:
    """Everybody returns; the rooms stay until they have."""
    await _set(turn, "returning", turn.now + timedelta(seconds=RETURN_S))


async def _find(turn: Turn, *, active: bool = False) -> BreakoutsRow:
    row = await breakouts.find_breakouts(turn.connection, turn.run.run_id)
    if row is None or (active and row.status not in _ACTIVE):
        raise BreakoutsNotOpen("there are no breakout rooms, or they are not open")
    return row


async def _set(turn: Turn, status: str, ends_at: datetime | None) -> None:
    await breakouts.update_breakouts(turn.connection, turn.run.run_id, status=status, ends_at=ends_at)
    await tell_changed(turn)


def _check_choice(row: BreakoutsRow, breakout_id: str | None) -> None:
    if row.status == "returning":
        raise BreakoutsNotOpen("the breakout rooms are closing")
    if breakout_id is not None and row.assignment != "choose":
        raise Forbidden("hosts say who belongs to which breakout room")
    if breakout_id is None and row.status in _ACTIVE and not row.may_return:
        raise Forbidden("you are called back when the breakout rooms close")


async def _check_rooms(turn: Turn, wanted: set[str | None]) -> None:
    known = {room.breakout_id for room in await breakouts.list_rooms(turn.connection, turn.run.run_id)}
    if wanted - known - {None}:
        raise BreakoutNotFound("there is no such breakout room in this meeting")


async def _check_people(turn: Turn, participant_ids: Sequence[str]) -> None:
    known: set[str] = set()
    if all(is_id(each) for each in participant_ids):
        people = await breakouts.list_placeable(turn.connection, turn.run.run_id, list(participant_ids))
        known = {participant_id for participant_id, _ in people}
    if set(participant_ids) - known:
        raise ParticipantNotFound("there is no such participant in this meeting")


async def _place(turn: Turn, wanted: dict[str, str | None]) -> None:
    """Give places and tell those that are new."""
    ids = list(wanted)
    before = {
        row.participant_id: row for row in await breakouts.list_places(turn.connection, turn.run.run_id, ids)
    }
    await breakouts.place(turn.connection, turn.run.run_id, wanted)
    after = await breakouts.list_places(turn.connection, turn.run.run_id, ids)
    await tell_placed(turn, before, [row for row in after if before.get(row.participant_id) != row])


async def _spread(turn: Turn, rooms: list[str]) -> None:
    """Spread everybody but who moderates evenly, at random."""
    found = await breakouts.list_placeable(turn.connection, turn.run.run_id)
    people = [participant_id for participant_id, role in found if _takes_part(role)]
    if people:
        shuffled = rules.shuffle(people)
        await _place(turn, {each: rooms[at % len(rooms)] for at, each in enumerate(shuffled)})


def _takes_part(role: str) -> bool:
    return role not in MODERATORS and "breakout:choose" in MEETING_PERMISSIONS[MeetingRole(role)]


async def _make_meeting(turn: Turn, room: RoomRow) -> None:
    for _ in range(_TRIES):
        made = await breakouts.insert_meeting(
            turn.connection,
            turn.run,
            room,
            number=rules.new_meeting_no(),
            run_id=new_id(turn.now.timestamp()),
            now=turn.now,
        )
        if made:
            return
    raise Unavailable("no free meeting number was found: try again")
