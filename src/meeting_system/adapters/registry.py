"""Who is there: the part of the Registry that is the same on Valkey and on etcd.

An entry is a lease that its owner renews three times in its life. A watcher looks at the whole set again
after every change and at least once a second: a message that got lost costs a second, never an entry.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

from meeting_system.adapters.registry_lease import Lease, Leases, Sight
from meeting_system.adapters.registry_store import StoreLeases
from meeting_system.adapters.registry_tls import NO_TLS, EtcdTls
from meeting_system.kernel.errors import Unavailable
from meeting_system.kernel.ports import Announcement, Registry, Store
from meeting_system.kit.log import logger
from meeting_system.kit.tasks import alongside

log = logger(__name__)

RENEWALS = 3
"""Renewals in the life of a lease: two may get lost."""

RESCAN_S = 1.0
GRACE_S = 5.0
"""How long a watcher keeps what it misses after the server was away or lost its data: the owners that live
tell it again within a third of their leases."""

PAUSE_S = 0.2
"""Between two tries while the server is away."""

LAST_WORD_S = 2.0


class LeaseRegistry:
    """kernel.ports.Registry over leases."""

    def __init__(self, leases: Leases, *, grace_s: float = GRACE_S) -> None:
        self._leases = leases
        self._grace_s = grace_s

    def announce(
        self, name: str, value: bytes, *, ttl_s: float = 5.0
    ) -> AbstractAsyncContextManager[Announcement]:
        return self._announce(name, value, ttl_s)

    @asynccontextmanager
    async def _announce(self, name: str, value: bytes, ttl_s: float) -> AsyncIterator[Announcement]:
        lease = self._leases.lease(name, ttl_s=ttl_s)
        announced = Announced(name, lease, value, every_s=ttl_s / RENEWALS)
        try:
            await announced.begin()
            async with alongside(announced.renew()):
                yield announced
        finally:
            await announced.end()

    def watch(self, prefix: str) -> AbstractAsyncContextManager[AsyncIterator[dict[str, bytes]]]:
        return self._watch(prefix)

    @asynccontextmanager
    async def _watch(self, prefix: str) -> AsyncIterator[AsyncIterator[dict[str, bytes]]]:
        known = Known(self._grace_s)
        async with alongside(self._follow(prefix, known)):
            yield known

    async def _follow(self, prefix: str, known: "Known") -> None:
        """Keep `known` up to date, for ever."""
        while True:
            try:
                changed = asyncio.Event()
                async with self._leases.hearing(prefix, changed.set):
                    await self._look_often(prefix, known, changed)
            except* Unavailable:  # one, or that of hearing and that of looking together
                known.doubt()
            await asyncio.sleep(PAUSE_S)

    async def _look_often(self, prefix: str, known: "Known", changed: asyncio.Event) -> None:
        while True:
            changed.clear()
            known.see(await self._leases.look(prefix))
            with suppress(TimeoutError):
                async with asyncio.timeout(RESCAN_S):
                    await changed.wait()

    async def list(self, prefix: str) -> dict[str, bytes]:
        return (await self._leases.look(prefix)).entries


class Announced:
    """kernel.ports.Announcement. One call at a time goes to the server; what it missed is told again."""

    def __init__(self, name: str, lease: Lease, value: bytes, *, every_s: float) -> None:
        self._name = name
        self._lease = lease
        self._value = value
        self._every_s = every_s
        self._lock = asyncio.Lock()
        self._missed = asyncio.Event()
        self._begun = False
        self._taken = False

    async def begin(self) -> None:
        """Take the name; where the server is away, the renewals do it later."""
        await self._tell()

    async def update(self, value: bytes) -> None:
        self._value = value
        await self._tell()

    async def renew(self) -> None:
        """Keep the entry alive, for ever."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._every_s):
                    await self._missed.wait()
                    await asyncio.sleep(PAUSE_S)
            await self._tell()

    async def _tell(self) -> None:
        """Tell the value; what a server that is away did not hear is told soon again."""
        async with self._lock:
            try:
                ours = await self._lease.tell(self._value, take=not self._begun)
            except Unavailable:
                self._missed.set()
                return
            self._missed.clear()
            self._begun = True
        if ours == self._taken:
            self._taken = not ours
            log.warning("registry_name_taken" if self._taken else "registry_name_back", name=self._name)

    async def end(self) -> None:
        """Leave; a server that is away lets the lease run out."""
        with suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(LAST_WORD_S), self._lock:
                await self._lease.end()


class Known:
    """What one watcher knows of the set: a newer set replaces one that nobody took yet."""

    def __init__(self, grace_s: float) -> None:
        self._grace_s = grace_s
        self._epoch = ""
        self._entries: dict[str, bytes] | None = None
        self._doubtful_until = 0.0
        self._news = asyncio.Event()

    def doubt(self) -> None:
        """From now on, for a while, what is missing may only be forgotten by the server."""
        self._doubtful_until = asyncio.get_running_loop().time() + self._grace_s

    def see(self, sight: Sight) -> None:
        """Take what the server has."""
        if self._epoch not in {"", sight.epoch}:
            self.doubt()
        self._epoch = sight.epoch
        entries = sight.entries
        if self._entries and asyncio.get_running_loop().time() < self._doubtful_until:
            entries = self._entries | entries
        if entries != self._entries:
            self._entries = entries
            self._news.set()

    def __aiter__(self) -> AsyncIterator[dict[str, bytes]]:
        return self

    async def __anext__(self) -> dict[str, bytes]:
        """Give the set, and again whenever it is another.

        This is no generator: one that is cancelled while it waits could not be asked again.
        """
        await self._news.wait()
        self._news.clear()
        return dict(self._entries or {})


@asynccontextmanager
async def open_registry(
    url: str | None, store: Store, *, tls: EtcdTls = NO_TLS, grace_s: float = GRACE_S
) -> AsyncIterator[Registry]:
    """Open the registry on the etcd of `url` (`etcd://host:port`, `etcds://…`), without one on `store`."""
    if url is None:
        yield LeaseRegistry(StoreLeases(store), grace_s=grace_s)
        return
    # Imported here: gRPC takes 100 ms, and most installations have no etcd.
    from meeting_system.adapters.registry_etcd import open_leases

    async with open_leases(url, tls) as leases:
        yield LeaseRegistry(leases, grace_s=grace_s)
