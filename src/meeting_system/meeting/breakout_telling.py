"""What the main room and its breakouts are told, in the transaction of what happened."""

from collections.abc import Mapping, Sequence

from meeting_system.contracts.call import Message
from meeting_system.contracts.signal_breakouts import (
    BreakoutPlace,
    BreakoutRoom,
    BreakoutsChanged,
    BreakoutsHead,
    BreakoutsPlaced,
)
from meeting_system.meeting import rules
from meeting_system.meeting.durable import Turn
from meeting_system.meeting.repository import breakouts
from meeting_system.meeting.repository.breakouts import PlaceRow
from meeting_system.meeting.repository.runs import RunRow

Before = Mapping[str, PlaceRow]


async def tell_all(turn: Turn, t: str, event: Message) -> None:
    """Tell the main room and every breakout that is open."""
    for run in [turn.run, *(await breakouts.lock_rooms(turn.connection, turn.run.run_id)).values()]:
        await turn.tell(t, event, in_run=run)


async def tell_changed(turn: Turn) -> None:
    """Tell all how the breakouts are now, without the places."""
    head = None
    row = await breakouts.find_breakouts(turn.connection, turn.run.run_id)
    if row is not None:
        rooms = await breakouts.list_rooms(turn.connection, turn.run.run_id)
        head = BreakoutsHead.model_validate(
            {
                "status": row.status,
                "assignment": row.assignment,
                "may_return": row.may_return,
                "ends_at": row.ends_at and rules.moment(row.ends_at),
                "rooms": [BreakoutRoom(**vars(room)) for room in rooms],
            }
        )
    await tell_all(turn, "breakouts.changed", BreakoutsChanged(breakouts=head))


async def tell_placed(turn: Turn, before: Before, after: Sequence[PlaceRow]) -> None:
    """Tell the main room new places, and of each the breakouts that somebody leaves or comes to."""
    if not after:
        return
    await _tell_places(turn, turn.run, after)
    open_rooms = await breakouts.lock_rooms(turn.connection, turn.run.run_id)
    for breakout_id, run in open_rooms.items():
        concerned = [row for row in after if breakout_id in _rooms_of(row, before.get(row.participant_id))]
        if concerned:
            await _tell_places(turn, run, concerned)


def _rooms_of(after: PlaceRow, before: PlaceRow | None) -> set[str | None]:
    rooms = {after.breakout_id, after.inside_id}
    return rooms | {before.breakout_id, before.inside_id} if before else rooms


async def _tell_places(turn: Turn, run: RunRow, places: Sequence[PlaceRow]) -> None:
    told = BreakoutsPlaced(places=[BreakoutPlace(**vars(row)) for row in places])
    await turn.tell("breakouts.placed", told, in_run=run)
