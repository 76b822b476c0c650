"""How a socket gets its session: identify (a new one), resume (it goes on), carry over (in a new epoch)."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from meeting_system.contracts.media import FindPeer, SlotState
from meeting_system.contracts.meeting import (
    Admission,
    FindLastCommand,
    RedeemTicket,
    ReportPresence,
    RoomView,
)
from meeting_system.contracts.signal import (
    CloseCode,
    Identify,
    ParticipantState,
    Ready,
    Reset,
    Resume,
    Resumed,
)
from meeting_system.kernel.errors import AppError, Unavailable
from meeting_system.kit.log import logger
from meeting_system.kit.trace import span, traced
from meeting_system.signaling import lobby, rules, steps
from meeting_system.signaling.core import (
    ASK_TIMEOUT_S,
    ATTEMPTS,
    Core,
    as_close,
    ensure_room,
    load_view,
    raise_if_over,
)
from meeting_system.signaling.errors import CloseSocket
from meeting_system.signaling.floor import given_step
from meeting_system.signaling.frames import encode
from meeting_system.signaling.records import (
    Attachment,
    Outcome,
    Person,
    ResetReason,
    RoomState,
    Seat,
    SessionRecord,
    Step,
)
from meeting_system.signaling.send_queue import SendQueue
from meeting_system.signaling.snapshot import take

FIND_PEER_TIMEOUT_S = 1.0

log = logger(__name__)
_slots: TypeAdapter[list[SlotState]] = TypeAdapter(list[SlotState])


async def identify(core: Core, frame: Identify, queue: SendQueue) -> Attachment:
    """Begin a session with a ticket; `ready` is the first frame in `queue`."""
    # Drawn before anything is waited for: sids of one participant sort as their sockets came.
    session = steps.NewSession(core.new_id(), core.new_secret(), core.node)
    admission = await _admit(core, frame)
    # The ticket carries the trace of the request that asked for it: one join is one trace.
    with traced(admission.traceparent), span("signaling.identify", "server"):
        return await _begin(core, admission, session, frame.prev_sid, queue)


async def _begin(
    core: Core, admission: Admission, session: steps.NewSession, prev_sid: str | None, queue: SendQueue
) -> Attachment:
    held = await _arrive(core, admission, session, queue)
    # Asked once nothing more is begun for the session before: its last command may be on its way until then.
    last_cid = 0 if prev_sid is None else await last_durable(core, admission.participant_id, prev_sid)
    held.traceparent = admission.traceparent
    room, view = await see(core, admission.meeting_id, admission.run_id, [held])
    held.sent_ro = room.top
    if held.is_waiting:
        queue.push(encode_snapshot(lobby.ready_of(held, view, last_cid)))
        return held
    # As the room has it: hosts may have given another role since the arrival.
    held.me = find_present(held, room, view)
    held.is_frozen = view.meeting.frozen
    ready = Ready(
        sid=held.sid,
        resume_token=session.token,
        gen=held.gen,
        pid=held.pid,
        epoch=held.epoch,
        ro=held.sent_ro,
        po=held.sent_po,
        snapshot=take(room, view, held.me),
        prev_last_cid=last_cid,
    )
    queue.push(encode_snapshot(ready))
    core.later(connected(held))
    return held


async def resume(core: Core, frame: Resume, queue: SendQueue) -> Attachment:
    """Go on with a session; `resumed` or `reset` is the first frame in `queue`, what was missed follows."""
    back = await _come_back(core, frame)
    held = _held(back, queue)
    if held.is_waiting:
        room = await ensure_room(core, held.meeting_id, held.run)
        view = await load_view(core, held.meeting_id, held.run)
        held.sent_ro = room.top
        queue.push(encode_snapshot(lobby.reset_of(held, view)))
        return held
    media = await _judge_media(core, frame, back.before)
    if back.refused is None:
        held.sent_ro, held.sent_po = frame.ro, frame.po
        missed = (back.outcome.top - frame.ro) + (back.outcome.po - frame.po)
        queue.push(
            encode(
                Resumed(
                    resume_token=held.token,
                    gen=held.gen,
                    last_cid=held.last_cid,
                    replayed=missed,
                    media=media,
                )
            )
        )
    else:
        room, view = await see(core, held.meeting_id, held.run, [held])
        push_reset(held, room, view, reason=back.refused, media=media)
    core.later(connected(held))
    return held


async def see(
    core: Core, meeting_id: str, run: str, viewers: Sequence[Attachment]
) -> tuple[RoomState, RoomView]:
    """Read a room for sessions that are in it; whom hosts gave a role or a name has it there from now on.

    The durable part is read last: what is decided after it comes as an event, and finds them in the room.
    """
    for _ in range(ATTEMPTS):
        room = await ensure_room(core, meeting_id, run)
        view = await load_view(core, meeting_id, run, [held.pid for held in viewers])
        if not await _give_again(core, room, view, viewers):
            return room, view
    raise Unavailable("the room changed faster than a role could be given")


async def _give_again(core: Core, room: RoomState, view: RoomView, viewers: Sequence[Attachment]) -> bool:
    """Give what the room does not know of; false: everybody has it, or is not who writes for them."""
    is_outdated = False
    for held in viewers:
        step = given_step(room, held, view, core.now())
        if step is not None:
            outcome = await core.log.apply(step)
            is_outdated |= outcome.ok or outcome.verdict in ("conflict", "epoch")
    return is_outdated


async def carry_over(core: Core, held: Attachment) -> None:
    """Take a session that is at a socket here into the room's present epoch; the hub sends the reset."""
    # Kept over tries: where Valkey's answer is lost, the token tells that it was us.
    held.next_token = held.next_token or core.new_secret()
    session = steps.NewSession(held.sid, held.next_token, core.node)
    for _ in range(ATTEMPTS):
        record = await core.log.find_session(held.sid)
        # Read after the session: whoever is missing here was taken out.
        room = await ensure_room(core, held.meeting_id, held.run)
        person = room.people.get(held.pid)
        if held.is_waiting and person is not None and person.sid == held.sid:
            # Let in before the log was lost, and not heard of it here yet.
            held.is_waiting, held.me = False, person.state
        if record is not None and record.epoch == room.epoch:
            if person is None and not held.is_waiting:
                # A session without its participant: only a removal does that.
                raise CloseSocket(CloseCode.KICKED)
            if record.token == rules.hash_secret(session.token):
                me = held.me if person is None else person.state
                _carried(held, record.gen, record.last_cid, room.epoch, me)
                return
            # An older socket that nobody uses any more may have been carried over first.
            if record.state == "attached" and not 0 < record.carried_from < held.gen:
                raise CloseSocket(CloseCode.REPLACED)
        _check_carried(held, record, person)
        step, me = steps.carry_over(room, held, record, session, core.now())
        outcome = await core.log.apply(step)
        raise_if_over(outcome)
        if outcome.ok:
            _carried(held, int(step.fields["gen"]), int(step.fields["last_cid"]), room.epoch, me)
            return
    raise Unavailable("the session changed faster than it could be carried over")


