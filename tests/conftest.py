"""Real servers for every test: one PostgreSQL and Valkey a test process, a fresh database a test.

They are our own ones; what speaks to servers is tested on Debian's PostgreSQL 15 and Redis 7 as well.
"""

import asyncio
import gc
import io
import logging
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import httpx2
import pytest
from starlette.types import ASGIApp
from tests.databases import TEMPLATE, empty_database, finish_template, on_server, with_database
from tests.outside import need, open_outside

from meeting_system.adapters.bus import LocalBus
from meeting_system.adapters.documents_sql import SqlDocuments
from meeting_system.adapters.embedded import Servers, open_servers
from meeting_system.adapters.mail_console import ConsoleMail
from meeting_system.adapters.objects import open_objects
from meeting_system.adapters.redis_store import RedisStore, open_store
from meeting_system.adapters.registry import LeaseRegistry
from meeting_system.adapters.registry_store import StoreLeases
from meeting_system.app.cluster.programs import POSTGRES, REDIS
from meeting_system.kernel.clock import ManualClock
from meeting_system.kit.http import create_app
from meeting_system.kit.limits import StoreRateLimiter
from meeting_system.kit.migrations import migrate
from meeting_system.kit.outbox import OutboxRelay
from meeting_system.kit.plug import Plug, Ports
from meeting_system.kit.sql import Database, open_database
from meeting_system.kit.tokens import SignedTokens

SECRET = "only-for-tests-only-for-tests-only-for-tests"
START_S = 90.0


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Give each run a temporary folder of its own.

    In pytest's usual one every new run takes away the permission to pass through, and started as root the
    embedded servers are another user.
    """
    if config.option.basetemp is None:
        config.option.basetemp = tempfile.mkdtemp(prefix="meeting-tests-")
        config.add_cleanup(lambda: shutil.rmtree(config.option.basetemp, ignore_errors=True))


def pytest_collection_finish() -> None:
    """Look for garbage less often, and never among what was loaded: that took a fifth of all computing."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(autouse=True)
def library_logs_stay_ours() -> Iterator[None]:
    """Fail the test that takes uvicorn's log away, not the one after it that reads it."""
    yield
    is_ours = logging.getLogger("uvicorn").propagate
    logging.getLogger("uvicorn").propagate = True
    assert is_ours, "uvicorn set logging up for the whole process: give uvicorn.Config log_config=None"


MakeApp = Callable[[Sequence[Plug]], AbstractAsyncContextManager[httpx2.AsyncClient]]


ON_BOTH = ("adapters", "kit", "meeting", "user", "signaling/test_room_log.py", "signaling/test_gateway.py")
"""Tests that run on our own servers and again on Debian's PostgreSQL 15 and Redis 7: what speaks to them."""
ON_ONE = ("meeting/test_permissions.py", "meeting/test_nasty.py")
"""Of those, what asks the same queries a thousand times: who may what, and which text is refused."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--servers own` for a quick look, `--servers debian` to search a difference."""
    parser.addoption("--servers", choices=["own", "debian", "both"], default="both", help="default: both")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests that speak to servers on each kind that is wanted."""
    if "servers" not in metafunc.fixturenames:
        return
    wanted = metafunc.config.getoption("servers")
    kinds = ["own", "debian"] if wanted == "both" else [wanted]
    inside = metafunc.definition.path.relative_to(Path(__file__).parent).as_posix()
    if wanted == "both" and (inside.startswith(ON_ONE) or not inside.startswith(ON_BOTH)):
        return
    metafunc.parametrize("servers", kinds, indirect=True, scope="session")


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Servers:
    """PostgreSQL and Valkey or Redis of this test process."""
    found: Servers = request.getfixturevalue(f"{getattr(request, 'param', 'own')}_servers")
    return found


@pytest.fixture(scope="session")
def own_servers() -> Iterator[Servers]:
    """The embedded servers."""
    with kept_running(lambda folder: open_servers(folder, durable=False)) as servers:
        yield servers


@pytest.fixture(scope="session")
def debian_servers() -> Iterator[Servers]:
    """Outside servers: over TCP, with passwords."""
    need(POSTGRES, REDIS)
    with kept_running(open_outside) as servers:
        yield servers


@contextmanager
def kept_running(opener: Callable[[Path], AbstractAsyncContextManager[Servers]]) -> Iterator[Servers]:
    """Keep servers in a thread with a loop of its own: the tests' loops come and go."""
    folder = Path(tempfile.mkdtemp(prefix="meeting-test-"))
    started, stop = threading.Event(), threading.Event()
    found: list[Servers] = []

    async def keep() -> None:
        async with opener(folder) as servers:
            await prepare_template(servers.database_url)
            found.append(servers)
            started.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=lambda: asyncio.run(keep()), name="servers")
    thread.start()
    while thread.is_alive() and not started.wait(0.05):
        pass
    if not found:
        raise RuntimeError("the servers did not start: the reason is printed above")
    yield found[0]
    stop.set()
    thread.join()
    shutil.rmtree(folder)


