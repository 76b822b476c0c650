"""Who is placed on which node, in the shared store: read, decided elsewhere, written if it still holds.

A meeting's number grows whenever its nodes change. A claim names the number and the owner that it was decided
by, and is refused where they are others by now; nor may a node that was given up for dead write, or be placed
upon. So a process that slept and comes back changes nothing that was decided meanwhile. Keys outlive a
meeting by a day at most; what a wiped store has forgotten, the nodes tell it again (`settle`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from meeting_system.contracts.media import Source
from meeting_system.kernel.ports import Store
from meeting_system.media.placement import Share

LIFETIME_S = 86_400
SOURCES: tuple[Source, ...] = get_args(Source)

Verdict = Literal["ok", "changed", "node_lost", "fenced"]


@dataclass(frozen=True)
class Look:
    """What a placement is decided by: `placed` counts the participants of all meetings by node."""

    number: int
    owner: str | None
    muted: frozenset[Source]
    shares: list[Share]
    placed: dict[str, int]
    lost: frozenset[str]


@dataclass(frozen=True)
class Settled:
    """How the store sees what a node has of a meeting.

    `moved`: participants that it holds and that are placed elsewhere; `vacant`: placed on it and not held.
    """

    is_lost: bool
    number: int
    moved: list[str]
    vacant: list[str]
    shares: list[Share]


class Ledger:
    """The store's side of placement. Every method is one script. Raises Unavailable."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def look(self, meeting_id: str, participant_id: str) -> Look:
        """Read everything that a placement is decided by."""
        number, owner, muted, nodes, order, placed, lost = await self._run(
            _LOOK, meeting_id, [participant_id, *SOURCES]
        )
        return Look(
            number=int(number),
            owner=owner.decode() if owner else None,
            muted=frozenset(source for source, is_muted in zip(SOURCES, muted, strict=True) if is_muted),
            shares=_shares(nodes, order),
            placed=_counts(placed),
            lost=frozenset(each.decode() for each in lost),
        )

    async def claim(
        self, meeting_id: str, participant_id: str, node_id: str, look: Look, *, by: str, at_most: int
    ) -> tuple[Verdict, int]:
        """Place a participant as decided from `look`; return what came of it, and the meeting's number.

        `at_most`: what the node may have of the meeting by then. `by`: the node that writes.
        """
        verdict, number = await self._run(
            _CLAIM, meeting_id, [participant_id, node_id, look.owner or "", look.number, by, at_most]
        )
        return verdict.decode(), int(number)

    async def find_owner(self, meeting_id: str, participant_id: str) -> str | None:
        """Return the node of a participant; None: nobody has placed them."""
        owner = await self._run(_OWNER, meeting_id, [participant_id])
        return owner.decode() if owner else None

    async def mute(self, meeting_id: str, participant_id: str, source: Source, *, muted: bool) -> str | None:
        """Keep a mute for every connection to come, or forget it; return the participant's node."""
        owner = await self._run(_MUTE, meeting_id, [participant_id, source, int(muted)])
        return owner.decode() if owner else None

    async def leave(self, meeting_id: str, participant_id: str) -> str | None:
        """Forget a participant, mutes included; return the node they were placed on."""
        owner = await self._run(_LEAVE, meeting_id, [participant_id, *SOURCES])
        return owner.decode() if owner else None

    async def release(self, meeting_id: str, participant_id: str, node_id: str) -> None:
        """Take a participant off a node, unless they are placed elsewhere by now."""
        await self._run(_RELEASE, meeting_id, [participant_id, node_id])

    async def settle(self, meeting_id: str, node_id: str, held: Iterable[str]) -> Settled:
        """Tell which participants of a meeting a node holds: whom the store has forgotten is its own."""
        is_lost, number, moved, vacant, nodes, order = await self._run(_SETTLE, meeting_id, [node_id, *held])
        return Settled(
            is_lost=bool(is_lost),
            number=int(number),
            moved=[each.decode() for each in moved],
            vacant=[each.decode() for each in vacant],
            shares=_shares(nodes, order),
        )

    async def end(self, meeting_id: str) -> None:
        """Forget a meeting."""
        await self._run(_END, meeting_id, [])

    async def lose(self, node_id: str) -> list[str]:
        """Give a node up for dead, with all that is placed on it; return the meetings that it had.

        It stays dead: a process that was only away goes on as another node.
        """
        meetings = await self._run(_LOSE, "", [node_id])
        return [each.decode() for each in meetings]

    async def look_around(self, node_id: str) -> tuple[bool, list[str]]:
        """Tell whether others have given `node_id` up, and which nodes somebody is placed on."""
        is_lost, nodes = await self._run(_AROUND, "", [node_id])
        return bool(is_lost), [each.decode() for each in nodes]

    async def _run(self, script: str, meeting_id: str, args: list[Any]) -> Any:
        keys = [
            *(f"md:{meeting_id}:{name}" for name in ("peers", "nodes", "order", "muted")),
            "md:placed",
            "md:lost",
        ]
        return await self._store.run(_COMMON + script, keys=keys, args=[meeting_id, LIFETIME_S, *args])


def _counts(flat: list[bytes]) -> dict[str, int]:
    return {name.decode(): int(count) for name, count in zip(flat[::2], flat[1::2], strict=True)}


def _shares(nodes: list[bytes], order: list[bytes]) -> list[Share]:
    counts, since = _counts(nodes), _counts(order)
    return [
        Share(node_id, counts[node_id]) for node_id in sorted(counts, key=lambda each: since.get(each, 0))
    ]


