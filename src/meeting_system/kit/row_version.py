"""The version of a row, for ETag and If-Match: a digest of its columns, whichever it has."""

from collections.abc import Sequence

from sqlalchemy import Table, text
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.kit.exchange import check_version, is_conditional, note_version


async def note_row(
    connection: AsyncConnection, table: Table, key: str, *, without: Sequence[str] = ()
) -> None:
    """Note the version of the row with the primary key `key`, for the ETag of the answer.

    `without`: columns that change without anybody changing the object, such as counters.
    """
    version = await _read(connection, table, key, without, "")
    if version is not None:
        note_version(version)


async def read_version(connection: AsyncConnection, table: Table, key: str) -> str | None:
    """Return the version of a row, as `note_row` notes it; None where there is none."""
    return await _read(connection, table, key, (), "")


async def check_row(
    connection: AsyncConnection, table: Table, key: str, *, without: Sequence[str] = ()
) -> None:
    """Hold the row to the end of the transaction and raise PreconditionFailed unless it is the version that
    the caller's If-Match names. Without If-Match nothing is asked."""
    if not is_conditional():
        return
    version = await _read(connection, table, key, without, "FOR NO KEY UPDATE")
    if version is not None:
        check_version(version)


async def _read(
    connection: AsyncConnection, table: Table, key: str, without: Sequence[str], lock: str
) -> str | None:
    (column,) = table.primary_key.columns
    # The names are of our tables, the values are bound.
    shown = "SELECT md5((to_jsonb(t) - CAST(:without AS text[]))::text) FROM"
    statement = text(f"{shown} {table.fullname} AS t WHERE t.{column.name} = :key {lock}")
    found = await connection.execute(statement, {"without": list(without), "key": key})
    version: str | None = found.scalar()
    return None if version is None else version[:16]
