"""What one person sees of the room's log, and what their session learns from it."""

from functools import lru_cache

import orjson

from meeting_system.contracts.signal import ParticipantState
from meeting_system.contracts.signal_floor import FOR_MODERATORS, MODERATORS
from meeting_system.kernel.principal import MeetingRole
from meeting_system.signaling.floor import FORGETS_RIGHTS
from meeting_system.signaling.records import Attachment, Entry


def seen_by(role: MeetingRole, entry: Entry) -> str:
    """Return an event as a role sees it: with its offset in any case."""
    if entry.t not in FOR_MODERATORS or role in MODERATORS:
        return entry.frame
    return _hidden(entry.frame)


def learn(held: Attachment, entry: Entry) -> None:
    """Take over what others wrote of this participant, or decided for the meeting."""
    if entry.t == "participant.updated" and entry.target == held.pid:
        state = ParticipantState.model_validate(orjson.loads(str(entry.frame))["d"]["participant"])
        if state.version > held.me.version:
            held.me = state
    elif entry.t in FORGETS_RIGHTS:
        held.blocked = None
        if entry.t == "meeting.frozen":
            held.is_frozen = orjson.loads(str(entry.frame))["d"]["frozen"]


@lru_cache(maxsize=64)
def _hidden(frame: str) -> str:
    told = orjson.loads(str(frame))
    kept = {name: told[name] for name in ("f", "st", "off", "ep")}
    return orjson.dumps(kept | {"t": "hidden", "ts": told["ts"], "d": {}}).decode()
