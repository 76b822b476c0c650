"""What durable decisions of hosts do to the people in the room, in the same step that tells of them."""

from collections.abc import Iterable

from meeting_system.contracts.floor import ALL_SOURCES, SHARED
from meeting_system.contracts.meeting import AppendDurable, RoomView
from meeting_system.contracts.meeting_options import MeetingOptions
from meeting_system.contracts.signal import ParticipantUpdated
from meeting_system.contracts.signal_floor import MODERATORS
from meeting_system.kernel.principal import MeetingRole
from meeting_system.signaling.frames import event
from meeting_system.signaling.records import Attachment, Person, PersonWrite, RoomState, Step
from meeting_system.signaling.steps import Now

Changes = dict[str, object]
OFF: Changes = dict.fromkeys(ALL_SOURCES, False)
NOT_SHARING: Changes = dict.fromkeys(SHARED, False)
FORGETS_RIGHTS = frozenset(
    {"meeting.frozen", "meeting.muted_all", "meeting.options_changed", "participant.asked_to_unmute"}
)
"""After these, what somebody may send is asked anew."""


def add_changes(step: Step, room: RoomState, request: AppendDurable, now: Now) -> None:
    """Add to the step of a durable event what it changes of people, each told as participant.updated."""
    for person, wanted in _wanted(room, request):
        state = person.state
        changed = {name: value for name, value in wanted.items() if getattr(state, name) != value}
        if not changed:
            continue
        later = state.model_copy(update=changed | {"version": state.version + 1})
        pid = state.participant_id
        step.people.append(PersonWrite(pid, state.version, person.sid, later))
        told = ParticipantUpdated(participant=later)
        step.events.append(event("participant.updated", told, now=now.moment, by=request.by, target=pid))


def _wanted(room: RoomState, request: AppendDurable) -> Iterable[tuple[Person, Changes]]:
    one = room.people.get(str(request.d.get("participant_id", "")))
    if request.t.startswith("participant."):
        wanted = _of_one(request)
        return [(one, wanted)] if one is not None and wanted else []
    if request.t == "meeting.muted_all":
        return [(person, {"microphone": False}) for person in _others(room)]
    if request.t == "meeting.frozen" and request.d["frozen"]:
        return [(person, OFF) for person in _others(room)]
    if request.t == "meeting.hands_lowered":
        return [(person, {"hand_raised_at": None}) for person in room.people.values()]
    if request.t == "meeting.options_changed":
        off = _off_for_attendees(MeetingOptions.model_validate(request.d["options"]))
        attendees = (each for each in _others(room) if each.state.role is MeetingRole.ATTENDEE)
        return [(person, off) for person in attendees]
    return []


def _off_for_attendees(options: MeetingOptions) -> Changes:
    """Microphones are told by meeting.muted_all."""
    camera: Changes = {} if options.attendees_may_use_camera else {"camera": False}
    return camera if options.attendees_may_share else camera | NOT_SHARING


def _of_one(request: AppendDurable) -> Changes:
    d = request.d
    if request.t == "participant.muted":
        return {str(d["source"]): False}
    if request.t == "participant.role_changed":
        role = MeetingRole(str(d["role"]))
        return {"role": role, **(OFF if role is MeetingRole.OBSERVER else {})}
    if request.t == "participant.renamed":
        return {"display_name": d["display_name"]}
    if request.t == "participant.hand_lowered":
        return {"hand_raised_at": None}
    return {}


def _others(room: RoomState) -> list[Person]:
    return [person for person in room.people.values() if person.state.role not in MODERATORS]


def given_step(room: RoomState, held: Attachment, view: RoomView, now: Now) -> Step | None:
    """Return the step that gives somebody the role and the name that hosts gave them; null: they have them.

    A lost log may say otherwise, and so may an arrival that was under way when they were given.
    """
    person = room.people.get(held.pid) if room.epoch == held.epoch else None
    given = next((each for each in view.given if each.participant_id == held.pid), None)
    if person is None or given is None or person.sid != held.sid:
        return None
    state = person.state
    wanted: Changes = {"role": given.role, "display_name": given.display_name}
    changed = {name: value for name, value in wanted.items() if value not in (None, getattr(state, name))}
    if not changed:
        return None
    later = state.model_copy(update=changed | {"version": state.version + 1})
    step = Step(run=held.run, epoch=held.epoch, now_ms=now.ms, sid=held.sid, gen=held.gen, pid=held.pid)
    step.people = [PersonWrite(held.pid, state.version, held.sid, later)]
    told = ParticipantUpdated(participant=later)
    step.events = [event("participant.updated", told, now=now.moment, by=held.pid, target=held.pid)]
    return step
