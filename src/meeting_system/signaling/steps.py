"""Pure decisions: from what is known and what happened to the one atomic step that follows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from meeting_system.contracts.media import Source
from meeting_system.contracts.meeting import Admission
from meeting_system.contracts.negotiation import MediaRebuild
from meeting_system.contracts.signal import (
    ParticipantJoined,
    ParticipantLeft,
    ParticipantState,
    ParticipantUpdated,
)
from meeting_system.contracts.signal_floor import LobbyAdmitted
from meeting_system.contracts.stream import ShowStream
from meeting_system.signaling.frames import event, iso
from meeting_system.signaling.records import (
    ABSENT,
    Attachment,
    NewEvent,
    Person,
    PersonWrite,
    RoomState,
    SessionRecord,
    Step,
)
from meeting_system.signaling.rules import (
    LEASE_MS,
    MEDIA_KEPT_MS,
    RESUMABLE_MS,
    hash_secret,
    retire_token,
)

LeftReason = Literal["left", "lost", "removed", "ended", "replaced"]
GoneWhy = LeftReason | Literal["logged_out"]


@dataclass(slots=True, frozen=True)
class Now:
    """The moment of a decision."""

    moment: datetime

    @property
    def ms(self) -> int:
        return int(self.moment.timestamp() * 1000)


@dataclass(slots=True, frozen=True)
class NewSession:
    """What is drawn at random, and where: arguments, so that decisions stay pure."""

    sid: str
    token: str
    node: str


@dataclass(slots=True, frozen=True)
class Proof:
    """What a resuming client shows: the hash of its token, and which of its sockets this is."""

    token: str
    attempt: int


def arrive(
    room: RoomState, admission: Admission, session: NewSession, now: Now
) -> tuple[Step, ParticipantState]:
    """Let an admitted participant in; a session of the same participant ends as replaced."""
    present = room.people.get(admission.participant_id)
    if present is None:
        me = newcomer(admission, now)
        told = event(
            "participant.joined", ParticipantJoined(participant=me), now=now.moment, by=me.participant_id
        )
    else:
        me = present.state.model_copy(
            update=_device_off(present.state)
            | {
                "display_name": admission.display_name,
                "role": admission.role,
                "avatar_url": admission.avatar_url,
            }
        )
        told = _updated(me, now)
    step = begin(room, admission, session, now, fields={}, ends_sid=present.sid if present else "")
    step.people = [PersonWrite(me.participant_id, present.state.version if present else 0, session.sid, me)]
    step.events = [told]
    return step, me


def begin(
    room: RoomState,
    admission: Admission,
    session: NewSession,
    now: Now,
    *,
    fields: dict[str, str | int],
    ends_sid: str,
) -> Step:
    """Begin a session, without anything in the room; `ends_sid` ends as replaced."""
    return Step(
        run=admission.run_id,
        epoch=room.epoch,
        now_ms=now.ms,
        sid=session.sid,
        gen=ABSENT,
        pid=admission.participant_id,
        fields={
            "run": admission.run_id,
            "meeting_id": admission.meeting_id,
            "pid": admission.participant_id,
            "state": "attached",
            "gen": 1,
            "last_cid": 0,
            "admitted_ro": room.top,
            "token": hash_secret(session.token),
            "node": session.node,
            **fields,
        },
        due_ms=now.ms + LEASE_MS,
        ends_sid=ends_sid,
        new_personal_log=True,
    )


def let_in(room: RoomState, record: SessionRecord, admitted: LobbyAdmitted, now: Now) -> Step:
    """Let a session into the room that waited: from here on it sees what happens."""
    me = ParticipantState(
        participant_id=admitted.participant_id,
        display_name=admitted.display_name,
        role=admitted.role,
        is_guest=admitted.is_guest,
        presence="connected",
        joined_at=iso(now.moment),
        avatar_url=record.avatar_url or None,
    )
    step = _fenced(room, record, now)
    step.fields = {"waiting": "", "admitted_ro": room.top}
    step.people = [PersonWrite(me.participant_id, 0, record.sid, me)]
    told = ParticipantJoined(participant=me)
    # Its own process hears of it by this event: the target says whom it is about.
    step.events = [
        event("participant.joined", told, now=now.moment, by=me.participant_id, target=me.participant_id)
    ]
    return step


def come_back(
    room: RoomState, record: SessionRecord, person: Person, proof: Proof, session: NewSession, now: Now
) -> tuple[Step, ParticipantState]:
    """Attach a session to a new socket: next generation and token; in a new epoch, a new personal log."""
    me, people, events = _present_again(record.pid, person, now)
    older = record.older_tokens
    for token in (record.previous_token, record.token):
        if token and token != proof.token:
            older = retire_token(older, token)
    is_new_epoch = record.epoch != room.epoch
    step = Step(
        run=record.run,
        epoch=room.epoch,
        now_ms=now.ms,
        sid=record.sid,
        gen=record.gen,
        pid=record.pid,
        fields={
            "state": "attached",
            "gen": record.gen + 1,
            "token": hash_secret(session.token),
            "previous_token": proof.token,
            "attempt": max(proof.attempt, record.attempt),
            "carried_from": 0,
            "older_tokens": older,
            "node": session.node,
            "admitted_ro": 0 if is_new_epoch else record.admitted_ro,
        },
        people=people,
        events=events,
        due_ms=now.ms + LEASE_MS,
        new_personal_log=is_new_epoch,
    )
    return step, me


def show_stream(
    room: RoomState,
    wish: ShowStream,
    record: SessionRecord | None,
    present: Person | None,
    session: NewSession,
    now: Now,
) -> Step:
    """Let a stream in or renew its lease; the room is told what changed."""
    step = Step(
        run=wish.run_id,
        epoch=room.epoch,
        now_ms=now.ms,
        sid=wish.sid,
        gen=record.gen if record else ABSENT,
        pid=wish.participant_id,
        due_ms=now.ms + LEASE_MS,
    )
    if record is None or record.epoch != room.epoch:
        step.new_personal_log = True
        step.fields = {
            "run": wish.run_id,
            "meeting_id": wish.meeting_id,
            "pid": wish.participant_id,
            "state": "attached",
            "stream": "1",
            "gen": 1 if record is None else record.gen,
            "node": session.node,
        }
        if present is not None and present.sid != wish.sid:
            step.ends_sid = present.sid
    if wish.visible:
        step.people, step.events = _shown_stream(wish, present, now)
    return step


def _shown_stream(
    wish: ShowStream, present: Person | None, now: Now
) -> tuple[list[PersonWrite], list[NewEvent]]:
    on = {source: source in wish.sources for source in get_args(Source)}
    pid = wish.participant_id
    if present is None:
        me = ParticipantState(
            participant_id=pid,
            display_name=wish.display_name,
            role=wish.role,
            is_guest=True,
            presence="connected",
            joined_at=iso(now.moment),
            **on,
        )
        told = event("participant.joined", ParticipantJoined(participant=me), now=now.moment, by=pid)
        return [PersonWrite(pid, 0, wish.sid, me)], [told]
    same = all(getattr(present.state, source) == is_on for source, is_on in on.items())
    if same and present.sid == wish.sid:
        return [], []
    me = present.state.model_copy(
        update={**on, "display_name": wish.display_name, "version": present.state.version + 1}
    )
    return [PersonWrite(pid, present.state.version, wish.sid, me)], [_updated(me, now)]


def _carried_person(
    held: Attachment, person: Person | None, now: Now
) -> tuple[ParticipantState, list[PersonWrite], list[NewEvent]]:
    """Show who was held here in the new epoch: again where the log forgot them, else as still here."""
    if person is None:
        me = held.me.model_copy(update={"presence": "connected", "version": held.me.version + 1})
        joined = event("participant.joined", ParticipantJoined(participant=me), now=now.moment, by=held.pid)
        return me, [PersonWrite(held.pid, 0, held.sid, me)], [joined]
    version = max(held.me.version, person.state.version) + 1
    me = held.me.model_copy(update={"presence": "connected", "version": version})
    return me, [PersonWrite(held.pid, person.state.version, held.sid, me)], [_updated(me, now)]


def carry_over(
    room: RoomState, held: Attachment, record: SessionRecord | None, session: NewSession, now: Now
) -> tuple[Step, ParticipantState]:
    """Take a session that is at a socket here into a new epoch, whatever is left of it in the log."""
    person = room.people.get(held.pid)
    if held.is_waiting:
        me, people, events = held.me, [PersonWrite(held.pid, 0)], list[NewEvent]()
    else:
        me, people, events = _carried_person(held, person, now)
    last_cid = held.last_cid
    if record is not None and record.gen == held.gen:
        # An answer of Valkey may have been lost with it: what it kept was done.
        last_cid = max(last_cid, record.last_cid)
    step = Step(
        run=held.run,
        epoch=room.epoch,
        now_ms=now.ms,
        sid=held.sid,
        gen=record.gen if record else ABSENT,
        pid=held.pid,
        fields={
            "run": held.run,
            "meeting_id": held.meeting_id,
            "pid": held.pid,
            "state": "attached",
            "gen": max(record.gen if record else 0, held.gen) + 1,
            "last_cid": last_cid,
            "admitted_ro": 0,
            "token": hash_secret(session.token),
            "previous_token": hash_secret(held.token),
            "node": session.node,
            "media_gen": held.media_gen,
            "media_node": held.media_node,
            "carried_from": held.gen,
            "waiting": "1" if held.is_waiting else "",
            "avatar_url": held.me.avatar_url or "",
        },
        people=people,
        events=events,
        due_ms=now.ms + LEASE_MS,
        ends_sid=person.sid if person and person.sid != held.sid else "",
        new_personal_log=True,
    )
    return step, me


def revive(room: RoomState, record: SessionRecord, person: Person, now: Now) -> tuple[Step, ParticipantState]:
    """Take a session back whose lease ran out while its socket lived: its process was stopped for a while."""
    step = _fenced(room, record, now)
    me, step.people, step.events = _present_again(record.pid, person, now)
    step.fields = {"state": "attached"}
    step.due_ms = now.ms + LEASE_MS
    if now.ms - record.detached_at >= MEDIA_KEPT_MS:
        rebuild = MediaRebuild(reason="media_given_up")
        step.personal = [event("media.rebuild", rebuild, now=now.moment)]
    return step, me


def wait_again(room: RoomState, record: SessionRecord, now: Now) -> Step:
    """Take a session back that waits, and whose lease ran out while its socket lived."""
    step = _fenced(room, record, now)
    step.people = [PersonWrite(record.pid, 0)]
    step.fields = {"state": "attached"}
    step.due_ms = now.ms + LEASE_MS
    return step


def lose(room: RoomState, record: SessionRecord, now: Now) -> Step:
    """Detach a session whose socket (or whose process) is gone: others see it reconnecting."""
    step = _fenced(room, record, now)
    step.fields = {"state": "detached", "detached_at": now.ms}
    step.due_ms = now.ms + MEDIA_KEPT_MS
    person = room.people.get(record.pid)
    if person is not None and person.sid == record.sid and person.state.presence == "connected":
        state = person.state.model_copy(
            update={"presence": "reconnecting", "version": person.state.version + 1}
        )
        step.people = [PersonWrite(record.pid, person.state.version, record.sid, state)]
        step.events = [_updated(state, now)]
    elif person is None and record.is_waiting:
        # Absent is a condition too: they may be let in in this moment.
        step.people = [PersonWrite(record.pid, 0)]
    return step


def wait_on(room: RoomState, record: SessionRecord, now: Now) -> Step:
    """Keep a detached session without its media until it is given up."""
    step = _fenced(room, record, now)
    step.due_ms = record.detached_at + RESUMABLE_MS
    return step


def go(room: RoomState, record: SessionRecord, reason: GoneWhy, now: Now) -> Step:
    """End a session for good: the participant leaves the room, which is not told of a log-out."""
    step = _fenced(room, record, now)
    step.drop = reason
    person = room.people.get(record.pid)
    if person is not None and person.sid == record.sid:
        told: LeftReason = "left" if reason == "logged_out" else reason
        left = ParticipantLeft(participant_id=record.pid, reason=told)
        step.people = [PersonWrite(record.pid, person.state.version)]
        step.events = [event("participant.left", left, now=now.moment, by=record.pid)]
    elif person is None and record.is_waiting:
        step.people = [PersonWrite(record.pid, 0)]
    return step


def stored_now(held: Attachment) -> SessionRecord:
    """The record of a session as far as its own process knows it: enough for `lose` and `go`."""
    return SessionRecord(
        sid=held.sid,
        run=held.run,
        meeting_id=held.meeting_id,
        pid=held.pid,
        state="attached",
        why="",
        gen=held.gen,
        epoch=held.epoch,
        last_cid=held.last_cid,
        po=held.sent_po,
        admitted_ro=held.admitted_ro,
        token="",
        previous_token="",
        older_tokens="",
        node="",
        detached_at=0,
        slots="",
        media_gen=held.media_gen,
        attempt=0,
        carried_from=0,
        is_waiting=held.is_waiting,
    )


def _fenced(room: RoomState, record: SessionRecord, now: Now) -> Step:
    return Step(
        run=record.run, epoch=room.epoch, now_ms=now.ms, sid=record.sid, gen=record.gen, pid=record.pid
    )


def newcomer(admission: Admission, now: Now) -> ParticipantState:
    """Return what somebody is who has just come."""
    return ParticipantState(
        participant_id=admission.participant_id,
        display_name=admission.display_name,
        role=admission.role,
        is_guest=admission.is_guest,
        presence="connected",
        joined_at=iso(now.moment),
        avatar_url=admission.avatar_url,
    )


def _device_off(state: ParticipantState) -> dict[str, object]:
    """A new session has published nothing yet, whatever the one before did."""
    return {
        "presence": "connected",
        "microphone": False,
        "camera": False,
        "screen": False,
        "screen_audio": False,
        "version": state.version + 1,
    }


def _present_again(
    pid: str, person: Person, now: Now
) -> tuple[ParticipantState, list[PersonWrite], list[NewEvent]]:
    if person.state.presence == "connected":
        # Written as it is: another process may be about to show it as lost, and only one may be right.
        return person.state, [PersonWrite(pid, person.state.version, person.sid, person.state)], []
    me = person.state.model_copy(update={"presence": "connected", "version": person.state.version + 1})
    return me, [PersonWrite(pid, person.state.version, person.sid, me)], [_updated(me, now)]


def _updated(state: ParticipantState, now: Now) -> NewEvent:
    told = ParticipantUpdated(participant=state)
    return event("participant.updated", told, now=now.moment, by=state.participant_id)
