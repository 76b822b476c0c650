"""Hot reads through Valkey: what was read is kept a while, never older than the last acknowledged write.

One hash a thing, changed by scripts only:

    value      what was read, with the fingerprint of its type in front
    turn       a random word; a reader that fetched fills only if it is still the one it began with
    leader     until when (Unix ms) somebody fetches it: others wait for them
    w:<word>   until when somebody changes it: meanwhile everybody reads past the cache
    run        the server's life in which this was written: what a restarted server remembers may lack the end

A writer marks a thing in its transaction (`sql.mark_change`, beside the statement) and takes the mark away
when that has ended, both with a new turn. So a reader that fetched the old state can't fill it in after the
write, whichever process either is in. A writer that dies in between leaves its mark, which ends by itself.
See docs/decisions/0016.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from functools import partial
from secrets import token_hex
from typing import Generic, TypeVar
from zlib import crc32

import orjson
from pydantic import BaseModel

from meeting_system.kernel.errors import Unavailable
from meeting_system.kernel.ports import Store
from meeting_system.kit.log import logger
from meeting_system.kit.metrics import CACHE_READS

log = logger(__name__)

CHANGE_MS = 60_000
"""Longer than any transaction: statements are cut off after 15 s, and there are few in one."""

LEAD_MS = 1000
WAITS_S = (0.005, 0.01, 0.02, 0.04, 0.08)
"""Between two looks at what another process fetches; then we fetch ourselves."""

ABSENT = b"-"

_ABOUT = """
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""
_READ = (
    _ABOUT
    + """
local entry, fields = {}, redis.call('HGETALL', KEYS[1])
for at = 1, #fields, 2 do
  entry[fields[at]] = fields[at + 1]
  if string.sub(fields[at], 1, 2) == 'w:' and tonumber(fields[at + 1]) > now then return {'changing'} end
end
if entry.run ~= run then redis.call('DEL', KEYS[1]) entry = {} end
if entry.value then return {'hit', entry.value} end
local turn = entry.turn or ARGV[1]
if entry.leader and tonumber(entry.leader) > now then return {'wait', turn} end
redis.call('HSET', KEYS[1], 'run', run, 'turn', turn, 'leader', now + ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[2] * 10)
return {'lead', turn}
"""
)
_PEEK = (
    _ABOUT
    + """
local have = redis.call('HMGET', KEYS[1], 'value', 'run')
return have[2] == run and have[1]
"""
)
_FILL = (
    _ABOUT
    + """
local have = redis.call('HMGET', KEYS[1], 'turn', 'run')
if have[1] ~= ARGV[1] or have[2] ~= run then return 0 end
redis.call('HDEL', KEYS[1], 'leader')
redis.call('HSET', KEYS[1], 'value', ARGV[2])
return redis.call('PEXPIRE', KEYS[1], ARGV[3])
"""
)
_MARK = (
    _ABOUT
    + """
redis.call('HDEL', KEYS[1], 'value', 'leader')
redis.call('HSET', KEYS[1], 'run', run, 'turn', ARGV[1], 'w:' .. ARGV[1], now + ARGV[2])
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""
)
_UNMARK = (
    _ABOUT
    + """
redis.call('HDEL', KEYS[1], 'value', 'leader', 'w:' .. ARGV[1])
redis.call('HSET', KEYS[1], 'run', run, 'turn', ARGV[2])
return redis.call('PEXPIRE', KEYS[1], ARGV[3])
"""
)


class Marks:
    """Marks what transactions change: `database.mark = Marks(store).mark`, in each process that writes it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def mark(self, kind: str, key: str) -> Callable[[], Awaitable[None]]:
        """Have everybody read past the cache; return what ends that. Raises Unavailable."""
        word = token_hex(8)
        await self._store.run(_MARK, keys=[place_of(kind, key)], args=[word, CHANGE_MS])
        return partial(self._unmark, kind, key, word)

    async def _unmark(self, kind: str, key: str, word: str) -> None:
        try:
            arguments: list[bytes | str | int | float] = [word, token_hex(8), CHANGE_MS]
            await self._store.run(_UNMARK, keys=[place_of(kind, key)], args=arguments)
        except Unavailable:
            log.warning("cache_mark_left", cache=kind)  # until it ends, everybody reads past


def place_of(kind: str, key: str) -> str:
    """Return the key of a thing in Valkey."""
    return f"cache:{kind}:{key}"


ModelT = TypeVar("ModelT", bound=BaseModel)
Load = Callable[[], Awaitable[ModelT | None]]


class Cache(Generic[ModelT]):
    """What is kept of one kind of thing, such as accounts by their id. `load` is the way without a cache.

    Not for what decides over access: a write is seen at once, but a reader may have looked just before it.
    """

    def __init__(self, store: Store, name: str, model: type[ModelT], *, ttl_s: float = 60.0) -> None:
        self._store = store
        self._name = name
        self._model = model
        self._ttl_s = ttl_s
        # A process of another version writes another shape: it is read past.
        shape = orjson.dumps(model.model_json_schema(), option=orjson.OPT_SORT_KEYS)
        self._fingerprint = f"{crc32(shape):08x}".encode()
        self._flights: dict[tuple[str, bytes], asyncio.Task[ModelT | None]] = {}

    async def get(self, key: str, load: Load[ModelT]) -> ModelT | None:
        """Return a thing, from the cache or by `load`; None where there is none. Only `load` raises."""
        for wait_s in (*WAITS_S, None):
            outcome, word = await self._look(key)
            if outcome == "hit" and word[:8] == self._fingerprint:
                return self._decode(word[8:])
            if outcome == "lead":
                return await asyncio.shield(self._fetch(key, word, load))
            flight = self._flights.get((key, word))
            if outcome == "wait" and flight is not None:
                self._count("joined")
                return await asyncio.shield(flight)
            if outcome != "wait" or wait_s is None:
                self._count("away" if outcome == "away" else "passed")
                break
            await asyncio.sleep(wait_s)
        return await load()

    async def peek(self, key: str) -> ModelT | None:
        """Return a thing that is in the cache; None where it is absent, is being changed, or can't be asked.
        Nothing is fetched: for what somebody else keeps there."""
        try:
            value = await self._store.run(_PEEK, keys=[place_of(self._name, key)], args=[])
        except Unavailable:
            value = None
        if not value or value[:8] != self._fingerprint:
            self._count("passed")
            return None
        return self._decode(value[8:])

    async def _look(self, key: str) -> tuple[str, bytes]:
        try:
            arguments: list[bytes | str | int | float] = [token_hex(8), LEAD_MS]
            found = await self._store.run(_READ, keys=[place_of(self._name, key)], args=arguments)
        except Unavailable:
            return "away", b""
        return found[0].decode(), found[1] if len(found) > 1 else b""

    def _fetch(self, key: str, turn: bytes, load: Load[ModelT]) -> asyncio.Task[ModelT | None]:
        """Load once for all who asked in this turn. Whoever gives up does not end it for the others."""
        self._count("miss")
        task = asyncio.get_running_loop().create_task(self._load_and_fill(key, turn, load))
        self._flights[key, turn] = task
        task.add_done_callback(lambda _: self._flights.pop((key, turn), None))
        return task

    async def _load_and_fill(self, key: str, turn: bytes, load: Load[ModelT]) -> ModelT | None:
        found = await load()
        value = self._fingerprint + (ABSENT if found is None else found.model_dump_json().encode())
        # At different times: what was read together shall not be read anew together.
        ttl_ms = int(self._ttl_s * random.uniform(500, 1000))  # noqa: S311
        try:
            await self._store.run(_FILL, keys=[place_of(self._name, key)], args=[turn, value, ttl_ms])
        except Unavailable:
            log.info("cache_not_filled", cache=self._name)
        return found

    def _decode(self, value: bytes) -> ModelT | None:
        self._count("hit")
        return None if value == ABSENT else self._model.model_validate_json(value)

    def _count(self, outcome: str) -> None:
        CACHE_READS.labels(self._name, outcome).inc()
