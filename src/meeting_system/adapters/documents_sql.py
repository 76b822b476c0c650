"""Documents as JSONB in PostgreSQL. What finds them lies in a table of its own, in the order of ids."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from sqlalchemy import BigInteger, Row, TextClause, bindparam, column, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.adapters.documents import (
    Kept,
    changed,
    check_collection,
    check_content,
    check_id,
    check_limit,
    check_where,
    indexed_fields,
    not_found,
)
from meeting_system.kernel.ports import Collection, Document
from meeting_system.kit.sql import Database

AT_ONCE = 500


def _writing(statement: str) -> TextClause:
    return text(statement).bindparams(bindparam("content", type_=JSONB))


def _reading(statement: str) -> Any:
    return text(statement).columns(column("id"), column("version", BigInteger), column("content", JSONB))


_WRITE = _writing(
    """
    INSERT INTO documents.documents (collection, id, version, content) VALUES (:collection, :id, 1, :content)
    ON CONFLICT (collection, id)
    DO UPDATE SET version = documents.version + 1, content = EXCLUDED.content, updated_at = now()
    RETURNING version
    """
)
_CREATE = _writing(
    """
    INSERT INTO documents.documents (collection, id, version, content) VALUES (:collection, :id, 1, :content)
    ON CONFLICT (collection, id) DO NOTHING RETURNING version
    """
)
_CHANGE = _writing(
    """
    UPDATE documents.documents SET version = version + 1, content = :content, updated_at = now()
    WHERE collection = :collection AND id = :id AND version = :expected RETURNING version
    """
)
_RESTORE = _writing(
    """
    INSERT INTO documents.documents (collection, id, version, content)
    VALUES (:collection, :id, :version, :content)
    """
)
_UNINDEX = text("DELETE FROM documents.fields WHERE collection = :collection AND id = :id")
_INDEX = text(
    "INSERT INTO documents.fields (collection, field, value, id) VALUES (:collection, :field, :value, :id)"
)
_GET = _reading(
    "SELECT id, version, content FROM documents.documents WHERE collection = :collection AND id = :id"
)
_DELETE = text("DELETE FROM documents.documents WHERE collection = :collection AND id = :id")
_COUNT = text("SELECT collection, count(*) FROM documents.documents GROUP BY 1")
_EXPORT = text(
    f"""
    SELECT collection, id, version, content, (
      SELECT coalesce(jsonb_object_agg(field, value), '{{}}') FROM documents.fields
      WHERE fields.collection = documents.collection AND fields.id = documents.id
    ) AS fields
    FROM documents.documents WHERE (collection, id) > (:collection, :id)
    ORDER BY collection, id LIMIT {AT_ONCE}
    """  # noqa: S608  # a constant of ours
).columns(
    column("collection"),
    column("id"),
    column("version", BigInteger),
    column("content", JSONB),
    column("fields", JSONB),
)


class SqlDocuments:
    """kernel.ports.Documents in the database that everything else is in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(
        self,
        collection: Collection,
        document_id: str,
        content: dict[str, Any],
        *,
        expected: int | None = None,
    ) -> int:
        check_collection(collection)
        check_id(document_id)
        check_content(content)
        fields = indexed_fields(collection, content)
        place = {"collection": collection.name, "id": document_id}
        async with self._database.transaction() as connection:
            version = await _write(connection, place | {"content": content}, expected)
            if version is None:
                raise changed(document_id, expected or 0)
            if version > 1:
                await connection.execute(_UNINDEX, place)
            await _index(connection, place, fields)
        return version

    async def get(self, collection: Collection, document_id: str) -> Document:
        async with self._database.reading() as connection:
            found = await connection.execute(_GET, {"collection": collection.name, "id": document_id})
            row = found.one_or_none()
        if row is None:
            raise not_found(collection, document_id)
        return _document(row)

    async def find(
        self, collection: Collection, where: Mapping[str, str], *, after: str | None = None, limit: int = 100
    ) -> list[Document]:
        check_where(collection, where)
        check_limit(limit)
        statement, values = _search(collection, where)
        wanted = f"{statement} AND documents.id > :after ORDER BY documents.id LIMIT :limit"
        async with self._database.reading() as connection:
            rows = await connection.execute(
                _reading(f"SELECT documents.id, version, content FROM {wanted}"),  # noqa: S608  # no value
                values | {"after": after or "", "limit": limit},
            )
            return [_document(row) for row in rows]

    async def delete(self, collection: Collection, document_id: str) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(_DELETE, {"collection": collection.name, "id": document_id})

    async def delete_where(self, collection: Collection, where: Mapping[str, str]) -> int:
        check_where(collection, where)
        statement, values = _search(collection, where)
        some = text(
            f"""
            DELETE FROM documents.documents AS gone USING (
              SELECT documents.id FROM {statement} LIMIT {AT_ONCE}
            ) AS found WHERE gone.collection = :collection AND gone.id = found.id
            """  # noqa: S608  # no value
        )
        deleted = 0
        while True:
            # Some at a time: a meeting of years must not hold its locks for long.
            async with self._database.transaction() as connection:
                done = (await connection.execute(some, values)).rowcount
            deleted += done
            if done < AT_ONCE:
                return deleted

    async def check(self) -> None:
        await self._database.check()

    async def count(self) -> dict[str, int]:
        async with self._database.reading() as connection:
            return {row[0]: row[1] for row in await connection.execute(_COUNT)}

    async def export(self) -> AsyncIterator[Kept]:
        last = {"collection": "", "id": ""}
        while True:
            async with self._database.reading() as connection:
                rows = (await connection.execute(_EXPORT, last)).all()
            for row in rows:
                yield Kept(row.collection, row.id, row.version, row.fields, row.content)
            if len(rows) < AT_ONCE:
                return
            last = {"collection": rows[-1].collection, "id": rows[-1].id}

    async def replace(self, documents: AsyncIterator[Kept]) -> dict[str, int]:
        written: dict[str, int] = {}
        async with self._database.transaction() as connection:
            await connection.execute(text("DELETE FROM documents.documents"))
            async for each in documents:
                place = {"collection": each.collection, "id": each.id}
                await connection.execute(_RESTORE, place | {"version": each.version, "content": each.content})
                await _index(connection, place, each.fields)
                written[each.collection] = written.get(each.collection, 0) + 1
        return written


