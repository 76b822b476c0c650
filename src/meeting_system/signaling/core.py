"""What every decision needs to be carried out, and the reading of rooms. No sockets, no event loop."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from meeting_system.contracts.call import Request
from meeting_system.contracts.meeting import LoadRoom, RoomView
from meeting_system.contracts.signal import CloseCode
from meeting_system.kernel.clock import Clock
from meeting_system.kernel.errors import AppError, Unavailable
from meeting_system.kit.bus import Bus
from meeting_system.signaling.errors import CloseSocket
from meeting_system.signaling.records import Outcome, RoomState
from meeting_system.signaling.room_log import RoomLog
from meeting_system.signaling.steps import Now

ATTEMPTS = 8
"""A step that met a newer state is decided again this often; then the client comes back later."""
ASK_TIMEOUT_S = 3.0


@dataclass(slots=True, frozen=True)
class Core:
    """The outside, as arguments. `later` takes what may be asked after the answer: presence, closed media."""

    log: RoomLog
    bus: Bus
    clock: Clock
    node: str
    new_id: Callable[[], str]
    new_secret: Callable[[], str]
    pause: Callable[[float], Awaitable[None]]
    later: Callable[[Request[Any]], None]

    def now(self) -> Now:
        return Now(self.clock.now())


async def load_view(core: Core, meeting_id: str, run: str, viewers: Sequence[str] = ()) -> RoomView:
    """Read the durable part of a room from the meeting service, with what is personal to `viewers`; a run
    that is over closes the socket."""
    request = LoadRoom(meeting_id=meeting_id, run_id=run, participant_ids=list(viewers))
    try:
        view = await core.bus.call(request, timeout_s=ASK_TIMEOUT_S)
    except AppError as error:
        raise as_close(error) from error
    if view.ended:
        raise CloseSocket(CloseCode.MEETING_ENDED)
    return view


async def ensure_room(core: Core, meeting_id: str, run: str) -> RoomState:
    """Read a room; where its log is lost or never was, start one from what the meeting service knows."""
    room = await core.log.read_room(run)
    if room is None:
        view = await load_view(core, meeting_id, run)
        await core.log.open_room(
            run, salt=core.new_secret()[:8], seq=view.log_seq, ended=view.ended, removed=view.removed
        )
        room = await core.log.read_room(run)
    if room is None:
        raise Unavailable("the room log was lost while it was opened; try again")
    if room.ended:
        raise CloseSocket(CloseCode.MEETING_ENDED)
    return room


_OVER = {
    "ended": CloseCode.MEETING_ENDED,
    "removed": CloseCode.KICKED,
}


def raise_if_over(outcome: Outcome) -> None:
    """End the connection of somebody who may not be in the room any more."""
    if outcome.verdict in _OVER:
        raise CloseSocket(_OVER[outcome.verdict])


_CODES = {
    "meeting_not_live": CloseCode.MEETING_ENDED,
    "meeting_ended": CloseCode.MEETING_ENDED,
    "meeting_not_found": CloseCode.MEETING_ENDED,
    "participant_removed": CloseCode.KICKED,
    "participant_banned": CloseCode.KICKED,
    "lobby_denied": CloseCode.DENIED,
}


def as_close(error: AppError) -> CloseSocket:
    """Translate a refusal of the meeting service into the end of a connection."""
    if error.retryable:
        # Not this server's end, but the client does the same: it comes back after a while.
        return CloseSocket(CloseCode.DRAINING, "unavailable")
    return CloseSocket(_CODES.get(error.code, CloseCode.EXPIRED), error.code)
