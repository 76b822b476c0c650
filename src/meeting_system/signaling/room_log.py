"""Room logs, sessions and timers in Valkey: every change is one Lua script, whole or not at all.

Keys (each given to the scripts, none made inside): `sg:{run}:meta|log|people|removed`, `sg:s:{sid}` and its
`:a` (stored acks) and `:p` (personal log), `sg:pid:{participant}` (its session), `sg:timers`. What happens is
published on `sg:r:{run}` as `epoch\\nkind\\noffset\\ntype\\ntarget\\nframe`, kind r (room log), p (personal
log), e (ephemeral), x (session `target` lost the generations below `offset`, `type` says why).

`RoomLog` exists so that the schedules of tests/signaling run the same decisions over a log in memory; both
are held to one contract by tests/signaling/test_room_log.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any, Protocol, cast

from meeting_system.contracts.signal import ParticipantState
from meeting_system.kernel.ports import Store
from meeting_system.signaling.records import (
    Entry,
    NewEvent,
    Outcome,
    Person,
    RoomState,
    Seat,
    SessionRecord,
    SessionState,
    Step,
    Verdict,
)

KEEP_COUNT = 10_000
KEEP_MS = 300_000
KEEP_MOST = 50_000
"""However much happens in five minutes, a log never holds more than this."""
ACKS_KEPT = 256
ROOM_TTL_S = 86_400
SESSION_TTL_S = 86_400
GONE_TTL_S = 900
"""An ended session is remembered so long, to tell its client why."""

_TIMERS = "sg:timers"


class RoomLog(Protocol):
    """The store of rooms and sessions. Raises Unavailable when the server is away."""

    async def open_room(self, run: str, *, salt: str, seq: int, ended: bool, removed: Sequence[str]) -> str:
        """Start a room's log and return its epoch, or the epoch of the valid one there is."""
        ...

    async def read_room(self, run: str) -> RoomState | None:
        """Read top and people at one instant; null: there is no valid log."""
        ...

    async def find_seat(self, run: str, pid: str, sid: str, *, ro: int, po: int) -> Seat | None:
        """Read what a session has to know that comes back with these offsets; null: there is no valid log."""
        ...

    async def find_session(self, sid: str) -> SessionRecord | None: ...
    async def find_ack(self, sid: str, cid: int) -> str | None: ...
    async def find_owner(self, pid: str) -> str | None:
        """Find the session that speaks for a participant."""
        ...

    async def apply(self, step: Step) -> Outcome: ...
    async def read_events(self, run: str, epoch: str, after: int, count: int) -> list[Entry]:
        """Read a room's log from beyond an offset; nothing in another epoch."""
        ...

    async def read_personal(self, sid: str, epoch: str, after: int, count: int) -> list[Entry]: ...
    async def read_missed(
        self, run: str, sid: str, epoch: str, *, ro: int, po: int, count: int
    ) -> tuple[list[Entry], list[Entry]]:
        """Read both logs at one instant: the room's and the personal one, so many entries of each at most."""
        ...

    async def read_tops(self, runs: Sequence[str]) -> list[tuple[str, int]]:
        """Read epoch and top of each room; an empty epoch: there is no valid log."""
        ...

    async def find_due(self, now_ms: int, count: int) -> list[tuple[str, int]]:
        """Find sessions whose timer ran out, each as (sid, gen)."""
        ...

    async def renew_leases(self, sessions: Sequence[tuple[str, int, str]], due_ms: int) -> list[str]:
        """Put off the timers of sessions, as (sid, gen, participant); return those not held any more."""
        ...

    async def confirm_tokens(self, sessions: Sequence[tuple[str, int, str]]) -> None:
        """Retire the tokens before the newest ones of sessions, as (sid, gen, older tokens)."""
        ...

    async def forget(self, sid: str, gen: int) -> None:
        """Remove what is left of a session that has nothing to tell anybody any more."""
        ...


def _script(name: str) -> str:
    return files("meeting_system.signaling").joinpath("lua", f"{name}.lua").read_text("utf-8")


_COMMIT, _OPEN, _STATE = _script("commit"), _script("open"), _script("state")
_TOPS, _RANGE, _TOUCH = _script("tops"), _script("range"), _script("touch")
_SEAT, _CONFIRM = _script("seat"), _script("confirm")
_HASH = "return redis.call('HGETALL', KEYS[1])"
_FIELD = "return redis.call('HGET', KEYS[1], ARGV[1])"
_DUE = "return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])"
_FORGET = """
redis.call('ZREM', KEYS[1], ARGV[1] .. ':' .. ARGV[2])
local gen = redis.call('HGET', KEYS[2], 'gen')
if not gen or gen == ARGV[2] then redis.call('DEL', KEYS[2], KEYS[3], KEYS[4]) end
"""


