"""Who is there, on etcd: keys with leases.

Of aetcd only the generated messages and stubs are used. Its client waits between tries for up to two minutes
and its watcher ends a watch in silence; here every call has a time limit and a lost watch is told.
"""

import math
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

# gRPC reads it when imported: our processes fork only to run another program, and it would warn each time.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

import grpc  # type: ignore[import-untyped]
from aetcd import rpc  # type: ignore[import-untyped]

from meeting_system.adapters.registry_lease import Sight
from meeting_system.adapters.registry_tls import NO_TLS, EtcdTls
from meeting_system.kernel.errors import Unavailable
from meeting_system.kit.tasks import alongside

TIMEOUT_S = 2.0
FOLDER = "/meeting-system/registry/"
PORT = 2379

CHANNEL = (
    # gRPC's own pauses between connections grow to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # A half-open connection is noticed within 13 s. etcd closes on those who ask more than every 5 s.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 3_000),
)

_AWAY = {
    rpc.StatusCode.UNAVAILABLE,
    rpc.StatusCode.DEADLINE_EXCEEDED,
    rpc.StatusCode.CANCELLED,
    rpc.StatusCode.RESOURCE_EXHAUSTED,
    rpc.StatusCode.INTERNAL,
    rpc.StatusCode.UNAUTHENTICATED,
    rpc.StatusCode.NOT_FOUND,  # the lease ran out between two calls
    rpc.StatusCode.UNKNOWN,  # "etcdserver: no leader" and other answers of a cluster in trouble
}
_REFUSED = {
    rpc.StatusCode.PERMISSION_DENIED,
    rpc.StatusCode.INVALID_ARGUMENT,  # name or password is wrong, or there is none
    rpc.StatusCode.FAILED_PRECONDITION,  # a name was given, and the server asks for none
}


class RegistryRefused(Unavailable):
    """etcd does not let us in. It is asked again like one that is away: passwords change while we run."""

    code = "registry_refused"


def credentials_of(tls: EtcdTls) -> Any:
    """Return what gRPC takes; raise RegistryRefused where a file can't be read."""
    try:
        authority, key, certificate = (
            None if file is None else file.read_bytes() for file in (tls.authority, tls.key, tls.certificate)
        )
    except OSError as error:
        raise RegistryRefused(f"{error.filename}: {error.strerror}: check MEETING_REGISTRY__…") from None
    return grpc.ssl_channel_credentials(authority, key, certificate)


class Etcd:
    """A connection: calls with a time limit, logged in again where the token has run out."""

    def __init__(self, channel: Any, name: str | None, password: str | None) -> None:
        self._channel = channel
        self._name = name
        self._password = password
        self._metadata: tuple[tuple[str, str], ...] = ()
        self.kv = rpc.KVStub(channel)
        self.leases = rpc.LeaseStub(channel)
        self.watches = rpc.WatchStub(channel)

    async def call(self, method: Callable[..., Any], request: Any) -> Any:
        """Return the answer; raise Unavailable when there is none."""
        with self.translating():
            return await method(request, timeout=TIMEOUT_S, metadata=await self.log_in())

    async def log_in(self) -> tuple[tuple[str, str], ...]:
        """Return what shows etcd who we are: nothing where no name is configured."""
        if self._name is not None and not self._metadata:
            request = rpc.AuthenticateRequest(name=self._name, password=self._password)
            with self.translating():
                answer = await rpc.AuthStub(self._channel).Authenticate(request, timeout=TIMEOUT_S)
            self._metadata = (("token", answer.token),)
        return self._metadata

    @contextmanager
    def translating(self) -> Iterator[None]:
        """Raise Unavailable where another try may help, anything else as it is."""
        try:
            yield
        except rpc.AioRpcError as error:
            self._metadata = ()  # a token that has run out is told in several ways: get another
            if error.code() in _AWAY:
                raise Unavailable("the registry is away, try again") from error
            if error.code() in _REFUSED:
                raise RegistryRefused(f"etcd refuses us: {error.details()}") from error
            raise


