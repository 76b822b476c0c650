"""What a server keeps of somebody: every row of its database, and every object."""

from pathlib import Path

from tests.databases import connect

from meeting_system.adapters.embedded_place import socket_folder
from meeting_system.adapters.embedded_postgres import DATABASE, database_url

_TABLES = """
SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables
WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
"""


async def list_traces(data: Path, *wanted: str) -> list[tuple[str, str]]:
    """Return (table, text) for each text that is in some row of a table of the server with this folder."""
    connection = await connect(database_url(socket_folder(data), DATABASE))
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