_COMMON = """
local peers, nodes, order, muted, placed, lost = unpack(KEYS)
local meeting, lifetime_s = ARGV[1], ARGV[2]

local function number() return redis.call('HGET', order, 'number') or '0' end

-- The time, so that it also grows where the store was wiped or is back at an earlier moment.
local function renumber()
  local time = redis.call('TIME')
  local grown = math.max(tonumber(number()) + 1, time[1] * 1000000 + time[2])
  local text = string.format('%.0f', grown)
  redis.call('HSET', order, 'number', text)
  return text
end

local function keep()
  for _, key in ipairs({peers, nodes, order, muted}) do redis.call('EXPIRE', key, lifetime_s) end
end

local function take_off(participant, node)
  redis.call('HDEL', peers, participant)
  if redis.call('HINCRBY', placed, node, -1) <= 0 then redis.call('HDEL', placed, node) end
  if redis.call('HINCRBY', nodes, node, -1) <= 0 then
    redis.call('HDEL', nodes, node)
    redis.call('HDEL', order, node)
    redis.call('SREM', 'md:of:' .. node, meeting)
    renumber()
  end
end

local function put_on(participant, node)
  redis.call('HSET', peers, participant, node)
  redis.call('HINCRBY', placed, node, 1)
  if redis.call('HINCRBY', nodes, node, 1) == 1 then
    redis.call('HSET', order, node, renumber())
    redis.call('SADD', 'md:of:' .. node, meeting)
  end
  redis.call('EXPIRE', 'md:of:' .. node, lifetime_s)
end

local function is_lost(node) return redis.call('ZSCORE', lost, node) and 1 or 0 end
"""

_LOOK = """
local participant, marks = ARGV[3], {}
for at = 4, #ARGV do
  marks[#marks + 1] = redis.call('HEXISTS', muted, participant .. '|' .. ARGV[at])
end
return {number(), redis.call('HGET', peers, participant), marks, redis.call('HGETALL', nodes),
  redis.call('HGETALL', order), redis.call('HGETALL', placed), redis.call('ZRANGE', lost, 0, -1)}
"""

_CLAIM = """
local participant, node, owner, known, by, at_most = unpack(ARGV, 3)
if is_lost(by) == 1 then return {'fenced', number()} end
if is_lost(node) == 1 then return {'node_lost', number()} end
local present = redis.call('HGET', peers, participant) or ''
if present ~= owner or number() ~= known then return {'changed', number()} end
if tonumber(redis.call('HGET', nodes, node) or '0') >= tonumber(at_most) then return {'changed', number()} end
if present ~= '' then take_off(participant, present) end
put_on(participant, node)
keep()
return {'ok', number()}
"""

_OWNER = "return redis.call('HGET', peers, ARGV[3])"

_MUTE = """
local field = ARGV[3] .. '|' .. ARGV[4]
if ARGV[5] == '1' then redis.call('HSET', muted, field, 1) else redis.call('HDEL', muted, field) end
redis.call('EXPIRE', muted, lifetime_s)
return redis.call('HGET', peers, ARGV[3])
"""

_LEAVE = """
local participant = ARGV[3]
for at = 4, #ARGV do redis.call('HDEL', muted, participant .. '|' .. ARGV[at]) end
local owner = redis.call('HGET', peers, participant)
if owner then take_off(participant, owner) end
return owner
"""

_RELEASE = """
if redis.call('HGET', peers, ARGV[3]) == ARGV[4] then take_off(ARGV[3], ARGV[4]) end
return 1
"""

_SETTLE = """
local node, held, moved, vacant = ARGV[3], {}, {}, {}
local gone = is_lost(node)
for at = 4, #ARGV do
  local participant = ARGV[at]
  local owner = redis.call('HGET', peers, participant)
  held[participant] = true
  if not owner and gone == 0 then
    put_on(participant, node)
  elseif owner ~= node then
    moved[#moved + 1] = participant
  end
end
if redis.call('HEXISTS', nodes, node) == 1 then
  local all = redis.call('HGETALL', peers)
  for at = 1, #all, 2 do
    if all[at + 1] == node and not held[all[at]] then vacant[#vacant + 1] = all[at] end
  end
  redis.call('EXPIRE', 'md:of:' .. node, lifetime_s)
end
keep()
return {gone, number(), moved, vacant, redis.call('HGETALL', nodes), redis.call('HGETALL', order)}
"""

_END = """
local had = redis.call('HGETALL', nodes)
for at = 1, #had, 2 do
  if redis.call('HINCRBY', placed, had[at], -had[at + 1]) <= 0 then redis.call('HDEL', placed, had[at]) end
  redis.call('SREM', 'md:of:' .. had[at], meeting)
end
return redis.call('DEL', peers, nodes, order, muted)
"""

# A day is longer than any process sleeps; what was placed on a node goes with it, in one step.
_LOSE = """
local node, now = ARGV[3], redis.call('TIME')[1]
redis.call('ZADD', lost, 'NX', now, node)
redis.call('ZREMRANGEBYSCORE', lost, '-inf', now - lifetime_s)
local meetings = redis.call('SMEMBERS', 'md:of:' .. node)
for _, each in ipairs(meetings) do
  meeting = each
  peers, nodes = 'md:' .. each .. ':peers', 'md:' .. each .. ':nodes'
  order, muted = 'md:' .. each .. ':order', 'md:' .. each .. ':muted'
  local all = redis.call('HGETALL', peers)
  for at = 1, #all, 2 do
    if all[at + 1] == node then take_off(all[at], node) end
  end
end
redis.call('DEL', 'md:of:' .. node)
redis.call('HDEL', placed, node)
return meetings
"""

_AROUND = "return {is_lost(ARGV[3]), redis.call('HKEYS', placed)}"