def channel_of(run: str) -> str:
    """Name the channel on which everything in a room is told."""
    return f"sg:r:{run}"


class ValkeyRoomLog:
    """`RoomLog` over the Store port."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def open_room(self, run: str, *, salt: str, seq: int, ended: bool, removed: Sequence[str]) -> str:
        args: list[bytes | str | int | float] = [salt, seq, "1" if ended else "0", ROOM_TTL_S, *removed]
        epoch: bytes = await self._store.run(_OPEN, keys=_room_keys(run), args=args)
        return epoch.decode()

    async def read_room(self, run: str) -> RoomState | None:
        keys = [f"sg:{run}:meta", f"sg:{run}:people"]
        found = await self._store.run(_STATE, keys=keys, args=[])
        if not found:
            return None
        people = StoredPeople(dict(zip(found[4][::2], found[4][1::2], strict=True)))
        return RoomState(found[0].decode(), int(found[1]), int(found[2]), found[3] == b"1", people)

    async def find_seat(self, run: str, pid: str, sid: str, *, ro: int, po: int) -> Seat | None:
        keys = [f"sg:{run}:meta", f"sg:{run}:people", f"sg:{run}:log", f"sg:s:{sid}:p"]
        found = await self._store.run(_SEAT, keys=keys, args=[pid, ro, po])
        if not found:
            return None
        people = {pid: _person(found[4])} if found[4] else {}
        room = RoomState(found[0].decode(), int(found[1]), int(found[2]), found[3] == b"1", people)
        return Seat(room, _offset(found[5]), _offset(found[6]))

    async def find_session(self, sid: str) -> SessionRecord | None:
        return _stored_session(sid, await self._store.run(_HASH, keys=[f"sg:s:{sid}"], args=[]))

    async def find_ack(self, sid: str, cid: int) -> str | None:
        found = await self._store.run(_FIELD, keys=[f"sg:s:{sid}:a"], args=[cid])
        return found.decode() if found is not None else None

    async def find_owner(self, pid: str) -> str | None:
        found = await self._store.get(f"sg:pid:{pid}")
        return found.decode() if found is not None else None

    async def apply(self, step: Step) -> Outcome:
        keys = [
            *_room_keys(step.run),
            channel_of(step.run),
            *_session_keys(step.sid),
            f"sg:s:{step.ends_sid}",
            _TIMERS,
            f"sg:pid:{step.pid}",
        ]
        verdict, top, po, *stored = await self._store.run(_COMMIT, keys=keys, args=_arguments(step))
        record = _stored_session(step.sid, stored[0]) if stored else None
        return Outcome(cast("Verdict", verdict.decode()), int(top), int(po), record)

    async def read_events(self, run: str, epoch: str, after: int, count: int) -> list[Entry]:
        return (await self._range(_logged(run), [after], epoch, count))[0]

    async def read_personal(self, sid: str, epoch: str, after: int, count: int) -> list[Entry]:
        return (await self._range(_kept(sid), [after], epoch, count))[0]

    async def read_missed(
        self, run: str, sid: str, epoch: str, *, ro: int, po: int, count: int
    ) -> tuple[list[Entry], list[Entry]]:
        events, personal = await self._range([*_logged(run), *_kept(sid)], [ro, po], epoch, count)
        return events, personal

    async def read_tops(self, runs: Sequence[str]) -> list[tuple[str, int]]:
        if not runs:
            return []
        found = await self._store.run(_TOPS, keys=[f"sg:{run}:meta" for run in runs], args=[])
        return [(epoch.decode(), int(top)) for epoch, top in found]

    async def find_due(self, now_ms: int, count: int) -> list[tuple[str, int]]:
        found = await self._store.run(_DUE, keys=[_TIMERS], args=[now_ms, count])
        members = [member.decode().rpartition(":") for member in found]
        return [(sid, int(gen)) for sid, _, gen in members]

    async def renew_leases(self, sessions: Sequence[tuple[str, int, str]], due_ms: int) -> list[str]:
        if not sessions:
            return []
        keys = [key for sid, _, pid in sessions for key in (*_session_keys(sid), f"sg:pid:{pid}")]
        members = [part for sid, gen, _ in sessions for part in (sid, gen)]
        strays = await self._store.run(_TOUCH, keys=[_TIMERS, *keys], args=[due_ms, SESSION_TTL_S, *members])
        return [sid.decode() for sid in strays]

    async def confirm_tokens(self, sessions: Sequence[tuple[str, int, str]]) -> None:
        keys = [f"sg:s:{sid}" for sid, _, _ in sessions]
        told = [part for _, gen, older in sessions for part in (gen, older)]
        await self._store.run(_CONFIRM, keys=keys, args=[*told])

    async def forget(self, sid: str, gen: int) -> None:
        await self._store.run(_FORGET, keys=[_TIMERS, *_session_keys(sid)], args=[sid, gen])

    async def _range(
        self, keys: list[str], after: Sequence[int], epoch: str, count: int
    ) -> list[list[Entry]]:
        found = await self._store.run(_RANGE, keys=keys, args=[epoch, count, *after])
        return [[_entry(entry_id, fields) for entry_id, fields in each] for each in found]


def _logged(run: str) -> list[str]:
    return [f"sg:{run}:log", f"sg:{run}:meta"]


def _kept(sid: str) -> list[str]:
    return [f"sg:s:{sid}:p", f"sg:s:{sid}"]


def _offset(entry_id: bytes) -> int:
    return int(entry_id.partition(b"-")[0]) if entry_id else 0


def _stored_session(sid: str, pairs: Sequence[bytes]) -> SessionRecord | None:
    if not pairs:
        return None
    have = {pairs[at].decode(): pairs[at + 1].decode() for at in range(0, len(pairs), 2)}
    return session_record(sid, have)


def session_record(sid: str, have: dict[str, str]) -> SessionRecord:
    """Read a session from its stored fields."""
    return SessionRecord(
        sid=sid,
        run=have.get("run", ""),
        meeting_id=have.get("meeting_id", ""),
        pid=have.get("pid", ""),
        state=cast("SessionState", have.get("state", "gone")),
        why=have.get("why", ""),
        gen=int(have["gen"]),
        epoch=have.get("epoch", ""),
        last_cid=int(have.get("last_cid", 0)),
        po=int(have.get("po", 0)),
        admitted_ro=int(have.get("admitted_ro", 0)),
        token=have.get("token", ""),
        previous_token=have.get("previous_token", ""),
        older_tokens=have.get("older_tokens", ""),
        node=have.get("node", ""),
        detached_at=int(have.get("detached_at", 0)),
        slots=have.get("slots", ""),
        media_gen=int(have.get("media_gen", 0)),
        attempt=int(have.get("attempt", 0)),
        carried_from=int(have.get("carried_from", 0)),
        is_stream=have.get("stream") == "1",
        media_node=have.get("media_node", ""),
        is_waiting=have.get("waiting") == "1",
        avatar_url=have.get("avatar_url", ""),
    )


def _room_keys(run: str) -> list[str]:
    return [f"sg:{run}:meta", f"sg:{run}:log", f"sg:{run}:people", f"sg:{run}:removed"]


def _session_keys(sid: str) -> list[str]:
    return [f"sg:s:{sid}", f"sg:s:{sid}:a", f"sg:s:{sid}:p"]


class StoredPeople(Mapping[str, Person]):
    """People as they are stored, each read when asked for: most who ask for a room want one of a thousand."""

    def __init__(self, stored: dict[bytes, bytes]) -> None:
        self._stored = stored

    def __getitem__(self, pid: str) -> Person:
        return _person(self._stored[pid.encode()])

    def __iter__(self) -> Iterator[str]:
        return (pid.decode() for pid in self._stored)

    def __len__(self) -> int:
        return len(self._stored)


def _person(value: bytes) -> Person:
    _, sid, state = value.split(b"|", 2)
    return Person(sid.decode(), ParticipantState.model_validate_json(state))


def _entry(entry_id: bytes, fields: list[bytes]) -> Entry:
    return Entry(_offset(entry_id), fields[1].decode(), fields[3].decode(), fields[5].decode())


def _arguments(step: Step) -> list[Any]:
    slots_gen, slots_ver = step.slots_version
    fixed: list[Any] = [
        step.epoch,
        step.sid,
        step.gen,
        step.cid,
        step.ack,
        step.log_seq,
        step.now_ms,
        "" if step.due_ms is None else step.due_ms,
        "1" if step.ends_room else "",
        step.removes,
        step.ends_sid,
        step.pid,
        step.drop,
        "1" if step.new_personal_log else "",
        slots_gen,
        slots_ver,
        step.told,
    ]
    fixed += [KEEP_COUNT, KEEP_MS, KEEP_MOST, ACKS_KEPT, ROOM_TTL_S, SESSION_TTL_S, GONE_TTL_S]
    fixed.append("*" if step.owner is None else step.owner)
    people: list[Any] = []
    for write in step.people:
        state = write.state
        version, text = (0, "") if state is None else (state.version, state.model_dump_json())
        people += [write.pid, write.expected, version, write.sid, text]
    fields = [part for pair in step.fields.items() for part in pair]
    sections = [len(step.fields), *fields, len(step.people), *people, len(step.events)]
    for each in step.events:
        sections += [each.t, each.target, each.tail]
    return [*fixed, *sections, *_pairs(step.personal), *_pairs(step.passing)]


def _pairs(events: list[NewEvent]) -> list[Any]:
    return [len(events), *(part for each in events for part in (each.t, each.tail))]
