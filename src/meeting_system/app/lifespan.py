"""The life of a process: everything is opened here in order, and closed in the reverse one.

Servers, connections, schema, services, their work; then whoever asked for it listens. At a stop: not ready
any more, services drain while everything works, their work ends, connections close, servers stop.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from starlette.types import ASGIApp

from meeting_system.adapters.bus import LocalBus
from meeting_system.adapters.bus_remote import RemoteBus
from meeting_system.adapters.embedded import Servers, open_servers
from meeting_system.adapters.objects_guarded import GuardedObjects
from meeting_system.adapters.redis_store import RedisStore, open_store
from meeting_system.adapters.registry import open_registry
from meeting_system.adapters.tls import TlsFiles
from meeting_system.app.build import build_app
from meeting_system.app.documents import open_configured_documents
from meeting_system.app.features import features_of
from meeting_system.app.health import Health
from meeting_system.app.mail import open_mail
from meeting_system.app.objects import configured_objects
from meeting_system.app.secrets import open_tokens
from meeting_system.app.services import SERVICES
from meeting_system.app.settings import Settings
from meeting_system.kernel.clock import SystemClock
from meeting_system.kernel.ports import Check, Documents, Registry
from meeting_system.kit.limits import StoreRateLimiter
from meeting_system.kit.log import logger
from meeting_system.kit.migrations import find_revision, migrate, newest_revision
from meeting_system.kit.outbox import OutboxRelay
from meeting_system.kit.plug import Plug, Ports
from meeting_system.kit.sql import Database, open_database
from meeting_system.kit.telemetry import open_spans

log = logger(__name__)

Report = Callable[[str], None]
"""Told each step of the start when it is done: servers, database, services."""


class SchemaOutdated(RuntimeError):
    """The database is not what this version needs."""


def report_nothing(_step: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Process:
    """A process that runs: its application, and how it stops."""

    app: ASGIApp
    health: Health
    plugs: Sequence[Plug]
    servers: Servers
    drain_s: float

    async def drain(self) -> None:
        """Be not ready any more and let the services send their clients elsewhere, all at the same time."""
        self.health.draining = True
        waiting = [plug.drain() for plug in self.plugs if plug.drain is not None]
        try:
            async with asyncio.timeout(self.drain_s):
                for failure in await asyncio.gather(*waiting, return_exceptions=True):
                    if isinstance(failure, BaseException):
                        log.error("drain_failed", exc_info=failure)
        except TimeoutError:
            log.warning("drain_cut_short", after_s=self.drain_s)


@asynccontextmanager
async def open_process(
    settings: Settings,
    services: Sequence[str] = tuple(SERVICES),
    *,
    tls: TlsFiles | None = None,
    report: Report = report_nothing,
) -> AsyncIterator[Process]:
    """Run `services` for the length of the block."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        await enter(open_configured_spans(settings, services))
        servers = await enter(open_configured_servers(settings))
        report("servers")
        database = await enter(open_database(servers.database_url, pool_size=settings.database.pool_size))
        await prepare_schema(database, settings)
        report("database")
        store = await enter(open_store(servers.redis_url))
        bus = create_bus(settings, services, store)
        registry = await enter(open_configured_registry(settings, store))
        documents = await enter(open_configured_documents(settings, database))
        ports = open_ports(settings, database, store, bus, registry, documents)
        plugs = [await enter(SERVICES[name](ports, settings)) for name in SERVICES if name in services]
        for plug in plugs:
            bus.connect(plug.handlers, plug.listeners)
        await enter(bus.running())
        for plug in plugs:
            await enter(plug.run())
        await enter(OutboxRelay(database, bus, SERVICES).running())
        report("services")
        health = Health(checks_of(plugs, database, store), features_of(settings, ports, documents))
        await enter(health.watching())
        authority = tls.authority if tls else None
        app = build_app(plugs, ports, settings, health, authority=authority)
        yield Process(app, health, plugs, servers, settings.http.drain_s)


@asynccontextmanager
async def open_configured_spans(settings: Settings, services: Sequence[str]) -> AsyncIterator[None]:
    """Send traces to the collector that is configured, if one is."""
    trace = settings.trace
    if trace.otlp_url is None:
        yield
        return
    name = "meeting-system" if set(services) == set(SERVICES) else f"meeting-{'-'.join(services)}"
    async with open_spans(trace.otlp_url, service=name, share=trace.share, per_second=trace.per_second):
        yield


@asynccontextmanager
async def open_configured_servers(settings: Settings) -> AsyncIterator[Servers]:
    """Use the servers that are configured and start the others."""
    database_url = settings.database_url.get_secret_value() if settings.database_url else None
    redis_url = settings.redis_url.get_secret_value() if settings.redis_url else None
    async with open_servers(settings.data, database_url=database_url, redis_url=redis_url) as servers:
        yield servers


async def prepare_schema(database: Database, settings: Settings) -> None:
    """Migrate what is ours alone; a shared database in production is migrated by `meeting-system migrate`."""
    if settings.environment == "development" or settings.database_url is None:
        await migrate(database)
        return
    revision = await find_revision(database)
    if revision is None or revision < newest_revision():
        raise SchemaOutdated(
            f"the database is at revision {revision or 'none'}, this version needs {newest_revision()}: "
            "run `meeting-system migrate` first"
        )


def create_bus(settings: Settings, services: Sequence[str], store: RedisStore) -> LocalBus:
    """Return a bus without other processes only where there can't be any."""
    alone = settings.redis_url is None and set(services) == set(SERVICES)
    return LocalBus() if alone else RemoteBus(store)


def open_configured_registry(settings: Settings, store: RedisStore) -> AbstractAsyncContextManager[Registry]:
    """Use the etcd that is configured, else the store."""
    url = settings.registry_url.get_secret_value() if settings.registry_url else None
    return open_registry(url, store, tls=settings.registry.tls)


def open_ports(
    settings: Settings,
    database: Database,
    store: RedisStore,
    bus: LocalBus,
    registry: Registry,
    documents: Documents,
) -> Ports:
    """Return what services may use."""
    clock = SystemClock()
    return Ports(
        database=database,
        store=store,
        bus=bus,
        clock=clock,
        tokens=open_tokens(settings, clock),
        limiter=StoreRateLimiter(store),
        registry=registry,
        documents=documents,
        mail=open_mail(settings, clock),
        objects=GuardedObjects(configured_objects(settings), clock),
        origin=settings.origin,
    )


def checks_of(plugs: Sequence[Plug], database: Database, store: RedisStore) -> dict[str, Check]:
    """Return what /ready asks: the servers, and what the services name."""
    checks: dict[str, Check] = {"database": database.check, "store": store.check}
    for plug in plugs:
        checks |= plug.checks
    return checks