async def prepare_template(url: str) -> None:
    """Migrate a database that the tests' databases are copied from."""
    await on_server(url, f'CREATE DATABASE "{TEMPLATE}"')
    async with open_database(with_database(url, TEMPLATE), pool_size=1) as database:
        await migrate(database)
    await finish_template(with_database(url, TEMPLATE))


@pytest.fixture
async def database_url(servers: Servers) -> str:
    """Address of an empty, migrated database."""
    return await empty_database(servers.database_url)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A fresh, migrated database."""
    async with open_database(database_url, pool_size=5) as database:
        yield database


@pytest.fixture
async def store(servers: Servers) -> AsyncIterator[RedisStore]:
    """An empty Valkey."""
    async with open_store(servers.redis_url) as store:
        await store.client.flushall()
        yield store


@pytest.fixture
def clock() -> ManualClock:
    """Time that only moves when told."""
    return ManualClock()


@pytest.fixture
def bus() -> LocalBus:
    """The bus inside one process: `bus.connect(handlers, listeners)`; `make_app` does it for its plugs."""
    return LocalBus()


@pytest.fixture
def mail(clock: ManualClock) -> ConsoleMail:
    """Letters on paper: `mail.stream.getvalue()`."""
    return ConsoleMail(io.StringIO(), clock)


@pytest.fixture
def ports(
    database: Database,
    store: RedisStore,
    bus: LocalBus,
    clock: ManualClock,
    mail: ConsoleMail,
    tmp_path: Path,
) -> Ports:
    """Real ports, in virtual time."""
    tokens = SignedTokens({"test": SECRET}, clock)
    registry = LeaseRegistry(StoreLeases(store))
    return Ports(
        database=database,
        store=store,
        bus=bus,
        clock=clock,
        tokens=tokens,
        limiter=StoreRateLimiter(store),
        registry=registry,
        documents=SqlDocuments(database),
        mail=mail,
        objects=open_objects((tmp_path / "objects").as_uri()),
        origin="http://localhost",
    )


@pytest.fixture
def outbox(ports: Ports, bus: LocalBus) -> OutboxRelay:
    """The outbox, delivered on demand: `await outbox.deliver_all()`."""
    return OutboxRelay(ports.database, bus)


@asynccontextmanager
async def running_app(plugs: Sequence[Plug], ports: Ports, bus: LocalBus) -> AsyncIterator[ASGIApp]:
    """Run plugs as one process does: their tasks, the bus, the outbox; give the ASGI application."""
    for plug in plugs:
        bus.connect(plug.handlers, plug.listeners)
    app = create_app(routes=[route for plug in plugs for route in plug.routes], ports=ports)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(bus.running())
        for plug in plugs:
            await stack.enter_async_context(plug.run())
        await stack.enter_async_context(OutboxRelay(ports.database, bus).running())
        yield app


@pytest.fixture
def make_app(ports: Ports, bus: LocalBus) -> MakeApp:
    """`async with make_app([plug]) as client`: HTTP over ASGI, without a socket."""

    @asynccontextmanager
    async def make(plugs: Sequence[Plug]) -> AsyncIterator[httpx2.AsyncClient]:
        async with running_app(plugs, ports, bus) as app:
            transport = httpx2.ASGITransport(app=app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
                yield client

    return make
