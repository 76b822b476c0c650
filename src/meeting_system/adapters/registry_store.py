"""Who is there, on Valkey or Redis: a sorted set of deadlines beside a hash of values.

Deadlines are the server's time, so that clocks of machines don't matter. Keys that expire would need a scan
of the whole database to be listed, and fields that expire need Redis 7.4.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from meeting_system.adapters.registry_lease import Sight
from meeting_system.kernel.ids import new_secret
from meeting_system.kernel.ports import Store, Subscription
from meeting_system.kit.tasks import alongside

CHANGES = "registry:changes"
"""Channel that hears the name of each entry that came, changed or went."""

_KEYS = ["{registry}:deadlines", "{registry}:values", "{registry}:epoch"]
_OWNER_LENGTH = len(new_secret())

_NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""

# name, owner, value, life in milliseconds, whether to take it from another owner
_TELL = (
    _NOW
    + """
local known = redis.call('HGET', KEYS[2], ARGV[1])
local deadline = redis.call('ZSCORE', KEYS[1], ARGV[1])
local alive = known and deadline and tonumber(deadline) > now
if alive and ARGV[5] == '0' and string.sub(known, 1, #ARGV[2]) ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[3], ARGV[2], 'NX')
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[4]), ARGV[1])
local entry = ARGV[2] .. ARGV[3]
if alive and known == entry then return 1 end
redis.call('HSET', KEYS[2], ARGV[1], entry)
redis.call('PUBLISH', ARGV[6], ARGV[1])
return 1
"""
)

# name, owner
_END = """
local known = redis.call('HGET', KEYS[2], ARGV[1])
if not known or string.sub(known, 1, #ARGV[2]) ~= ARGV[2] then return 0 end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
return redis.call('PUBLISH', ARGV[3], ARGV[1])
"""

# prefix, length of an owner: removes what has ended, for everybody
_LOOK = (
    _NOW
    + """
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
  redis.call('ZREM', KEYS[1], name)
  redis.call('HDEL', KEYS[2], name)
  redis.call('PUBLISH', ARGV[3], name)
end
local found = { redis.call('GET', KEYS[3]) or '' }
local all = redis.call('HGETALL', KEYS[2])
for i = 1, #all, 2 do
  if string.sub(all[i], 1, #ARGV[1]) == ARGV[1] then
    found[#found + 1] = all[i]
    found[#found + 1] = string.sub(all[i + 1], tonumber(ARGV[2]) + 1)
  end
end
return found
"""
)


class StoreLease:
    """registry_lease.Lease."""

    def __init__(self, store: Store, name: str, ttl_s: float) -> None:
        self._store = store
        self._name = name
        self._owner = new_secret()
        self._ttl_ms = max(1, int(ttl_s * 1000))

    async def tell(self, value: bytes, *, take: bool) -> bool:
        args: list[bytes | str | int | float] = [
            self._name,
            self._owner,
            value,
            self._ttl_ms,
            int(take),
            CHANGES,
        ]
        return bool(await self._store.run(_TELL, keys=_KEYS, args=args))

    async def end(self) -> None:
        await self._store.run(_END, keys=_KEYS, args=[self._name, self._owner, CHANGES])


class StoreLeases:
    """registry_lease.Leases."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def lease(self, name: str, *, ttl_s: float) -> StoreLease:
        return StoreLease(self._store, name, ttl_s)

    async def look(self, prefix: str) -> Sight:
        epoch, *pairs = await self._store.run(_LOOK, keys=_KEYS, args=[prefix, _OWNER_LENGTH, CHANGES])
        names = [name.decode() for name in pairs[::2]]
        return Sight(epoch.decode(), dict(zip(names, pairs[1::2], strict=True)))

    @asynccontextmanager
    async def hearing(self, prefix: str, on_change: Callable[[], None]) -> AsyncIterator[None]:
        async with (
            self._store.subscribe(CHANGES) as subscription,
            alongside(_listen(subscription, prefix, on_change)),
        ):
            yield


async def _listen(subscription: Subscription, prefix: str, on_change: Callable[[], None]) -> None:
    async for _, name in subscription:
        if name.decode().startswith(prefix):
            on_change()
