"""Streams (WHIP, WHEP) in the room: participants without a socket, for whom the media service speaks.

A stream has a session as everybody, whose lease the media service renews by showing the stream again. There
is nothing to resume: a session that is not renewed is given up at once.
"""

from meeting_system.contracts.meeting import ReportPresence
from meeting_system.contracts.signal import CloseCode
from meeting_system.contracts.stream import (
    HideStream,
    LookAtStage,
    LookAtStages,
    OnStage,
    ShowStream,
    Stage,
    Stages,
)
from meeting_system.kernel.errors import Unavailable
from meeting_system.signaling import presence, steps
from meeting_system.signaling.core import ATTEMPTS, Core, ensure_room
from meeting_system.signaling.errors import CloseSocket, StreamOver
from meeting_system.signaling.records import Outcome, RoomState, SessionRecord

OVER = ("ended", "removed", "fenced")


async def show(core: Core, wish: ShowStream) -> None:
    """Let a stream in, or renew it with what it sends now. Error: stream_over."""
    for _ in range(ATTEMPTS):
        # Before the room: whoever is missing there was taken out.
        record = await core.log.find_session(wish.sid)
        if record is not None and record.state == "gone":
            raise StreamOver(f"this stream is over: {record.why}")
        room = await _open_room(core, wish.meeting_id, wish.run_id)
        outcome, is_new = await _show_once(core, wish, room, record)
        if outcome.verdict in OVER:
            raise StreamOver(f"this stream is over: {outcome.verdict}")
        if outcome.ok:
            if is_new:
                core.later(
                    ReportPresence(
                        meeting_id=wish.meeting_id,
                        run_id=wish.run_id,
                        participant_id=wish.participant_id,
                        state="connected",
                    )
                )
            return
    raise Unavailable("the room changed faster than the stream could be shown")


async def hide(core: Core, wish: HideStream) -> None:
    """Take a stream out of the room."""
    record = await core.log.find_session(wish.sid)
    if record is not None and record.is_stream and record.state != "gone":
        await presence.give_up(core, record, wish.reason)


async def look(core: Core, wish: LookAtStage) -> Stage:
    """Say who has a camera or a screen on."""
    return await _look_at(core, wish.run_id)


async def look_at_all(core: Core, wish: LookAtStages) -> Stages:
    """The same of several runs."""
    return Stages(items=[await _look_at(core, run_id) for run_id in wish.run_ids])


async def _look_at(core: Core, run_id: str) -> Stage:
    room = await core.log.read_room(run_id)
    if room is None or room.ended:
        return Stage(people=[])
    shown = [each.state for each in room.people.values() if each.state.camera or each.state.screen]
    shown.sort(key=lambda each: (each.joined_at, each.participant_id))
    return Stage(
        people=[
            OnStage(participant_id=each.participant_id, camera=each.camera, screen=each.screen)
            for each in shown
        ]
    )


async def _show_once(
    core: Core, wish: ShowStream, room: RoomState, record: SessionRecord | None
) -> tuple[Outcome, bool]:
    present = room.people.get(wish.participant_id)
    if present is not None and present.sid > wish.sid:
        # A later connection of the same token has come in.
        raise StreamOver("another connection took this stream over")
    is_new = record is None or record.epoch != room.epoch
    if not is_new and wish.visible and present is None:
        # A session without its participant: only a removal does that.
        raise StreamOver("this stream was taken out of the meeting")
    session = steps.NewSession(wish.sid, "", core.node)
    step = steps.show_stream(room, wish, record, present, session, core.now())
    return await core.log.apply(step), is_new


async def _open_room(core: Core, meeting_id: str, run_id: str) -> RoomState:
    try:
        return await ensure_room(core, meeting_id, run_id)
    except CloseSocket as end:
        if end.code is CloseCode.DRAINING:
            raise Unavailable("the room's log can't be opened now") from end
        raise StreamOver("this meeting is over") from end