def _check_carried(held: Attachment, record: SessionRecord | None, person: Person | None) -> None:
    if person is not None and person.sid > held.sid:
        raise CloseSocket(CloseCode.REPLACED)
    if record is not None and (record.gen > held.gen or record.state == "gone"):
        raise CloseSocket(why_over(record))


def _carried(held: Attachment, gen: int, last_cid: int, epoch: str, me: ParticipantState) -> None:
    held.gen, held.last_cid, held.epoch, held.me = gen, last_cid, epoch, me
    held.token, held.next_token = held.next_token, ""
    held.admitted_ro, held.sent_po, held.token_confirmed, held.before = 0, 0, False, None
    held.needs_reset = True


def push_reset(
    held: Attachment, room: RoomState, view: RoomView, *, reason: ResetReason, media: rules.MediaAfterLoss
) -> None:
    """Send the whole state instead of what was missed."""
    held.sent_ro = room.top
    if held.is_waiting:
        held.queue.push(encode_snapshot(lobby.reset_of(held, view)))
        return
    held.me = find_present(held, room, view)
    held.is_frozen, held.blocked = view.meeting.frozen, None
    reset = Reset(
        reason="trimmed" if reason in ("lobby", "admitted", "role") else reason,
        because=reason if reason in ("lobby", "admitted", "role") else None,
        resume_token=held.token,
        gen=held.gen,
        epoch=held.epoch,
        ro=held.sent_ro,
        po=held.sent_po,
        last_cid=held.last_cid,
        media=media,
        snapshot=take(room, view, held.me, held.slots),
    )
    held.queue.push(encode_snapshot(reset))


def find_present(held: Attachment, room: RoomState, view: RoomView) -> ParticipantState:
    """Find the viewer of a snapshot in it. Who was removed, or replaced, meanwhile gets none: it shows what
    came after. Raises CloseSocket."""
    if held.pid in view.removed:
        raise CloseSocket(CloseCode.KICKED)
    person = room.people.get(held.pid)
    if person is None or room.epoch != held.epoch:
        raise CloseSocket(CloseCode.UNKNOWN_SESSION)
    if person.sid != held.sid:
        raise CloseSocket(CloseCode.REPLACED)
    return person.state


