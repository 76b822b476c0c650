"""`meeting-system cluster`: servers, services and Nginx, started in order, kept running, stopped in order."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from meeting_system.adapters.embedded import locked
from meeting_system.adapters.embedded_place import Place, open_place
from meeting_system.adapters.embedded_process import Server, ServerNotStarted, Supervisor
from meeting_system.adapters.tls import TlsFiles
from meeting_system.app import network
from meeting_system.app.certificate import Port as AcmePort
from meeting_system.app.certificate import find_certificate, keep_certificate
from meeting_system.app.cluster.etcd import describe_etcd, etcd_url
from meeting_system.app.cluster.nginx import Challenge, Site, describe_nginx, write_site, write_upstreams
from meeting_system.app.cluster.ports import free_ports, usual_ports
from meeting_system.app.cluster.postgres import describe_postgres, postgres_url
from meeting_system.app.cluster.programs import (
    ETCD,
    HOST,
    NGINX,
    POSTGRES,
    REDIS,
    Program,
    find_missing,
    write_private,
)
from meeting_system.app.cluster.redis import describe_redis, redis_url
from meeting_system.app.cluster.services import Part, describe_part, find_ready, plan, route
from meeting_system.app.cluster.supervision import supervised_together
from meeting_system.app.settings import PREFIX, Settings
from meeting_system.kernel.clock import SystemClock
from meeting_system.kit.log import logger
from meeting_system.kit.migrations import migrate
from meeting_system.kit.sql import open_database
from meeting_system.kit.tasks import alongside
from meeting_system.kit.tokens import load_or_make_secret

log = logger(__name__)

READY_S = 120.0
LOOK_S = 1.0
DATABASE_URL = PREFIX + "DATABASE_URL"
NGINX_ALONE = [
    f"{PREFIX}{name}" for name in ("PUBLIC", "TLS__CERTIFICATE", "TLS__KEY", "ACME__TERMS_ACCEPTED")
]
"""TLS is Nginx's."""
COMMANDS = "settings.env"


Report = Callable[[str], None]


@dataclass
class Cluster:
    """Everything that runs: its processes, and which of them get traffic."""

    settings: Settings
    place: Place
    parts: list[Part]
    supervisors: Mapping[str, Supervisor]
    ports: Mapping[str, int]
    routed: dict[str, list[int]]
    site: Site

    async def keep_routing(self) -> None:
        """Look who is ready, tell Nginx when it is others than before, and write down who runs; for ever."""
        told = ""
        while True:
            routed = route(self.parts, await find_ready(self.parts))
            if routed != self.routed:
                self.routed = routed
                write_upstreams(self.place, routed)
                self._reload()
                log.warning("traffic_routed", ports=routed)
            if (state := self._describe()) != told:
                write_private(self.place.data / "processes.json", state)
                told = state
            await asyncio.sleep(LOOK_S)

    async def renew(self) -> None:
        """Have the next certificate in time, and Nginx show it; for ever. Sockets that are open stay."""

        def show(files: TlsFiles) -> None:
            self.site = replace(self.site, tls=files)
            write_site(self.place, self.site)
            self._reload()

        asked_at = AcmePort((HOST,), self.ports["acme"])
        await keep_certificate(self.settings, SystemClock(), asked_at, show)

    def _reload(self) -> None:
        pid = self.supervisors["nginx"].pid
        if pid is not None:  # else it reads the file when it starts
            os.kill(pid, signal.SIGHUP)

    def _describe(self) -> str:
        """Return the processes as JSON: name, process id, port, how often each was started again."""
        processes = {
            name: {"pid": supervisor.pid, "port": self.ports.get(name), "restarts": supervisor.restarts}
            for name, supervisor in self.supervisors.items()
        }
        return json.dumps(processes, indent=2) + "\n"


@asynccontextmanager
async def open_cluster(settings: Settings, *, any_ports: bool, report: Report) -> AsyncIterator[Cluster]:
    """Run the system as separate processes for the length of the block."""
    require(find_missing(needed_programs(settings)))
    addresses = free_addresses(settings)
    place = open_place(settings.data / "cluster")
    async with AsyncExitStack() as stack:
        stack.enter_context(locked(place.data))
        enter = stack.enter_async_context
        ports = free_ports() if any_ports else usual_ports()
        servers = await enter(supervised_together(describe_servers(settings, place, ports)))
        report("servers")
        environment = environment_of(settings, place, ports)
        write_private(place.data / COMMANDS, commands_environment(settings, place, environment))
        await prepare_database(environment[DATABASE_URL])
        report("database")
        parts = plan(ports)
        services = await enter(
            supervised_together([describe_part(place, each, environment) for each in parts])
        )
        await wait_until_ready(parts)
        report("services")
        routed = route(parts, set())
        write_upstreams(place, routed)
        site = site_of(settings, addresses, ports)
        nginx = await enter(supervised_together([describe_nginx(place, site)]))
        report("nginx")
        cluster = Cluster(settings, place, parts, {**servers, **services, **nginx}, ports, routed, site)
        async with alongside(cluster.keep_routing(), cluster.renew()):
            yield cluster


