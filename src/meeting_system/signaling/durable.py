"""Durable events: committed by the meeting service, handed over by its outbox, appended once and in order."""

from meeting_system.contracts.meeting import AppendDurable
from meeting_system.contracts.signal import CloseCode, ParticipantLeft
from meeting_system.kernel.errors import Unavailable
from meeting_system.signaling import floor, lobby
from meeting_system.signaling.core import ATTEMPTS, Core, ensure_room
from meeting_system.signaling.errors import CloseSocket, LogGap
from meeting_system.signaling.frames import event
from meeting_system.signaling.records import PersonWrite, RoomState, Step


async def append(core: Core, request: AppendDurable) -> None:
    """Append an event to its room's log unless it is there already. Raises LogGap: not its turn yet."""
    for _ in range(ATTEMPTS):
        try:
            room = await ensure_room(core, request.meeting_id, request.run_id)
        except CloseSocket as end:
            if end.code is CloseCode.DRAINING:
                raise Unavailable("the room's log can't be opened now") from end
            # The run is over: nobody is left to tell.
            return
        outcome = await core.log.apply(_step(core, room, request))
        if outcome.ok or outcome.verdict == "old":
            if request.t == "lobby.admitted":
                await _let_in(core, request)
            return
        if outcome.verdict == "gap":
            raise LogGap(f"event {request.log_seq} came before {outcome.top + 1}")
    raise Unavailable("the room changed faster than the event could be appended")


def _step(core: Core, room: RoomState, request: AppendDurable) -> Step:
    now = core.now()
    about = request.t.startswith(("participant.", "lobby."))
    target = str(request.d.get("participant_id", "")) if about else ""
    told = event(
        request.t,
        request.d,
        now=now.moment,
        by=request.by,
        event_id=request.event_id,
        ts=request.ts,
        target=target,
    )
    step = Step(run=request.run_id, epoch=room.epoch, now_ms=now.ms, log_seq=request.log_seq, events=[told])
    if request.t == "meeting.ended":
        step.ends_room = True
    elif request.t == "participant.removed":
        step.removes = target
        person = room.people.get(target)
        # Absent is a condition too: somebody may be let in between reading and writing.
        step.people = [PersonWrite(target, person.state.version if person else 0)]
        if person is not None:
            left = ParticipantLeft(participant_id=target, reason="removed")
            step.events.append(event("participant.left", left, now=now.moment))
    else:
        floor.add_changes(step, room, request, now)
    return step


async def _let_in(core: Core, request: AppendDurable) -> None:
    try:
        await lobby.let_in(core, request)
    except CloseSocket as end:
        if end.code is CloseCode.DRAINING:
            raise Unavailable("the room's log can't be opened now") from end
