"""The meeting service as signaling sees it, in memory: who may come, what was said, in which order."""

from collections import deque
from collections.abc import Callable
from typing import Any

from meeting_system.contracts.call import Nothing, Request
from meeting_system.contracts.media import ClosePeer, FindPeer, PeerKnown
from meeting_system.contracts.meeting import (
    Admission,
    AppendDurable,
    FindLastCommand,
    GivenPerson,
    LastCommand,
    LoadRoom,
    RedeemTicket,
    ReportPresence,
    RoomView,
    SendChat,
)
from meeting_system.contracts.signal import (
    ChatMessage,
    MeetingState,
)
from meeting_system.contracts.signal_floor import LobbyState, WaitingPerson
from meeting_system.kernel.errors import NotFound, Unauthenticated
from meeting_system.kernel.principal import MeetingRole

MEETING, RUN = "meeting", "run"

_STATE = MeetingState(
    meeting_id=MEETING, meeting_no="1", title="", host_name="h", locked=False, started_at="then"
)


class TicketInvalid(Unauthenticated):
    code = "ticket_invalid"


class MeetingService:
    """PostgreSQL and the meeting service: one effect a (sid, cid), events numbered, an outbox in order."""

    def __init__(self) -> None:
        self.messages: list[ChatMessage] = []
        self.done: dict[tuple[str, int], ChatMessage] = {}
        self.removed: list[str] = []
        self.outbox: deque[AppendDurable] = deque()
        self.seq = 0
        self.tickets: dict[str, str] = {}
        self.presence: dict[str, str] = {}
        self.waiting: list[str] = []
        self.waited: set[str] = set()
        self.roles: dict[str, MeetingRole] = {}

    def append(self, t: str, d: dict[str, object], by: str | None) -> None:
        self.seq += 1
        self.outbox.append(
            AppendDurable.model_construct(
                meeting_id=MEETING,
                run_id=RUN,
                log_seq=self.seq,
                event_id=str(self.seq),
                t=t,
                ts="now",
                by=by,
                d=d,
            )
        )

    def remove(self, pid: str) -> None:
        if pid not in self.removed:
            self.removed.append(pid)
            if pid in self.waiting:
                self.waiting.remove(pid)
            self.append("participant.removed", {"participant_id": pid}, None)

    def ask(self, pid: str) -> None:
        """Somebody has to wait from the start."""
        self.waiting.append(pid)
        self.waited.add(pid)

    def admit(self, pid: str) -> None:
        """A host lets somebody in."""
        if pid in self.waiting:
            self.waiting.remove(pid)
            d: dict[str, object] = {"display_name": pid, "role": self.role_of(pid), "is_guest": True}
            self.append("lobby.admitted", {"participant_id": pid, **d}, None)

    def set_role(self, pid: str, role: MeetingRole) -> None:
        """A host gives somebody a role."""
        if pid not in self.removed and pid not in self.waiting:
            self.roles[pid] = role
            self.append("participant.role_changed", {"participant_id": pid, "role": role}, None)

    def role_of(self, pid: str) -> MeetingRole:
        return self.roles.get(pid, MeetingRole.ATTENDEE)

    def lobby(self) -> LobbyState:
        """The lobby as hosts see it."""
        return LobbyState(waiting=[_waiting(pid) for pid in sorted(self.waiting)])

    def answer(self, request: Request[Any]) -> Any:
        return _ANSWERS[type(request)](self, request)

    def chat(self, request: SendChat) -> ChatMessage:
        done = self.done.get((request.sid, request.cid))
        if done is not None:
            return done
        if request.participant_id in self.removed:
            raise NotFound("not here any more")
        message = ChatMessage.model_construct(
            message_id=f"m{len(self.messages)}",
            seq=len(self.messages) + 1,
            participant_id=request.participant_id,
            display_name="",
            body=request.body,
            sent_at="now",
            reactions=[],  # pydantic finds a default of an unchecked model slowly
            files=[],
        )
        self.messages.append(message)
        self.done[request.sid, request.cid] = message
        self.append("chat.message", {"message": message.model_dump()}, request.participant_id)
        return message

    def redeem(self, request: RedeemTicket) -> Admission:
        pid = self.tickets.pop(request.ticket, None)
        if pid is None or pid in self.removed:
            raise TicketInvalid
        if pid in self.waiting:
            self.append("lobby.requested", {"waiting": _waiting(pid).model_dump()}, pid)
        return Admission(
            meeting_id=MEETING,
            run_id=RUN,
            participant_id=pid,
            user_id=None,
            device_id=request.device_id,
            display_name=pid,
            role=self.role_of(pid),
            is_guest=True,
            waiting=pid in self.waiting,
        )

    def view(self, _request: LoadRoom) -> RoomView:
        return RoomView.model_construct(
            meeting=_STATE,
            ended=False,
            messages=list(self.messages),
            removed=list(self.removed),
            log_seq=self.seq,
            polls=[],
            personal={},
            may_unmute=[],
            given=[
                GivenPerson(participant_id=pid, role=role, display_name=None)
                for pid, role in self.roles.items()
            ],
            lobby=self.lobby(),
            host_present=True,
        )

    def last(self, request: FindLastCommand) -> LastCommand:
        return LastCommand(cid=max((cid for sid, cid in self.done if sid == request.sid), default=0))

    def report(self, request: ReportPresence) -> Nothing:
        self.presence[request.participant_id] = request.state
        return Nothing()


def _waiting(pid: str) -> WaitingPerson:
    return WaitingPerson(participant_id=pid, display_name=pid, is_guest=True, asked_at="then")


_ANSWERS: dict[type[Request[Any]], Callable[[MeetingService, Any], Any]] = {
    SendChat: MeetingService.chat,
    RedeemTicket: MeetingService.redeem,
    LoadRoom: MeetingService.view,
    FindLastCommand: MeetingService.last,
    ReportPresence: MeetingService.report,
    FindPeer: lambda _self, _request: PeerKnown(alive=True, generation=1),
    ClosePeer: lambda _self, _request: Nothing(),
}
