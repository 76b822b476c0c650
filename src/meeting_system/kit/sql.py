"""PostgreSQL: one engine a process, one transaction a request."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any

import orjson
from sqlalchemy import QueuePool, event, exc, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from meeting_system.kernel.errors import Unavailable
from meeting_system.kit.metrics import SQL_CONNECTIONS, SQL_LIMIT, SQL_OPEN, SQL_STATEMENTS, SQL_WAITING

CONNECT_S = 5.0
POOL_WAIT_S = 5.0
STATEMENT_S = 15.0
APPLICATION = "meeting-system"
"""Name of our connections in PostgreSQL's list: who restores looks there for processes that run."""

_AWAY = (ConnectionError, asyncio.TimeoutError, exc.TimeoutError, exc.InterfaceError)
_AWAY_SQLSTATES = ("08", "57P", "53")
"""Classes of SQLSTATE that say: the server goes down, comes up, or has no room for us."""

CALLBACKS = "after_commit"
ENDINGS = "endings"
MARKS = "marks"

Ending = Callable[[], Awaitable[None]]
Mark = Callable[[str, str], Awaitable[Ending]]
"""Told a kind and a key that a transaction is about to change; what it returns is awaited after its end."""


class Database:
    """The pool of connections. `transaction` commits at the end of its block or rolls back on an exception.

    Both raise Unavailable when the server is away.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
        self.waiting = 0
        """Callers that wait for a connection."""
        self.mark: Mark | None = None
        """Set by who caches what is here: see kit/cache.py."""

    @property
    def engine(self) -> AsyncEngine:
        """The engine, for what is neither a transaction nor a read: migrations, LISTEN."""
        return self._engine

    def transaction(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """One unit of work: commit at the end, nothing of it on an exception."""
        return self._transaction()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        callbacks: dict[Callable[[], None], None] = {}
        endings: list[Ending] = []
        noted = {CALLBACKS: callbacks, ENDINGS: endings, MARKS: self.mark}
        try:
            with translating():
                async with self._connected(self._engine) as connection, connection.begin():
                    connection.info.update(noted)
                    try:
                        yield connection
                    finally:
                        if not connection.invalidated:
                            for name in noted:
                                connection.info.pop(name, None)
        finally:
            for ending in endings:
                await ending()
        for callback in callbacks:
            callback()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Single statements without BEGIN and COMMIT around them: a third less time."""
        with translating():
            async with self._connected(self._autocommit) as connection:
                yield connection

    @asynccontextmanager
    async def _connected(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        async with AsyncExitStack() as stack:
            self.waiting += 1
            try:
                connection = await stack.enter_async_context(engine.connect())
            finally:
                self.waiting -= 1
            yield connection

    async def check(self) -> None:
        """Return when the server answers; raise Unavailable else."""
        async with self.reading() as connection:
            await connection.execute(text("SELECT 1"))


def after_commit(connection: AsyncConnection, callback: Callable[[], None]) -> None:
    """Call `callback` once when the transaction of `connection` is committed, never when it is rolled back.

    The same callback given twice is called once.
    """
    connection.info[CALLBACKS][callback] = None


async def mark_change(connection: AsyncConnection, kind: str, key: str) -> None:
    """Say, before its statement, what a transaction changes: caches are not believed until it has ended.

    Raises Unavailable where they can't be told; then nothing is changed.
    """
    mark: Mark | None = connection.info.get(MARKS)
    if mark is not None:
        connection.info[ENDINGS].append(await mark(kind, key))


@contextmanager
def translating() -> Iterator[None]:
    """Raise Unavailable where the server is away, anything else as it is."""
    try:
        yield
    except (exc.SQLAlchemyError, OSError, TimeoutError) as error:
        if is_away(error):
            raise Unavailable("the database is away, try again") from error
        raise


def is_away(error: BaseException) -> bool:
    """Tell whether `error` says that the server can't be reached, rather than that a statement is wrong."""
    if isinstance(error, _AWAY):
        return True
    if isinstance(error, exc.DBAPIError):
        if error.connection_invalidated:
            return True
        state = getattr(error.orig, "sqlstate", None) or ""
        return state.startswith(_AWAY_SQLSTATES)
    # A socket that is gone: asyncpg raises it as it is while connecting.
    return isinstance(error, OSError)


def _dump_json(value: Any) -> str:
    return orjson.dumps(value).decode()


@asynccontextmanager
async def open_database(
    url: str, *, pool_size: int = 10, pool_wait_s: float = POOL_WAIT_S
) -> AsyncIterator[Database]:
    """Open the pool for a `postgresql+asyncpg://` URL and close it at the end."""
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=pool_wait_s,
        pool_use_lifo=True,
        json_serializer=_dump_json,
        json_deserializer=orjson.loads,
        hide_parameters=True,  # an error's text would carry what people entered into the log
        connect_args={
            "timeout": CONNECT_S,
            "command_timeout": STATEMENT_S,
            "server_settings": {"application_name": APPLICATION, "jit": "off", "timezone": "UTC"},
        },
    )
    database = Database(engine)
    try:
        with _watched(database):
            yield database
    finally:
        await engine.dispose()


@contextmanager
def _watched(database: Database) -> Iterator[None]:
    pool = database.engine.pool
    assert isinstance(pool, QueuePool)

    @event.listens_for(database.engine.sync_engine, "before_cursor_execute")
    def count_statement(*_: Any) -> None:
        SQL_STATEMENTS.inc()

    with (
        SQL_CONNECTIONS.watch("", pool.checkedout),
        SQL_OPEN.watch("", lambda: pool.checkedout() + pool.checkedin()),
        SQL_LIMIT.watch("", lambda: 2 * pool.size()),  # as many again as overflow
        SQL_WAITING.watch("", lambda: database.waiting),
    ):
        yield
