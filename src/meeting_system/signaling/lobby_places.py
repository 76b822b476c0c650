"""Tells those who wait where they are in the lobby, once a second at most."""

from meeting_system.contracts.signal import CloseCode
from meeting_system.kernel.errors import AppError
from meeting_system.signaling.core import Core
from meeting_system.signaling.errors import CloseSocket
from meeting_system.signaling.hub import Hub
from meeting_system.signaling.lobby import tell_places


async def tell_moved(core: Core, hub: Hub) -> None:
    """Tell the places in every room here in which they may have changed since."""
    moved, hub.places.moved = hub.places.moved, set()
    for run in moved:
        room = hub.rooms.get(run)
        waiting = [held for held in room.members.values() if held.is_waiting] if room is not None else []
        if room is None or not waiting:
            continue
        try:
            await tell_places(core, room.meeting_id, run, waiting)
        except AppError:
            hub.places.moved.add(run)
        except CloseSocket as end:
            if end.code is CloseCode.DRAINING:
                hub.places.moved.add(run)