def require(missing: list[str]) -> None:
    """Say what to install."""
    if missing:
        raise ServerNotStarted(
            f"not installed: {', '.join(missing)}. On Debian and Ubuntu: sudo apt install {' '.join(missing)}"
        )


def free_addresses(settings: Settings) -> list[str]:
    """Return the addresses for people that this machine has; raise AddressInUse where the port is taken."""
    sockets = network.listen(settings.bind_addresses, settings.http.port)
    try:
        return [str(each.getsockname()[0]) for each in sockets]
    finally:
        network.close(sockets)


def needed_programs(settings: Settings) -> list[Program]:
    """Return what is to be started: a configured address selects that server, and none is started."""
    found = [NGINX]
    found += [POSTGRES] if settings.database_url is None else []
    found += [REDIS] if settings.redis_url is None else []
    found += [ETCD] if settings.registry_url is None else []
    return found


def describe_servers(settings: Settings, place: Place, ports: Mapping[str, int]) -> list[Server]:
    """Return how to run the servers that are not configured."""
    needed = needed_programs(settings)
    found = [describe_postgres(place, ports["postgresql"])] if POSTGRES in needed else []
    found += [describe_redis(place, ports["redis"])] if REDIS in needed else []
    found += [describe_etcd(place, ports["etcd"], ports["etcd peers"])] if ETCD in needed else []
    return found


async def prepare_database(url: str) -> None:
    """Bring it to the present schema, before any process needs it."""
    async with open_database(url, pool_size=2) as database:
        await migrate(database)


def environment_of(settings: Settings, place: Place, ports: Mapping[str, int]) -> dict[str, str]:
    """Return the environment of the services: what is set for us, where the servers are, what all share."""
    database, redis, etcd = settings.database_url, settings.redis_url, settings.registry_url
    secret = settings.tokens.secret
    objects = settings.objects.url or (place.data.absolute() / "objects").as_uri()
    return {
        **os.environ,
        **dict.fromkeys(NGINX_ALONE, ""),
        PREFIX + "ENVIRONMENT": "production",
        DATABASE_URL: database.get_secret_value() if database else postgres_url(place, ports["postgresql"]),
        PREFIX + "REDIS_URL": redis.get_secret_value() if redis else redis_url(place, ports["redis"]),
        PREFIX + "REGISTRY_URL": etcd.get_secret_value() if etcd else etcd_url(ports["etcd"]),
        PREFIX + "TOKENS__SECRET": secret.get_secret_value() if secret else own_secret(place),
        PREFIX + "OBJECTS__URL": objects,
        PREFIX + "HTTP__ORIGIN": settings.origin,
        PREFIX + "MEDIA__ADVERTISED": ",".join(settings.media.advertised) or settings.public or "",
        PREFIX + "HTTP__TRUSTED_PROXIES": HOST,
        PREFIX + "LOG__FORM": "json",
    }


def commands_environment(settings: Settings, place: Place, environment: Mapping[str, str]) -> str:
    """Return the lines of `settings.env`: with them `doctor`, `backup` and `admin` reach the cluster."""
    told = {name: value for name, value in environment.items() if name.startswith(PREFIX) and value}
    told |= {
        PREFIX + "DATA": str(place.data.absolute()),
        PREFIX + "HTTP__PORT": str(settings.http.port),
    }
    return "".join(f"{name}={quote(value)}\n" for name, value in sorted(told.items()))


def quote(value: str) -> str:
    """Return a value as files of settings have it."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def own_secret(place: Place) -> str:
    """Return what signs access tokens: the same in all processes."""
    return load_or_make_secret(place.data / "secrets" / "tokens")


def site_of(settings: Settings, addresses: list[str], ports: Mapping[str, int]) -> Site:
    """Return what people reach."""
    tls = find_certificate(settings, datetime.now(UTC))
    acme = settings.acme
    challenge = Challenge(acme.port, ports["acme"], settings.origin) if acme.terms_accepted else None
    return Site(addresses, settings.http.port, settings.http.body_limit, tls, challenge)


async def wait_until_ready(parts: list[Part]) -> None:
    """Return when every process says that it is; raise ServerNotStarted when one does not in time."""
    deadline = asyncio.get_running_loop().time() + READY_S
    while True:
        ready = await find_ready(parts)
        waiting = [part.name for part in parts if part.name not in ready]
        if not waiting:
            return
        if asyncio.get_running_loop().time() > deadline:
            raise ServerNotStarted(f"not ready after {READY_S:.0f} s: {', '.join(waiting)}: see their logs")
        await asyncio.sleep(0.1)


def run_cluster(
    settings: Settings, *, any_ports: bool, report: Report, on_running: Callable[[Cluster], None]
) -> None:
    """Run until a signal ends it."""
    asyncio.run(_run_cluster(settings, any_ports, report, on_running))


async def _run_cluster(
    settings: Settings, any_ports: bool, report: Report, on_running: Callable[[Cluster], None]
) -> None:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        # It ends a start as well as what runs: all that was opened is closed.
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    async with open_cluster(settings, any_ports=any_ports, report=report) as cluster:
        on_running(cluster)
        await asyncio.Event().wait()
