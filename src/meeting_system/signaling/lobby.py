"""Sessions that wait: at a socket like any other, with no participant in the room and no room events.

They follow the room's log all the same, unseen: what concerns them there is told in their own words, and once
they are let in, the same session and the same socket go on with a reset.
"""

from dataclasses import dataclass, field

import orjson

from meeting_system.contracts.meeting import Admission, AppendDurable, RoomView
from meeting_system.contracts.signal import CloseCode, MeetingState, ParticipantState, Ready, Reset, Snapshot
from meeting_system.contracts.signal_floor import LobbyAdmitted, LobbyPlace, LobbyPosition
from meeting_system.kernel.principal import MeetingRole
from meeting_system.signaling import steps
from meeting_system.signaling.core import ATTEMPTS, Core, ensure_room, load_view
from meeting_system.signaling.errors import CloseSocket
from meeting_system.signaling.frames import event
from meeting_system.signaling.records import (
    Attachment,
    Entry,
    Person,
    PersonWrite,
    RoomState,
    SessionRecord,
    Step,
)


def place_of(view: RoomView, pid: str) -> LobbyPlace:
    """Say where somebody is in the lobby. Raises CloseSocket where they are not in it: they join again."""
    order = [each.participant_id for each in view.lobby.waiting]
    if pid in view.removed:
        raise CloseSocket(CloseCode.KICKED)
    if pid not in order:
        raise CloseSocket(CloseCode.UNKNOWN_SESSION, "not in the lobby any more")
    return LobbyPlace(
        position=order.index(pid) + 1,
        waiting=len(order),
        host_present=view.host_present,
        messages=view.lobby.messages,
    )


def snapshot_of(view: RoomView, me: ParticipantState) -> Snapshot:
    """Show the lobby, and of the meeting what anyone with its link may know."""
    place = place_of(view, me.participant_id)
    known = view.meeting
    meeting = MeetingState(
        meeting_id=known.meeting_id,
        meeting_no=known.meeting_no,
        title=known.title,
        host_name=known.host_name,
        locked=False,
        started_at=me.joined_at,
    )
    return Snapshot(
        meeting=meeting,
        participant_id=me.participant_id,
        role=me.role,
        participants=[],
        messages=[],
        place=place,
    )


def ready_of(held: Attachment, view: RoomView, last_cid: int) -> Ready:
    """Return the first frame of a session that waits."""
    return Ready(
        sid=held.sid,
        resume_token=held.token,
        gen=held.gen,
        pid=held.pid,
        epoch=held.epoch,
        ro=0,
        po=held.sent_po,
        snapshot=snapshot_of(view, held.me),
        prev_last_cid=last_cid,
    )


def reset_of(held: Attachment, view: RoomView) -> Reset:
    """Return the whole place again: of the little that one sees here nothing is replayed."""
    return Reset(
        reason="trimmed",
        because="lobby",
        resume_token=held.token,
        gen=held.gen,
        epoch=held.epoch,
        ro=0,
        po=held.sent_po,
        last_cid=held.last_cid,
        media="rebuild",
        snapshot=snapshot_of(view, held.me),
    )


async def let_in(core: Core, request: AppendDurable) -> None:
    """Let the session that waits into the room, if it is at a socket; who is not joins when they are back.

    May be asked again, and by several: a session that does not wait any more is left as it is.
    """
    admitted = LobbyAdmitted.model_validate(request.d)
    for _ in range(ATTEMPTS):
        sid = await core.log.find_owner(admitted.participant_id)
        record = None if sid is None else await core.log.find_session(sid)
        if record is None or not record.is_waiting or record.state != "attached":
            return
        room = await ensure_room(core, request.meeting_id, request.run_id)
        if record.epoch != room.epoch or admitted.participant_id in room.people:
            return  # its process carries it over, or they came by another way: both ask anew
        outcome = await core.log.apply(steps.let_in(room, record, admitted, core.now()))
        if outcome.ok:
            await _check_there(core, record.sid, request)
            return
        if outcome.verdict in ("removed", "ended"):
            return


async def _check_there(core: Core, sid: str, request: AppendDurable) -> None:
    """The socket may have been lost in the same moment: then the room must not show them as connected."""
    for _ in range(ATTEMPTS):
        record = await core.log.find_session(sid)
        room = await core.log.read_room(request.run_id)
        if record is None or room is None or record.state != "detached":
            return
        if (await core.log.apply(steps.lose(room, record, core.now()))).ok:
            return


def hear(held: Attachment, entry: Entry) -> str | None:
    """Say what an event of the room means to one who waits: a frame, a change of what is held, or nothing.

    Returns the frame to send.
    """
    mine = entry.target == held.pid
    if entry.t == "participant.joined" and mine:
        held.is_waiting, held.needs_reset, held.reset_reason = False, True, "admitted"
    elif entry.t == "lobby.denied" and mine:
        held.queue.close(CloseCode.DENIED)
    elif entry.t == "participant.removed" and mine:
        held.queue.close(CloseCode.KICKED)
    elif entry.t == "meeting.ended":
        held.queue.close(CloseCode.MEETING_ENDED)
    elif entry.t == "lobby.said":
        said = orjson.loads(str(entry.frame))
        frame = {"f": "ev", "st": "p", "t": "lobby.message", "ts": said["ts"], "d": said["d"]}
        return orjson.dumps(frame).decode()
    return None


MOVES_PLACES = frozenset(
    {
        "lobby.requested",
        "lobby.admitted",
        "lobby.denied",
        "lobby.left",
        "participant.joined",
        "participant.left",
        "participant.role_changed",
    }
)
"""After these, who waits may be at another place, or the host may have come."""


@dataclass(slots=True)
class Places:
    """Rooms in which the places of those who wait are to be told anew."""

    moved: set[str] = field(default_factory=set)

    def heard(self, run: str, entry: Entry) -> None:
        if entry.t in MOVES_PLACES:
            self.moved.add(run)


async def tell_places(core: Core, meeting_id: str, run: str, waiting: list[Attachment]) -> None:
    """Tell everybody here who waits where they are now; it is told again whenever it changes."""
    view = await load_view(core, meeting_id, run)
    order = {each.participant_id: at for at, each in enumerate(view.lobby.waiting, 1)}
    for held in waiting:
        position = order.get(held.pid)
        if position is None or not held.is_waiting:
            continue  # let in or turned away: they hear of that
        told = LobbyPosition(position=position, waiting=len(order), host_present=view.host_present)
        tail = event("lobby.position", told, now=core.now().moment).tail.decode()
        held.queue.push(f'{{"f":"ev","st":"p",{tail}', ephemeral=True)


def shadow(record: SessionRecord) -> Person:
    """Stand for one who waits, where somebody of the room is expected; it is written nowhere."""
    state = ParticipantState(
        participant_id=record.pid,
        display_name="",
        role=MeetingRole.ATTENDEE,
        is_guest=True,
        presence="connected",
        joined_at="",
        avatar_url=record.avatar_url or None,
    )
    return Person(record.sid, state)


def wait_step(room: RoomState, admission: Admission, session: steps.NewSession, now: steps.Now) -> Step:
    """Begin a session that waits."""
    fields: dict[str, str | int] = {"waiting": "1", "avatar_url": admission.avatar_url or ""}
    return steps.begin(room, admission, session, now, fields=fields, ends_sid="")


def unseen(room: RoomState, pid: str) -> list[PersonWrite]:
    """The condition that somebody is still not in the room."""
    person: Person | None = room.people.get(pid)
    return [] if person is not None else [PersonWrite(pid, 0)]
