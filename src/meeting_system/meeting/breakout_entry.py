"""Going into a breakout: a fresh ticket for whoever belongs there, as often as they need one."""

from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.kernel.ids import is_id, new_id
from meeting_system.kernel.principal import Guest, Principal
from meeting_system.meeting.access import Standing, check_meeting_id, find_standing, standing_of
from meeting_system.meeting.context import Context
from meeting_system.meeting.durable import Call, FindActor
from meeting_system.meeting.errors import (
    BreakoutNotYours,
    BreakoutsNotOpen,
    MeetingNotLive,
    ParticipantBanned,
    ParticipantNotFound,
)
from meeting_system.meeting.join import answer_arrival, avatar_of
from meeting_system.meeting.repository import breakouts, joining, runs
from meeting_system.meeting.repository.joining import Arrival
from meeting_system.meeting.repository.runs import ParticipantRow, RunRow
from meeting_system.meeting.schemas import Joined


async def enter(
    context: Context, principal: Principal, meeting_id: str, breakout_id: str, device_id: str
) -> Joined:
    """Let somebody of the main room into the breakout they belong to: no lobby, lock or password is asked.

    Errors: meeting_not_found, participant_not_found, breakout_not_yours, breakouts_not_open,
    participant_banned.
    """
    now = context.ports.clock.now()
    async with context.ports.database.transaction() as connection:
        person = await _find_person(connection, principal, meeting_id, device_id)
        run = await _find_open(connection, meeting_id, person, breakout_id)
        if person.user_id is not None:
            await breakouts.set_member(connection, breakout_id, person.user_id, person.role, now=now)
        arrival = Arrival(
            meeting_id=breakout_id,
            run_id=run.run_id,
            new_run_id="",
            new_participant_id=new_id(now.timestamp()),
            user_id=person.user_id,
            device_id=person.device_id,
            display_name=person.display_name,
            role=person.role,
            now=now,
            avatar_url=avatar_of(principal),
        )
        arrived = await joining.arrive(connection, arrival)
        if arrived is None:
            raise ParticipantBanned("a host removed you from this breakout room")
        await breakouts.mark_origin(connection, arrived[0], person.participant_id)
    return await answer_arrival(context, arrival, *arrived)


async def call_from_breakout(context: Context, call: Call) -> Call:
    """Return a command that came from a breakout as one of the main room, by who its sender is there."""
    if not (is_id(call.meeting_id) and is_id(call.run_id)):
        return call
    async with context.ports.database.reading() as connection:
        parent = await breakouts.find_parent(connection, call.meeting_id)
        if parent is None:
            return call
        origin_id = await breakouts.find_origin(connection, call.run_id, call.participant_id or "")
    if origin_id is None:
        raise MeetingNotLive("there is no such live meeting")
    actor = _actor(origin_id)
    return Call(parent.meeting_id, parent.run_id, call.sid, call.cid, call.participant_id, actor)


def _actor(participant_id: str) -> FindActor:
    async def find_actor(connection: AsyncConnection, run: RunRow) -> Standing:
        row = await runs.find_participant(connection, run.run_id, participant_id)
        if row is None:
            raise ParticipantNotFound("you are not in this meeting")
        return standing_of(row)

    return find_actor


async def _find_person(
    connection: AsyncConnection, principal: Principal, meeting_id: str, device_id: str
) -> ParticipantRow:
    check_meeting_id(meeting_id)
    await find_standing(connection, meeting_id, principal)
    if isinstance(principal, Guest):
        found = await runs.find_guest(connection, meeting_id, principal.participant_id)
    else:
        devices = await runs.find_participants_of(connection, meeting_id, principal.user_id)
        found = next((row for row in devices if row.device_id == device_id), None)
    if found is None:
        raise ParticipantNotFound("you are not in the main room: join it first")
    standing_of(found)
    return found


async def _find_open(
    connection: AsyncConnection, meeting_id: str, person: ParticipantRow, breakout_id: str
) -> RunRow:
    run = await runs.find_latest_run(connection, meeting_id)
    row = await breakouts.find_breakouts(connection, run.run_id) if run is not None else None
    if run is None or row is None or row.status not in ("open", "closing"):
        raise BreakoutsNotOpen("there are no breakout rooms, or they are not open")
    places = await breakouts.list_places(connection, run.run_id, [person.participant_id])
    if not places or places[0].breakout_id != breakout_id:
        raise BreakoutNotYours("you do not belong to this breakout room")
    room = await runs.find_latest_run(connection, breakout_id)
    if room is None or room.ended_at is not None:
        raise BreakoutsNotOpen("this breakout room is over")
    return room
