"""The room log in memory: the same semantics as the Lua scripts, for schedules by the hundred thousand.

test_room_log.py holds it and Valkey to one contract. What the schedules need besides: it can be wiped, rolled
back, and away, before a step or after it (the step is done, its answer is lost).
"""

from collections.abc import Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass, field

from meeting_system.contracts.signal import ParticipantState
from meeting_system.kernel.errors import Unavailable
from meeting_system.signaling.records import (
    Entry,
    Outcome,
    Person,
    RoomState,
    Seat,
    SessionRecord,
    Step,
)
from meeting_system.signaling.room_log import ACKS_KEPT, session_record


class Tick:
    """Awaiting it hands control to the schedule."""

    def __await__(self) -> Generator[None, None, None]:
        yield


TICK = Tick()


async def no_tick() -> None:
    """Where nothing is interleaved."""


@dataclass(slots=True)
class Room:
    """One room's keys."""

    epoch: str
    top: int = 0
    seq: int = 0
    ended: bool = False
    log: list[Entry] = field(default_factory=list)
    people: dict[str, Person] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)

    def copy(self) -> "Room":
        return Room(
            self.epoch,
            self.top,
            self.seq,
            self.ended,
            list(self.log),
            dict(self.people),
            set(self.removed),
        )


@dataclass(slots=True)
class Data:
    """Everything in the server."""

    rooms: dict[str, Room] = field(default_factory=dict)
    sessions: dict[str, dict[str, str | int]] = field(default_factory=dict)
    acks: dict[str, dict[int, str]] = field(default_factory=dict)
    personal: dict[str, list[Entry]] = field(default_factory=dict)
    timers: dict[tuple[str, int], int] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)

    def copy(self) -> "Data":
        return Data(
            {run: room.copy() for run, room in self.rooms.items()},
            {sid: dict(fields) for sid, fields in self.sessions.items()},
            {sid: dict(acks) for sid, acks in self.acks.items()},
            {sid: list(log) for sid, log in self.personal.items()},
            dict(self.timers),
            dict(self.owners),
        )


