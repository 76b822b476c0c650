"""The rooms that this process serves: what happens in them goes, numbered and without gaps, to its sockets.

Messages arrive by `hear`, complete or not; whatever does not follow is fetched from the log (`mend`). The hub
has no tasks of its own: jobs.py reads the subscription and calls `mend` for the rooms in `broken`.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

from meeting_system.contracts.signal import CloseCode
from meeting_system.contracts.signal_floor import FOR_MODERATORS
from meeting_system.kernel.errors import AppError
from meeting_system.signaling import lobby
from meeting_system.signaling.attach import (
    carry_over,
    close_code_of,
    connected,
    push_reset,
    see,
)
from meeting_system.signaling.core import Core, ensure_room
from meeting_system.signaling.errors import CloseSocket
from meeting_system.signaling.floor import FORGETS_RIGHTS
from meeting_system.signaling.frames import Told
from meeting_system.signaling.lobby import Places
from meeting_system.signaling.metrics import SHED
from meeting_system.signaling.records import Attachment, Entry
from meeting_system.signaling.rules import MediaAfterLoss
from meeting_system.signaling.sight import learn, seen_by

CHUNK = 100
"""Entries read at once to catch up: less than half of a send queue."""
OWN = "participant.updated"
"""Most of what happens. Without a target no session has anything to learn from it (sight.py)."""
LOOKED_AT = (
    frozenset({"participant.removed", OWN, "participant.role_changed", "meeting.ended"})
    | FOR_MODERATORS
    | FORGETS_RIGHTS
)
"""Events that are not the same for everybody, or that change a session."""


@dataclass(slots=True)
class LocalRoom:
    """One room here: `top` is the last room event given to every member that was present then."""

    run: str
    meeting_id: str
    epoch: str
    top: int
    members: dict[str, Attachment] = field(default_factory=dict)


class Hub:
    """All rooms of one process. `watch` and `unwatch` a room's channel; `alarm` wakes the mender."""

    def __init__(
        self,
        core: Core,
        *,
        watch: Callable[[str], Awaitable[None]],
        unwatch: Callable[[str], Awaitable[None]],
        alarm: Callable[[], None] = lambda: None,
        chunk: int = CHUNK,
    ) -> None:
        self.rooms: dict[str, LocalRoom] = {}
        self.broken: set[str] = set()
        self.places = Places()
        self.unconfirmed: list[Attachment] = []
        """Sessions whose clients have shown that they hold the newest token; jobs.py writes it down."""
        self._by_participant: dict[str, Attachment] = {}
        self._core = core
        self._watch = watch
        self._unwatch = unwatch
        self._alarm = alarm
        self._chunk = chunk

    def members(self) -> Iterator[Attachment]:
        """Every session at a socket of this process."""
        for room in self.rooms.values():
            yield from room.members.values()

    def find(self, pid: str) -> Attachment | None:
        """Find the session of a participant, if it is here."""
        return self._by_participant.get(pid)

    def room_of_meeting(self, meeting_id: str) -> LocalRoom | None:
        """Find the room of a meeting's live run, if somebody is in it here."""
        return next((room for room in self.rooms.values() if room.meeting_id == meeting_id), None)

    async def enter(self, held: Attachment) -> None:
        """Give a session what follows its position, then everything to come."""
        room = self.rooms.get(held.run)
        is_new = room is None
        if room is None:
            room = LocalRoom(held.run, held.meeting_id, held.epoch, held.sent_ro)
            self.rooms[held.run] = room
        older = room.members.get(held.sid)
        if older is not None:
            older.queue.close(CloseCode.REPLACED)
        # A member from the start: what is heard and what is read both go in only where they follow.
        room.members[held.sid] = held
        self._by_participant[held.pid] = held
        if is_new:
            await self._watch(held.run)
        await self._catch_up_one(held)
        if room.epoch != held.epoch or held.sent_ro < room.top:
            self.mark(held.run)

    async def exit(self, held: Attachment) -> None:
        """Stop giving a session anything; the last to leave ends the subscription."""
        room = self.rooms.get(held.run)
        if room is None or room.members.get(held.sid) is not held:
            return
        del room.members[held.sid]
        if self._by_participant.get(held.pid) is held:
            del self._by_participant[held.pid]
        if not room.members:
            del self.rooms[held.run]
            self.broken.discard(held.run)
            await self._unwatch(held.run)

    def hear(self, run: str, payload: str) -> None:
        """Take one message of a room's channel."""
        room = self.rooms.get(run)
        if room is None:
            return
        epoch, kind, off, t, target, frame = payload.split("\n", 5)
        if kind == "x":
            # Here they are the session's generation now, why, and the session.
            _drop_older(room, epoch, sid=target, gen=int(off), why=t)
        elif epoch != room.epoch:
            self.mark(run)
        elif kind == "e":
            self.shout(room, Told(frame))
        elif kind == "p":
            self._tell_one(room, Entry(int(off), t, target, frame))
        else:
            self._tell_all(room, Entry(int(off), t, target, Told(frame)))

    def shout(self, room: LocalRoom, frame: str) -> None:
        """Give an ephemeral event to whoever has room for it."""
        for held in room.members.values():
            if not held.is_waiting:
                self.whisper(held, frame)

    def whisper(self, held: Attachment, frame: str) -> None:
        """Give one session an ephemeral event, if there is room for it."""
        before = held.queue.shed
        held.queue.push(frame, ephemeral=True)
        if held.queue.shed != before:
            SHED.inc(held.queue.shed - before)

    def compare(self, run: str, epoch: str, top: int) -> None:
        """Compare a room with its log's epoch and top: a silent gap shows here."""
        room = self.rooms.get(run)
        if room is not None and (epoch != room.epoch or top > room.top):
            self.mark(run)

    def mark(self, run: str) -> None:
        """Say that a room needs mending."""
        self.broken.add(run)
        self._alarm()

    async def mend(self, run: str) -> None:
        """Fetch what was missed in a room, or carry its members over where the log is another one."""
        self.broken.discard(run)
        room = self.rooms.get(run)
        if room is None:
            return
        try:
            await self._follow_epoch(room)
            await self._catch_up(room)
        except CloseSocket as end:
            if end.code is CloseCode.DRAINING:
                self.broken.add(run)
                return
            for held in room.members.values():
                held.queue.close(end.code)
        except AppError:
            # Valkey or the meeting service is away: the sockets stay, and it is tried again.
            self.broken.add(run)

    async def _follow_epoch(self, room: LocalRoom) -> None:
        """Carry sessions over one by one, then show all of them one snapshot."""
        state = await ensure_room(self._core, room.meeting_id, room.run)
        for held in [held for held in room.members.values() if held.epoch != state.epoch]:
            await self._carry_over(held)
        viewers = [held for held in room.members.values() if held.needs_reset]
        if not viewers and room.epoch == state.epoch:
            return
        state, view = await see(self._core, room.meeting_id, room.run, viewers)
        if room.epoch != state.epoch:
            room.epoch, room.top = state.epoch, state.top
        for held in viewers:
            is_here = room.members.get(held.sid) is held
            if is_here and held.needs_reset and held.epoch == state.epoch:
                held.needs_reset = False
                reason, held.reset_reason = held.reset_reason, "epoch"
                media: MediaAfterLoss = "rebuild" if reason == "admitted" else "keep"
                try:
                    push_reset(held, state, view, reason=reason, media=media)
                    if reason == "admitted":
                        self._core.later(connected(held))
                except CloseSocket as end:
                    held.queue.close(end.code)

    async def _carry_over(self, held: Attachment) -> None:
        try:
            await carry_over(self._core, held)
        except CloseSocket as end:
            if end.code is CloseCode.DRAINING:
                raise
            held.queue.close(end.code)

    def _tell_one(self, room: LocalRoom, entry: Entry) -> None:
        held = room.members.get(entry.target)
        if held is None or entry.off <= held.sent_po:
            return
        if entry.off != held.sent_po + 1 or held.epoch != room.epoch or held.needs_reset:
            self.mark(room.run)
            return
        _give_personal(held, entry)

    def _tell_all(self, room: LocalRoom, entry: Entry) -> None:
        if entry.off <= room.top:
            return
        if entry.off != room.top + 1:
            self.mark(room.run)
            return
        room.top = off = entry.off
        self.places.heard(room.run, entry)
        frame, epoch, before = entry.frame, room.epoch, off - 1
        is_same_for_all = entry.t not in LOOKED_AT or (entry.t == OWN and not entry.target)
        for held in room.members.values():
            is_next = held.sent_ro == before and held.epoch == epoch and not held.needs_reset
            if is_same_for_all and is_next and not held.is_waiting:
                held.sent_ro = off
                held.queue.push(frame)
                continue
            if not _is_current(held, room):
                continue
            _give(held, entry)
            if held.sent_ro < off or held.needs_reset:
                self.mark(room.run)

    async def _catch_up(self, room: LocalRoom) -> None:
        """Read the log from the furthest behind, until nothing more is there."""
        for held in list(room.members.values()):
            await self._catch_up_personal(held)
        while current := _current(room):
            lowest = min(room.top, *(held.sent_ro for held in current))
            entries = await self._core.log.read_events(room.run, room.epoch, lowest, self._chunk)
            if not entries or entries[0].off != lowest + 1:
                break
            for entry in entries:
                room.top = max(room.top, entry.off)
                self.places.heard(room.run, entry)
                for held in _current(room):
                    _give(held, entry)
            await self._core.pause(0)
        if any(held.needs_reset for held in room.members.values()):
            self.mark(room.run)

    async def _catch_up_one(self, held: Attachment) -> None:
        """Give what both logs hold; what comes later is heard."""
        is_more = True
        while is_more:
            events, personal = await self._core.log.read_missed(
                held.run, held.sid, held.epoch, ro=held.sent_ro, po=held.sent_po, count=self._chunk
            )
            for entry in personal:
                _give_personal(held, entry)
            await held.queue.flushed()
            for entry in events:
                _give(held, entry)
            if held.needs_reset:
                self.mark(held.run)
                return
            await held.queue.flushed()
            is_more = max(len(events), len(personal)) == self._chunk

    async def _catch_up_personal(self, held: Attachment) -> None:
        while entries := await self._core.log.read_personal(held.sid, held.epoch, held.sent_po, self._chunk):
            for entry in entries:
                _give_personal(held, entry)
            await held.queue.flushed()


