"""PostgreSQL: one engine a process, one transaction a request."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine


class Database:
    """The pool of connections. `transaction` commits at the end of its block or rolls back on an exception."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")

    def transaction(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """One unit of work: commit at the end, nothing of it on an exception."""
        return self._engine.begin()

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Single statements without BEGIN and COMMIT around them: a third less time."""
        return self._autocommit.connect()


@asynccontextmanager
async def open_database(url: str, *, pool_size: int = 10) -> AsyncIterator[Database]:
    """Open the pool for a `postgresql+asyncpg://` URL and close it at the end."""
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=pool_size)
    try:
        yield Database(engine)
    finally:
        await engine.dispose()