def encode_snapshot(frame: Ready | Reset) -> str:
    """Write a frame with its snapshot whole: there, null means something."""
    return frame.model_dump_json()


async def _admit(core: Core, frame: Identify) -> Admission:
    request = RedeemTicket(ticket=frame.ticket, meeting_id=frame.meeting_id, device_id=frame.device_id)
    try:
        return await core.bus.call(request, timeout_s=ASK_TIMEOUT_S)
    except AppError as error:
        raise as_close(error) from error


async def last_durable(core: Core, pid: str, sid: str) -> int:
    """Ask which command of a session took effect last: Valkey may be back at an earlier moment."""
    request = FindLastCommand(participant_id=pid, sid=sid)
    try:
        last = await core.bus.call(request, timeout_s=ASK_TIMEOUT_S)
    except AppError as error:
        raise as_close(error) from error
    return last.cid


async def _arrive(
    core: Core, admission: Admission, session: steps.NewSession, queue: SendQueue
) -> Attachment:
    for _ in range(ATTEMPTS):
        room = await ensure_room(core, admission.meeting_id, admission.run_id)
        present = room.people.get(admission.participant_id)
        if present is not None and present.sid > session.sid:
            # This socket was given up while it waited here: its client has begun a newer session.
            raise CloseSocket(CloseCode.UNKNOWN_SESSION, "a newer session was begun")
        step, me = await _decide_arrival(core, room, admission, session)
        outcome = await core.log.apply(step)
        raise_if_over(outcome)
        if outcome.ok:
            return Attachment(
                sid=session.sid,
                run=admission.run_id,
                meeting_id=admission.meeting_id,
                pid=admission.participant_id,
                gen=1,
                epoch=room.epoch,
                token=session.token,
                admitted_ro=room.top,
                me=me,
                queue=queue,
                token_confirmed=True,  # it is the first one: there is none before it to retire
                is_waiting=admission.waiting,
            )
    raise Unavailable("the room changed faster than it could be entered")


async def _decide_arrival(
    core: Core, room: RoomState, admission: Admission, session: steps.NewSession
) -> tuple[Step, ParticipantState]:
    # A session that waited is in no room: whoever comes anew, to wait or to enter, ends it by its owner.
    former = await core.log.find_owner(admission.participant_id) or ""
    if former > session.sid:
        # This socket was given up while it waited here: its client has begun a newer session.
        raise CloseSocket(CloseCode.UNKNOWN_SESSION, "a newer session was begun")
    if admission.waiting:
        step, me = (
            lobby.wait_step(room, admission, session, core.now()),
            steps.newcomer(admission, core.now()),
        )
    else:
        step, me = steps.arrive(room, admission, session, core.now())
    step.ends_sid, step.owner = step.ends_sid or former, former
    return step, me


@dataclass(slots=True, frozen=True)
class _Back:
    """A session that was attached again."""

    before: SessionRecord
    record: SessionRecord
    room: RoomState
    me: Person
    token: str
    outcome: Outcome
    refused: rules.Refused | None


async def _come_back(core: Core, frame: Resume) -> _Back:
    session = steps.NewSession(frame.sid, core.new_secret(), core.node)
    proof = steps.Proof(rules.hash_secret(frame.resume_token), frame.attempt)
    for _ in range(ATTEMPTS):
        record = await _known(core, frame.sid, proof)
        seat = await _find_seat(core, frame, record)
        room = seat.room
        person = room.people.get(record.pid)
        if person is None and record.is_waiting:
            person = lobby.shadow(record)
        if person is None:
            raise CloseSocket(CloseCode.UNKNOWN_SESSION)
        if person.sid != record.sid:
            raise CloseSocket(CloseCode.REPLACED)
        refused = _why_not_replay(frame, record, seat)
        step, me = steps.come_back(room, record, person, proof, session, core.now())
        if record.pid not in room.people:
            step.people, step.events = lobby.unseen(room, record.pid), []
        if step.new_personal_log:
            # Valkey may be back at an earlier moment; what is durable was done all the same.
            step.fields["last_cid"] = max(record.last_cid, await last_durable(core, record.pid, record.sid))
        outcome = await core.log.apply(step)
        raise_if_over(outcome)
        if outcome.ok:
            # As it is now: until this step the generation before may have finished a command.
            latest = outcome.record
            assert latest is not None, "the step began a generation"
            return _Back(record, latest, room, Person(record.sid, me), session.token, outcome, refused)
    raise Unavailable("the session changed faster than it could be resumed")


