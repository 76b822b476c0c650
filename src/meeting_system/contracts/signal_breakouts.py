"""Breakout rooms in `meet.v1`: who belongs where, and what hosts do with the rooms.

All of it is durable. A client goes where its place says, by itself: the events build up what the snapshot
contains, so a lost connection, a late arrival or a reloaded page ends in the same room.
"""

from typing import Annotated, Literal

from pydantic import Field

from meeting_system.contracts.call import Id, Message

MAX_BREAKOUTS = 50
MAX_PLACES = 1000
MAX_BROADCAST_CHARS = 500

BreakoutTitle = Annotated[str, Field(min_length=1, max_length=64)]
BreakoutStatus = Literal["planned", "open", "closing", "returning"]
Assignment = Literal["random", "manual", "choose"]


# ---------------------------------------------------------------- state


class BreakoutRoom(Message):
    """One room; its id is the id of the meeting that it is while rooms are open."""

    breakout_id: Id
    title: str
    help_by: str | None = Field(default=None, description="the name of who asked hosts to come")


class BreakoutPlace(Message):
    """Where somebody belongs and where they are; null: the main room. Ids are those of the main room."""

    participant_id: Id
    display_name: str
    breakout_id: Id | None
    inside_id: Id | None = Field(default=None, description="the room that they are connected to")


class BreakoutsHead(Message):
    """All but who is where. `returning`: everybody goes back to the main room, the rooms end soon after."""

    status: BreakoutStatus
    assignment: Assignment
    may_return: bool = Field(description="people may go back to the main room by themselves")
    ends_at: str | None = None
    rooms: list[BreakoutRoom]


class BreakoutsState(BreakoutsHead):
    """In the snapshot: of the main room with everybody's place, of a breakout with those that concern it."""

    here: Id | None = Field(default=None, description="the breakout that this snapshot is of")
    places: list[BreakoutPlace] = Field(default_factory=list)


# ---------------------------------------------------------------- commands: what is in `d`


class PlaceWanted(Message):
    """Where somebody is to be; null: in the main room."""

    participant_id: Id
    breakout_id: Id | None = None


class BreakoutsCreate(Message):
    """breakouts.create: new rooms instead of the planned ones. `random`: everybody but hosts and co-hosts is
    spread evenly; `choose`: people choose by themselves. Events breakouts.changed, breakouts.placed."""

    titles: Annotated[list[BreakoutTitle], Field(min_length=1, max_length=MAX_BREAKOUTS)]
    assignment: Assignment = "random"
    may_return: bool = True


class BreakoutsAssign(Message):
    """breakouts.assign: before the rooms open, and to move people afterwards. Event breakouts.placed."""

    places: Annotated[list[PlaceWanted], Field(min_length=1, max_length=MAX_PLACES)]


class BreakoutsOpen(Message):
    """breakouts.open: with a time, they end by themselves. Event breakouts.changed."""

    duration_s: Annotated[int, Field(ge=30, le=24 * 3600)] | None = None


class BreakoutsExtend(Message):
    """breakouts.extend: so much longer, also when they are closing. Event breakouts.changed."""

    by_s: Annotated[int, Field(ge=30, le=24 * 3600)]


class BreakoutsBroadcast(Message):
    """breakouts.broadcast: to the main room and to every breakout. Event breakouts.said."""

    body: Annotated[str, Field(min_length=1, max_length=MAX_BROADCAST_CHARS)]


class BreakoutsAskHelp(Message):
    """breakouts.ask_help: from the breakout that one is in. Event breakouts.changed, with `help_by`."""


class BreakoutsChoose(Message):
    """breakouts.choose: where oneself goes; null: back to the main room. Hosts always may, others where the
    rooms are made so. Event breakouts.placed."""

    breakout_id: Id | None = None


class BreakoutsClose(Message):
    """breakouts.close: everybody is brought back, after a countdown. Event breakouts.changed."""

    countdown_s: Annotated[int, Field(ge=0, le=600)] = 0


# ---------------------------------------------------------------- events: what is in `d`


class BreakoutsChanged(Message):
    """breakouts.changed (D): to the main room and every breakout; null: there are none, nor places."""

    breakouts: BreakoutsHead | None


class BreakoutsPlaced(Message):
    """breakouts.placed (D): new places of some; the others keep theirs. Breakouts hear what is theirs."""

    places: list[BreakoutPlace]


class BreakoutsSaid(Message):
    """breakouts.said (D): a host to all rooms."""

    display_name: str
    body: str


BREAKOUT_COMMANDS: dict[str, type[Message]] = {
    "breakouts.create": BreakoutsCreate,
    "breakouts.assign": BreakoutsAssign,
    "breakouts.open": BreakoutsOpen,
    "breakouts.extend": BreakoutsExtend,
    "breakouts.broadcast": BreakoutsBroadcast,
    "breakouts.ask_help": BreakoutsAskHelp,
    "breakouts.choose": BreakoutsChoose,
    "breakouts.close": BreakoutsClose,
}

BREAKOUT_EVENTS: dict[str, type[Message]] = {
    "breakouts.changed": BreakoutsChanged,
    "breakouts.placed": BreakoutsPlaced,
    "breakouts.said": BreakoutsSaid,
}
