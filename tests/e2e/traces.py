"""What a server keeps of somebody: every row of its database, and every object."""

from pathlib import Path

from tests.databases import connect

_TABLES = """
SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables
WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
"""


async def list_traces(database: str, *wanted: str) -> list[tuple[str, str]]:
    """Return (table, text) for each text that is in some row of a table of the database at this address."""
    connection = await connect(database)
    found = []
    try:
        for (table,) in await connection.fetch(_TABLES):
            rows = "\n".join(row[0] for row in await connection.fetch(f"SELECT t::text FROM {table} AS t"))
            found += [(table, text) for text in wanted if text in rows]
    finally:
        await connection.close()
    return sorted(found)


def list_objects(data: Path) -> list[str]:
    """Return the keys of all objects that the server with this folder has stored."""
    folder = data / "objects"
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