def _held(back: _Back, queue: SendQueue) -> Attachment:
    record = back.record
    return Attachment(
        sid=record.sid,
        run=record.run,
        meeting_id=record.meeting_id,
        pid=record.pid,
        gen=record.gen,
        epoch=back.room.epoch,
        token=back.token,
        admitted_ro=record.admitted_ro,
        me=back.me.state,
        queue=queue,
        last_cid=record.last_cid,
        sent_po=back.outcome.po,
        media_gen=record.media_gen,
        media_node=record.media_node,
        slots=_slots.validate_json(record.slots) if record.slots else [],
        before=record,
        is_waiting=record.is_waiting,
    )


async def _known(core: Core, sid: str, proof: steps.Proof) -> SessionRecord:
    """Find the session of a resume token, or say why there is none."""
    record = await core.log.find_session(sid)
    if record is None:
        raise CloseSocket(CloseCode.UNKNOWN_SESSION)
    verdict = rules.judge_token(record, proof.token)
    if verdict == "unknown":
        raise CloseSocket(CloseCode.UNKNOWN_SESSION)
    if record.state == "gone":
        raise CloseSocket(why_over(record))
    if 0 < proof.attempt <= record.attempt:
        # Given up by its client, which has come back on a later socket.
        raise CloseSocket(CloseCode.REPLACED, "a later socket has this session")
    if verdict == "reused":
        await _end_reused(core, record)
    return record


def why_over(record: SessionRecord) -> CloseCode:
    """Say with which code the socket of a session ends that another generation has, or nobody any more."""
    return CloseCode.REPLACED if record.state != "gone" else close_code_of(record.why)


def close_code_of(why: str) -> CloseCode:
    """Say which code tells a client why its session is gone."""
    return _GONE_CODES.get(why, CloseCode.UNKNOWN_SESSION)


_GONE_CODES = {
    "removed": CloseCode.KICKED,
    "ended": CloseCode.MEETING_ENDED,
    "replaced": CloseCode.REPLACED,
    "logged_out": CloseCode.LOGGED_OUT,
}


async def _end_reused(core: Core, record: SessionRecord) -> None:
    # Two hold what only one can hold: nobody knows which is the thief, so neither goes on.
    log.warning(
        "resume_token_reused", sid=record.sid, participant_id=record.pid, meeting_id=record.meeting_id
    )
    room = await ensure_room(core, record.meeting_id, record.run)
    step = steps.go(room, record, "lost", core.now())
    step.new_personal_log = room.epoch != record.epoch
    outcome = await core.log.apply(step)
    if outcome.verdict in ("fenced", "epoch", "conflict"):
        raise Unavailable("the session changed while it was ended")
    raise CloseSocket(CloseCode.UNKNOWN_SESSION, "resume token used twice")


async def _find_seat(core: Core, frame: Resume, record: SessionRecord) -> Seat:
    """Read, after the session, what it has to know of its room; who is missing there was taken out."""
    seat = await core.log.find_seat(record.run, record.pid, record.sid, ro=frame.ro, po=frame.po)
    if seat is None:
        await ensure_room(core, record.meeting_id, record.run)
        seat = await core.log.find_seat(record.run, record.pid, record.sid, ro=frame.ro, po=frame.po)
    if seat is None:
        raise Unavailable("the room log was lost while it was opened; try again")
    if seat.room.ended:
        raise CloseSocket(CloseCode.MEETING_ENDED)
    return seat


def _why_not_replay(frame: Resume, record: SessionRecord, seat: Seat) -> rules.Refused | None:
    refused = rules.why_not_replay(
        record,
        epoch=seat.room.epoch,
        top=seat.room.top,
        known_epoch=frame.epoch,
        ro=frame.ro,
        po=frame.po,
    )
    if refused is not None:
        return refused
    has_events = frame.ro >= seat.room.top or seat.next_ro == frame.ro + 1
    has_personal = frame.po >= record.po or seat.next_po == frame.po + 1
    return None if has_events and has_personal else "trimmed"


async def _judge_media(core: Core, frame: Resume, record: SessionRecord) -> rules.MediaAfterLoss:
    if not frame.media:
        return "rebuild"
    request = FindPeer(meeting_id=record.meeting_id, participant_id=record.pid)
    try:
        known = await core.bus.call(request, timeout_s=FIND_PEER_TIMEOUT_S)
    except AppError:
        return "rebuild"
    away_ms = core.now().ms - record.detached_at if record.state == "detached" else 0
    return rules.judge_media(client_has_it=True, engine_has_it=known.alive, away_ms=away_ms)


def connected(held: Attachment) -> ReportPresence:
    """Return what the meeting service is told of somebody who is in."""
    return ReportPresence(
        meeting_id=held.meeting_id, run_id=held.run, participant_id=held.pid, state="connected"
    )