async def _write(connection: AsyncConnection, values: dict[str, Any], expected: int | None) -> int | None:
    if expected is None:
        statement = _WRITE
    else:
        statement = _CREATE if expected == 0 else _CHANGE.bindparams(expected=expected)
    version: int | None = await connection.scalar(statement, values)
    return version


async def _index(connection: AsyncConnection, place: dict[str, str], fields: dict[str, str]) -> None:
    if fields:
        await connection.execute(
            _INDEX, [place | {"field": name, "value": value} for name, value in fields.items()]
        )


def _search(collection: Collection, where: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """Return tables and conditions, to be followed by more of them, and their values.

    Each field is a table in the order of ids: the first one leads, and a page costs what it shows.
    """
    tables, conditions = ["documents.documents"], ["documents.collection = :collection"]
    values: dict[str, Any] = {"collection": collection.name}
    for at, (name, value) in enumerate(where.items()):
        tables.append(f"documents.fields AS f{at}")
        conditions += [
            f"f{at}.collection = documents.collection AND f{at}.id = documents.id",
            f"f{at}.field = :field{at} AND f{at}.value = :value{at}",
        ]
        values |= {f"field{at}": name, f"value{at}": value}
    return f"{', '.join(tables)} WHERE {' AND '.join(conditions)}", values


def _document(row: Row[Any]) -> Document:
    return Document(row.id, row.version, row.content)