def _current(room: LocalRoom) -> list[Attachment]:
    """Members in the room's epoch, and not on their way out; the others wait for their reset."""
    return [held for held in room.members.values() if _is_current(held, room)]


def _is_current(held: Attachment, room: LocalRoom) -> bool:
    return held.epoch == room.epoch and not held.needs_reset and held.queue.closing is None


def _drop_older(room: LocalRoom, epoch: str, *, sid: str, gen: int, why: str) -> None:
    held = room.members.get(sid)
    # Of another epoch: that is the session itself being carried over, or for `mend` to judge.
    if held is not None and held.epoch == epoch and held.gen < gen:
        held.queue.close(close_code_of(why))


def _give(held: Attachment, entry: Entry) -> None:
    if entry.off != held.sent_ro + 1 or held.needs_reset:
        return
    if held.is_waiting:
        held.sent_ro = entry.off
        if (frame := lobby.hear(held, entry)) is not None:
            held.queue.push(frame)
        return
    if entry.t == "participant.role_changed" and entry.target == held.pid:
        # What one sees changes with the role: everything is shown anew instead.
        held.needs_reset, held.reset_reason = True, "role"
        return
    held.sent_ro = entry.off
    learn(held, entry)
    held.queue.push(seen_by(held.me.role, entry))
    # Nothing follows for somebody removed, and nothing at all after the end.
    if entry.t == "participant.removed" and entry.target == held.pid:
        held.queue.close(CloseCode.KICKED)
    elif entry.t == "meeting.ended":
        held.queue.close(CloseCode.MEETING_ENDED)


def _give_personal(held: Attachment, entry: Entry) -> None:
    if entry.off != held.sent_po + 1:
        return
    held.sent_po = entry.off
    held.queue.push(entry.frame)