class EtcdLease:
    """registry_lease.Lease."""

    def __init__(self, etcd: Etcd, name: str, ttl_s: float) -> None:
        self._etcd = etcd
        self._key = (FOLDER + name).encode()
        self._ttl_s = math.ceil(ttl_s)  # etcd counts whole seconds
        self._id = 0
        self._told: bytes | None = None

    async def tell(self, value: bytes, *, take: bool) -> bool:
        await self._renew()
        put = rpc.PutRequest(key=self._key, value=value, lease=self._id)
        if take:
            await self._etcd.call(self._etcd.kv.Put, put)
            self._told = value
            return True
        if value == self._told and await self._put_if(self._is_ours()):
            return True
        if await self._put_if(self._is_ours(), put) or await self._put_if(self._is_free(), put):
            self._told = value
            return True
        return False

    async def _renew(self) -> None:
        """Renew the lease, or get another one where it has run out or the server has lost it."""
        if self._id and await self._keep_alive():
            return
        self._id, self._told = 0, None
        granted = await self._etcd.call(self._etcd.leases.LeaseGrant, rpc.LeaseGrantRequest(TTL=self._ttl_s))
        self._id = granted.ID

    async def _keep_alive(self) -> bool:
        async def ask(_request: Any, **options: Any) -> Any:
            call = self._etcd.leases.LeaseKeepAlive(iter([rpc.LeaseKeepAliveRequest(ID=self._id)]), **options)
            return await call.read()

        answer = await self._etcd.call(ask, None)
        return bool(getattr(answer, "TTL", 0) > 0)

    def _is_ours(self) -> Any:
        compare = rpc.Compare
        return compare(key=self._key, target=compare.LEASE, result=compare.EQUAL, lease=self._id)

    def _is_free(self) -> Any:
        compare = rpc.Compare
        return compare(key=self._key, target=compare.VERSION, result=compare.EQUAL, version=0)

    async def _put_if(self, condition: Any, put: Any = None) -> bool:
        """Put where the condition holds; tell whether it does."""
        success = [rpc.RequestOp(request_put=put)] if put is not None else []
        request = rpc.TxnRequest(compare=[condition], success=success)
        return bool((await self._etcd.call(self._etcd.kv.Txn, request)).succeeded)

    async def end(self) -> None:
        if self._id:
            # The keys go with it, unless another lease has taken them.
            await self._etcd.call(self._etcd.leases.LeaseRevoke, rpc.LeaseRevokeRequest(ID=self._id))


class EtcdLeases:
    """registry_lease.Leases. etcd forgets nothing while it is connected: the epoch is always the same."""

    def __init__(self, etcd: Etcd) -> None:
        self._etcd = etcd

    def lease(self, name: str, *, ttl_s: float) -> EtcdLease:
        return EtcdLease(self._etcd, name, ttl_s)

    async def look(self, prefix: str) -> Sight:
        key, range_end = to_range(prefix)
        answer = await self._etcd.call(self._etcd.kv.Range, rpc.RangeRequest(key=key, range_end=range_end))
        entries = {pair.key.decode().removeprefix(FOLDER): bytes(pair.value) for pair in answer.kvs}
        return Sight("", entries)

    @asynccontextmanager
    async def hearing(self, prefix: str, on_change: Callable[[], None]) -> AsyncIterator[None]:
        key, range_end = to_range(prefix)
        request = rpc.WatchRequest(create_request=rpc.WatchCreateRequest(key=key, range_end=range_end))
        call = self._etcd.watches.Watch(metadata=await self._etcd.log_in())
        try:
            async with alongside(self._listen(call, request, on_change)):
                yield
        finally:
            call.cancel()

    async def _listen(self, call: Any, request: Any, on_change: Callable[[], None]) -> None:
        """Report each change; the answer to the request counts as one: what came before it is looked at."""
        with self._etcd.translating():
            await call.write(request)
            while getattr(await call.read(), "canceled", True) is False:
                on_change()
        raise Unavailable("the registry ended the watch")


def to_range(prefix: str) -> tuple[bytes, bytes]:
    """Return the first key with the prefix, and the first behind them all."""
    start = (FOLDER + prefix).encode()
    return start, start[:-1] + bytes([start[-1] + 1])  # the last byte of UTF-8 is never 255


@asynccontextmanager
async def open_leases(url: str, tls: EtcdTls = NO_TLS) -> AsyncIterator[EtcdLeases]:
    """Open `etcd://[name:password@]host[:port]` (`etcds://`: with TLS) and close it at the end."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
    name, password = (unquote(word) if word else None for word in (parts.username, parts.password))
    target = f"{host}:{parts.port or PORT}"
    if parts.scheme == "etcds":
        opened = rpc.secure_channel(target, credentials_of(tls), options=CHANNEL)
    else:
        opened = rpc.insecure_channel(target, options=CHANNEL)
    async with opened as channel:
        yield EtcdLeases(Etcd(channel, name, password))