class MemoryServer:
    """Stands for Valkey: one data set, one run id, told to any number of logs."""

    def __init__(self, publish: Callable[[str, str], None] = lambda _run, _payload: None) -> None:
        self.data = Data()
        self.run_id = "run000000000"
        self._restarts = 0
        self._publish = publish

    def wipe(self) -> None:
        """FLUSHALL."""
        self.data = Data()

    def restart(self, data: Data) -> None:
        """Come back as another process, with the data of some moment before."""
        self._restarts += 1
        self.run_id = f"run{self._restarts:09d}"
        self.data = data

    def valid(self, run: str) -> Room | None:
        room = self.data.rooms.get(run)
        return room if room is not None and room.epoch.startswith(self.run_id) else None

    def open(self, run: str, salt: str, seq: int, *, ended: bool, removed: Sequence[str]) -> str:
        room = self.valid(run)
        if room is None:
            old = self.data.rooms.get(run)
            room = Room(f"{self.run_id}-{salt}", seq=seq, ended=ended, removed=set(removed))
            if old is not None:
                room.people = {pid: each for pid, each in old.people.items() if pid not in room.removed}
            self.data.rooms[run] = room
        return room.epoch

    def stored(self, sid: str) -> SessionRecord | None:
        have = self.data.sessions.get(sid)
        # All values pass through text, as they do in Valkey.
        return session_record(sid, {name: str(value) for name, value in have.items()}) if have else None

    def apply(self, step: Step) -> Outcome:
        room = self.valid(step.run)
        if room is None or room.epoch != step.epoch:
            return Outcome("epoch", 0, 0)
        refused = (self._refuse_session(room, step) if step.sid else None) or _refuse_room(room, step)
        if refused is not None:
            return refused
        return self._do(room, step)

    def _refuse_session(self, room: Room, step: Step) -> Outcome | None:
        have = self.data.sessions.get(step.sid)
        gen = int(have["gen"]) if have else -1
        if gen != step.gen:
            return Outcome("fenced", gen, 0)
        if not step.drop and room.ended:
            return Outcome("ended", 0, 0)
        if not step.drop and step.pid in room.removed:
            return Outcome("removed", 0, 0)
        if step.owner is not None and self.data.owners.get(step.pid, "") != step.owner:
            return Outcome("conflict", 0, 0)
        if have is not None and not step.new_personal_log and have.get("epoch") != room.epoch:
            return Outcome("epoch", 0, 0)
        have = have or {}
        last = int(have.get("last_cid", 0))
        if step.cid > 0 and last != step.cid - 1:
            return Outcome("cid", last, 0)
        known = (int(have.get("slots_gen", 0)), int(have.get("slots_ver", 0)))
        is_old = step.slots_version[0] > 0 and step.slots_version <= known
        was_told = 0 < step.told <= int(have.get("told", 0))
        return Outcome("old", 0, 0) if is_old or was_told else None

    def _do(self, room: Room, step: Step) -> Outcome:
        for write in step.people:
            if write.state is None:
                room.people.pop(write.pid, None)
            else:
                room.people[write.pid] = Person(write.sid, write.state)
        if step.ends_sid:
            self._end_other(step)
        if step.removes:
            room.removed.add(step.removes)
        po = self._do_session(room, step) if step.sid else 0
        for event in step.events:
            room.top += 1
            frame = f'{{"f":"ev","st":"r","off":{room.top},"ep":"{room.epoch}",{event.tail.decode()}'
            room.log.append(Entry(room.top, event.t, event.target, frame))
            self._publish(step.run, f"{room.epoch}\nr\n{room.top}\n{event.t}\n{event.target}\n{frame}")
        for event in step.passing:
            frame = '{"f":"ev","st":"r",' + event.tail.decode()
            self._publish(step.run, f"{room.epoch}\ne\n0\n{event.t}\n\n{frame}")
        if step.log_seq:
            room.seq = step.log_seq
        room.ended = room.ended or step.ends_room
        begins = step.sid and step.gen >= 0 and int(step.fields.get("gen", step.gen)) != step.gen
        return Outcome("ok", room.top, po, self.stored(step.sid) if begins else None)

    def _end_other(self, step: Step) -> None:
        other = self.data.sessions.get(step.ends_sid)
        if other is not None:
            gen = int(other["gen"])
            self.data.timers.pop((step.ends_sid, gen), None)
            other.update(state="gone", why="replaced", gen=gen + 1)
        self._publish(step.run, f"{step.epoch}\nx\n1000000000\nreplaced\n{step.ends_sid}\n")

    def _do_session(self, room: Room, step: Step) -> int:
        data, sid = self.data, step.sid
        have = data.sessions.setdefault(sid, {})
        po = int(have.get("po", 0))
        if step.new_personal_log:
            data.personal.pop(sid, None)
            po = 0
            have["epoch"], have["po"] = room.epoch, 0
        have.update(step.fields)
        gen = int(step.fields.get("gen", step.gen))
        if step.slots_version[0] > 0:
            have["slots_gen"], have["slots_ver"] = step.slots_version
        if step.told > 0:
            have["told"] = step.told
        if step.cid > 0:
            have["last_cid"] = step.cid
            acks = data.acks.setdefault(sid, {})
            acks[step.cid] = step.ack
            acks.pop(step.cid - ACKS_KEPT, None)
        if gen != step.gen and step.gen >= 0:
            data.timers.pop((sid, step.gen), None)
            self._publish(step.run, f"{step.epoch}\nx\n{gen}\nreplaced\n{sid}\n")
        if step.drop:
            self._drop(step)
            return po
        if step.due_ms is not None:
            data.timers[sid, gen] = step.due_ms
            data.owners[step.pid] = sid
        for event in step.personal:
            po += 1
            frame = f'{{"f":"ev","st":"p","off":{po},"ep":"{room.epoch}",{event.tail.decode()}'
            data.personal.setdefault(sid, []).append(Entry(po, event.t, sid, frame))
            self._publish(step.run, f"{room.epoch}\np\n{po}\n{event.t}\n{sid}\n{frame}")
        have["po"] = po
        return po

    def _drop(self, step: Step) -> None:
        data, sid = self.data, step.sid
        data.timers.pop((sid, step.gen), None)
        data.acks.pop(sid, None)
        data.personal.pop(sid, None)
        data.owners.pop(step.pid, None)
        data.sessions[sid].update(state="gone", why=step.drop, gen=step.gen + 1)
        self._publish(step.run, f"{step.epoch}\nx\n{step.gen + 1}\n{step.drop}\n{sid}\n")


def _refuse_room(room: Room, step: Step) -> Outcome | None:
    if step.log_seq > 0:
        if step.log_seq <= room.seq:
            return Outcome("old", room.seq, 0)
        if step.log_seq != room.seq + 1:
            return Outcome("gap", room.seq, 0)
    for write in step.people:
        person = room.people.get(write.pid)
        version = person.state.version if person else 0
        if version != write.expected:
            return Outcome("conflict", version, 0)
    return None


