"""How a session stops: its socket is lost, it says goodbye, its process died, or nobody came back for it."""

from typing import Literal

from meeting_system.contracts.media import ClosePeer
from meeting_system.contracts.meeting import EndSession, ReportPresence
from meeting_system.contracts.signal import CloseCode
from meeting_system.kernel.errors import Unavailable
from meeting_system.signaling import lobby, rules, steps
from meeting_system.signaling.attach import last_durable, why_over
from meeting_system.signaling.core import ATTEMPTS, Core, ensure_room, load_view
from meeting_system.signaling.errors import CloseSocket
from meeting_system.signaling.hub import Hub
from meeting_system.signaling.records import Attachment, Outcome, RoomState, SessionRecord, Step

SWEPT_AT_ONCE = 200
RENEWED_AT_ONCE = 500
"""Valkey does nothing else meanwhile: for ten thousand at once a fifth of a second, and all events wait."""

How = Literal["lose", "wait_on", "left", "lost", "logged_out"]


async def lose(core: Core, held: Attachment) -> None:
    """The socket of a session is gone: it can be resumed for a while."""
    outcome = await _end(core, steps.stored_now(held), "lose")
    if outcome is not None and outcome.ok and not held.is_waiting:
        _report(core, steps.stored_now(held), "reconnecting", None)


async def leave(core: Core, held: Attachment) -> None:
    """The participant said goodbye."""
    await give_up(core, steps.stored_now(held), "left")


async def renew(core: Core, hub: Hub) -> None:
    """Renew the leases of every session here; one that others took for lost is taken back."""
    held = {each.sid: each for each in hub.members()}
    leases = [(each.sid, each.gen, each.pid) for each in held.values()]
    strays: list[str] = []
    for at in range(0, len(leases), RENEWED_AT_ONCE):
        some = leases[at : at + RENEWED_AT_ONCE]
        strays += await core.log.renew_leases(some, core.now().ms + rules.LEASE_MS)
    for sid in strays:
        await recover(core, hub, held[sid])


async def recover(core: Core, hub: Hub, held: Attachment) -> None:
    """Read again what somebody else wrote for a session that is held here, and go on, or end its socket."""
    for _ in range(ATTEMPTS):
        record = await core.log.find_session(held.sid)
        room = await core.log.read_room(held.run)
        if record is None or room is None or not record.epoch == room.epoch == held.epoch:
            hub.mark(held.run)
            return
        person = room.people.get(held.pid)
        if record.gen != held.gen or (person is not None and person.sid != held.sid):
            held.queue.close(why_over(record))
            return
        if person is None and held.is_waiting:
            if record.state == "attached" or await _wait_again(core, held, room, record):
                return
            continue
        if person is None:
            # A session without its participant: only a removal does that.
            held.queue.close(CloseCode.KICKED)
            return
        if record.state == "attached" and person.state.presence == "connected":
            held.me = person.state
            return
        step, me = steps.revive(room, record, person, core.now())
        outcome = await core.log.apply(step)
        if outcome.ok:
            held.me = me
            _report(core, record, "connected", None)
            return


async def _wait_again(core: Core, held: Attachment, room: RoomState, record: SessionRecord) -> bool:
    """Take back a session that waits; false: it has changed.

    Who was let in while they counted as lost was left out: they join.
    """
    if not (await core.log.apply(steps.wait_again(room, record, core.now()))).ok:
        return False
    try:
        lobby.place_of(await load_view(core, held.meeting_id, held.run), held.pid)
    except CloseSocket as end:
        held.queue.close(end.code)
    return True


async def sweep(core: Core) -> int:
    """Go on with every session whose timer ran out; return how many there were."""
    due = await core.log.find_due(core.now().ms, SWEPT_AT_ONCE)
    for sid, gen in due:
        record = await core.log.find_session(sid)
        if record is None or record.gen != gen or record.state == "gone":
            await core.log.forget(sid, gen)
        else:
            await _go_on(core, record)
    return len(due)


async def _go_on(core: Core, record: SessionRecord) -> None:
    due = rules.judge_due(record, core.now().ms)
    if due == "detach":
        outcome = await _end(core, record, "lose")
        if outcome is not None and outcome.ok:
            _report(core, record, "reconnecting", None)
    elif due == "close_media":
        core.later(ClosePeer(meeting_id=record.meeting_id, participant_id=record.pid))
        await _end(core, record, "wait_on")
    elif due == "give_up":
        await give_up(core, record, "lost")


async def give_up(
    core: Core, record: SessionRecord, reason: Literal["left", "lost", "logged_out"]
) -> Outcome | None:
    """End a session for good; return what became of it, null: its room is over."""
    outcome = await _end(core, record, reason)
    if outcome is not None and outcome.ok:
        core.later(ClosePeer(meeting_id=record.meeting_id, participant_id=record.pid))
        _report(core, record, "left", reason)
    return outcome


async def end_session(core: Core, request: EndSession) -> None:
    """End whatever session speaks for a participant, and tell its socket why. Again is no error."""
    for _ in range(ATTEMPTS):
        sid = await core.log.find_owner(request.participant_id)
        record = None if sid is None else await core.log.find_session(sid)
        if record is None or record.state == "gone" or record.run != request.run_id:
            return
        outcome = await give_up(core, record, request.why)
        if outcome is None or outcome.verdict != "fenced":
            return
    raise Unavailable("the session changed faster than it could be ended")


async def _end(core: Core, record: SessionRecord, how: How) -> Outcome | None:
    """Decide and apply, again where the room changed meanwhile; null: there is no such room any more."""
    outcome = None
    for _ in range(ATTEMPTS):
        room = await _room_of(core, record)
        if room is None:
            return None
        step = _step(room, record, how, core.now())
        # After a restart of Valkey the session is still there, in an epoch that is over.
        step.new_personal_log = room.epoch != record.epoch
        if step.new_personal_log and not step.drop:
            step.fields["last_cid"] = await _last_cid(core, record)
        outcome = await core.log.apply(step)
        if outcome.verdict == "removed" or outcome.verdict == "ended":
            # Kept as gone, so that a resume is told why.
            await core.log.apply(steps.go(room, record, outcome.verdict, core.now()))
            core.later(ClosePeer(meeting_id=record.meeting_id, participant_id=record.pid))
        if outcome.verdict not in ("conflict", "epoch"):
            return outcome
    return outcome


async def _last_cid(core: Core, record: SessionRecord) -> int:
    """What is durable was done, whatever Valkey has forgotten of it."""
    try:
        return max(record.last_cid, await last_durable(core, record.pid, record.sid))
    except CloseSocket as end:
        raise Unavailable("the last command of a session can't be asked for now") from end


async def _room_of(core: Core, record: SessionRecord) -> RoomState | None:
    room = await core.log.read_room(record.run)
    if room is not None:
        return room
    try:
        return await ensure_room(core, record.meeting_id, record.run)
    except CloseSocket as end:
        if end.code is not CloseCode.DRAINING:
            await core.log.forget(record.sid, record.gen)
        return None


def _step(room: RoomState, record: SessionRecord, how: How, now: steps.Now) -> Step:
    if how == "lose":
        return steps.lose(room, record, now)
    if how == "wait_on":
        return steps.wait_on(room, record, now)
    return steps.go(room, record, how, now)


def _report(
    core: Core, record: SessionRecord, state: Literal["connected", "reconnecting", "left"], reason: str | None
) -> None:
    core.later(
        ReportPresence(
            meeting_id=record.meeting_id,
            run_id=record.run,
            participant_id=record.pid,
            state=state,
            reason=reason,
        )
    )