class MemoryRoomLog:
    """`RoomLog` over a MemoryServer. `fault` says what the next call suffers: none, `before` or `after`."""

    def __init__(
        self,
        server: MemoryServer,
        *,
        tick: Callable[[], Awaitable[None]] = no_tick,
        fault: Callable[[], str] = str,
    ) -> None:
        self.server = server
        self._tick = tick
        self._fault = fault

    async def open_room(self, run: str, *, salt: str, seq: int, ended: bool, removed: Sequence[str]) -> str:
        await self._ask()
        return self.server.open(run, salt, seq, ended=ended, removed=removed)

    async def read_room(self, run: str) -> RoomState | None:
        await self._ask()
        room = self.server.valid(run)
        if room is None:
            return None
        return RoomState(room.epoch, room.top, room.seq, room.ended, dict(room.people))

    async def find_seat(self, run: str, pid: str, sid: str, *, ro: int, po: int) -> Seat | None:
        await self._ask()
        room = self.server.valid(run)
        if room is None:
            return None
        people = {pid: room.people[pid]} if pid in room.people else {}
        told = self.server.data.personal.get(sid, [])
        state = RoomState(room.epoch, room.top, room.seq, room.ended, people)
        return Seat(state, _first_after(room.log[ro : ro + 1], ro), _first_after(told, po))

    async def find_session(self, sid: str) -> SessionRecord | None:
        await self._ask()
        return self.server.stored(sid)

    async def find_ack(self, sid: str, cid: int) -> str | None:
        await self._ask()
        return self.server.data.acks.get(sid, {}).get(cid)

    async def find_owner(self, pid: str) -> str | None:
        await self._ask()
        return self.server.data.owners.get(pid)

    async def apply(self, step: Step) -> Outcome:
        fault = await self._ask()
        outcome = self.server.apply(step)
        if fault == "after":
            raise Unavailable("the answer was lost")
        return outcome

    async def read_events(self, run: str, epoch: str, after: int, count: int) -> list[Entry]:
        await self._ask()
        room = self.server.data.rooms.get(run)
        if room is None or room.epoch != epoch:
            return []
        return room.log[after : after + count]

    async def read_personal(self, sid: str, epoch: str, after: int, count: int) -> list[Entry]:
        await self._ask()
        have = self.server.data.sessions.get(sid)
        if have is None or have.get("epoch") != epoch:
            return []
        return _after(self.server.data.personal.get(sid, []), after)[:count]

    async def read_missed(
        self, run: str, sid: str, epoch: str, *, ro: int, po: int, count: int
    ) -> tuple[list[Entry], list[Entry]]:
        await self._ask()
        data = self.server.data
        room, have = data.rooms.get(run), data.sessions.get(sid)
        events = room.log[ro : ro + count] if room is not None and room.epoch == epoch else []
        is_same = have is not None and have.get("epoch") == epoch
        return events, _after(data.personal.get(sid, []), po)[:count] if is_same else []

    async def read_tops(self, runs: Sequence[str]) -> list[tuple[str, int]]:
        await self._ask()
        found = [self.server.valid(run) for run in runs]
        return [(room.epoch, room.top) if room else ("", 0) for room in found]

    async def find_due(self, now_ms: int, count: int) -> list[tuple[str, int]]:
        await self._ask()
        due = sorted((at, member) for member, at in self.server.data.timers.items() if at <= now_ms)
        return [member for _, member in due[:count]]

    async def renew_leases(self, sessions: Sequence[tuple[str, int, str]], due_ms: int) -> list[str]:
        await self._ask()
        strays = []
        for sid, gen, _ in sessions:
            have = self.server.data.sessions.get(sid, {})
            if have.get("gen") == gen and have.get("state") == "attached":
                self.server.data.timers[sid, gen] = due_ms
            else:
                strays.append(sid)
        return strays

    async def confirm_tokens(self, sessions: Sequence[tuple[str, int, str]]) -> None:
        await self._ask()
        for sid, gen, older in sessions:
            have = self.server.data.sessions.get(sid)
            if have is not None and have.get("gen") == gen:
                have.update(previous_token="", older_tokens=older)

    async def forget(self, sid: str, gen: int) -> None:
        await self._ask()
        data = self.server.data
        data.timers.pop((sid, gen), None)
        have = data.sessions.get(sid)
        if have is None or int(have["gen"]) == gen:
            for keyed in (data.sessions, data.acks, data.personal):
                keyed.pop(sid, None)  # type: ignore[attr-defined]

    async def _ask(self) -> str:
        await self._tick()
        fault = self._fault()
        if fault == "before":
            raise Unavailable("the store is away")
        return fault


def _after(log: Sequence[Entry], off: int) -> list[Entry]:
    return [entry for entry in log if entry.off > off]


def _first_after(log: Sequence[Entry], off: int) -> int:
    return next((entry.off for entry in log if entry.off > off), 0)


def state_of(pid: str, version: int = 1, **more: object) -> ParticipantState:
    """Return a participant's state for tests."""
    fields: dict[str, object] = {
        "participant_id": pid,
        "display_name": pid,
        "role": "attendee",
        "is_guest": True,
        "presence": "connected",
        "joined_at": "2026-01-01T00:00:00.000Z",
        "version": version,
    }
    return ParticipantState.model_validate(fields | more)
