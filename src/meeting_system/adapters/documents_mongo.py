"""Documents in MongoDB, by PyMongo's asynchronous client. Each collection is one of the database in the URL.

A document is `{_id, id, version, fields, content}`. `id` says again what `_id` says, for the indexes: some
servers that speak MongoDB's protocol have no index over `_id` and another field.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pymongo import AsyncMongoClient, ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import ConfigurationError, DuplicateKeyError, OperationFailure, PyMongoError

from meeting_system.adapters.documents import (
    DocumentInvalid,
    DocumentsRefused,
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
from meeting_system.kernel.errors import Unavailable
from meeting_system.kernel.ports import Collection, Document

DATABASE = "meeting"
PREFIX = "documents_"
DRAFT = "restoring_"
OPTIONS: dict[str, Any] = {
    "timeoutMS": 4000,
    "serverSelectionTimeoutMS": 4000,
    "connectTimeoutMS": 4000,
    # Acknowledged means that the election of another primary does not lose it.
    "w": "majority",
    "appname": "meeting-system",
}
AT_ONCE = 500
_REFUSALS = {8000, 13, 18, 31}
"""AtlasError, Unauthorized, AuthenticationFailed, RoleNotFound."""

Stored = dict[str, Any]


class MongoUrlInvalid(DocumentInvalid):
    """Nothing that PyMongo can connect to."""

    code = "documents_url_invalid"


@asynccontextmanager
async def open_mongo(url: str) -> AsyncIterator["MongoDocuments"]:
    """Open the client for a `mongodb://` or `mongodb+srv://` URL; nothing is asked until the first call.

    What the URL says itself (`?timeoutMS=…`) is left as it is.
    """
    said = {name.lower() for name in parse_qs(urlsplit(url).query)}
    options = {name: value for name, value in OPTIONS.items() if name.lower() not in said}
    try:
        client: AsyncMongoClient[Stored] = AsyncMongoClient(url, **options)
    except (PyMongoError, ValueError) as error:
        raise MongoUrlInvalid(f"MEETING_DOCUMENTS_URL can't be used: {error}") from None
    async with client:
        yield MongoDocuments(client)


class MongoDocuments:
    """kernel.ports.Documents in MongoDB."""

    def __init__(self, client: AsyncMongoClient[Stored]) -> None:
        self._database = client.get_default_database(DATABASE)
        self._indexed: set[Collection] = set()

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
        with translating():
            there = await self._open(collection)
            if expected == 0:
                return await _create(there, Kept(collection.name, document_id, 1, fields, content))
            query = {"_id": document_id} if expected is None else {"_id": document_id, "version": expected}
            change = {
                "$set": {"id": document_id, "fields": fields, "content": content},
                "$inc": {"version": 1},
            }
            written = await _update(there, query, change, upsert=expected is None)
        if written is None:
            raise changed(document_id, expected or 0)
        return int(written["version"])

    async def get(self, collection: Collection, document_id: str) -> Document:
        with translating():
            found = await (await self._open(collection)).find_one({"_id": document_id})
        if found is None:
            raise not_found(collection, document_id)
        return _document(found)

    async def find(
        self, collection: Collection, where: Mapping[str, str], *, after: str | None = None, limit: int = 100
    ) -> list[Document]:
        check_where(collection, where)
        check_limit(limit)
        query = _query(where) | {"id": {"$gt": after or ""}}
        with translating():
            there = await self._open(collection)
            return [_document(each) async for each in there.find(query).sort("id", 1).limit(limit)]

    async def delete(self, collection: Collection, document_id: str) -> None:
        with translating():
            await (await self._open(collection)).delete_one({"_id": document_id})

    async def delete_where(self, collection: Collection, where: Mapping[str, str]) -> int:
        check_where(collection, where)
        with translating():
            done = await (await self._open(collection)).delete_many(_query(where))
        return done.deleted_count

    async def check(self) -> None:
        with translating():
            await self._database.command("ping")
            # A ping is answered to strangers too.
            await self._database.list_collection_names()

    async def about(self) -> str:
        """Return the server's version."""
        with translating():
            await self.check()
            said = await self._database.client.admin.command("buildInfo")
        return str(said.get("version", "?"))

    async def count(self) -> dict[str, int]:
        with translating():
            names = await self._names(PREFIX)
            found = {name: await self._database[PREFIX + name].count_documents({}) for name in names}
        return {name: number for name, number in found.items() if number}

    async def export(self) -> AsyncIterator[Kept]:
        with translating():
            for name in await self._names(PREFIX):
                last = ""
                while True:
                    # Page by page: a cursor would have to live as long as the reader takes.
                    page = self._database[PREFIX + name].find({"id": {"$gt": last}}).sort("id", 1)
                    rows = await page.limit(AT_ONCE).to_list()
                    for row in rows:
                        yield Kept(name, row["id"], row["version"], row["fields"], row["content"])
                    if len(rows) < AT_ONCE:
                        break
                    last = rows[-1]["id"]

    async def replace(self, documents: AsyncIterator[Kept]) -> dict[str, int]:
        draft = f"{DRAFT}{token_hex(4)}_"
        with translating():
            for name in await self._names(DRAFT):  # what a killed restore left
                await self._database[DRAFT + name].drop()
            written = await self._write_beside(documents, draft)
            for name in await self._names(PREFIX):
                await self._database[PREFIX + name].drop()
            for name in written:
                await self._database[draft + name].rename(PREFIX + name)
        self._indexed.clear()
        return written

    async def _write_beside(self, documents: AsyncIterator[Kept], draft: str) -> dict[str, int]:
        """Write documents beside those that are there, into collections whose names begin with `draft`."""
        written: dict[str, int] = {}
        waiting: dict[str, list[Stored]] = {}
        async for each in documents:
            written[each.collection] = written.get(each.collection, 0) + 1
            batch = waiting.setdefault(each.collection, [])
            batch.append(_stored(each))
            if len(batch) == AT_ONCE:
                await self._database[draft + each.collection].insert_many(waiting.pop(each.collection))
        for name, batch in waiting.items():
            await self._database[draft + name].insert_many(batch)
        return written

    async def _names(self, prefix: str) -> list[str]:
        names = await self._database.list_collection_names()
        return sorted(name.removeprefix(prefix) for name in names if name.startswith(prefix))

    async def _open(self, collection: Collection) -> AsyncCollection[Stored]:
        """Return a collection, with its indexes: to make one that is there is a question only."""
        there = self._database[PREFIX + collection.name]
        if collection not in self._indexed:
            for name in collection.indexed:
                await there.create_index([(f"fields.{name}", 1), ("id", 1)])
            await there.create_index([("id", 1)])
            self._indexed.add(collection)
        return there


async def _create(there: AsyncCollection[Stored], document: Kept) -> int:
    try:
        await there.insert_one(_stored(document))
    except DuplicateKeyError:
        raise changed(document.id, 0) from None
    return document.version


async def _update(
    there: AsyncCollection[Stored], query: Stored, change: Stored, *, upsert: bool
) -> Stored | None:
    projection, after = {"version": 1}, ReturnDocument.AFTER
    try:
        return await there.find_one_and_update(
            query, change, projection=projection, upsert=upsert, return_document=after
        )
    except DuplicateKeyError:
        # Two that wrote a new document at once: the second finds it now.
        return await there.find_one_and_update(
            query, change, projection=projection, upsert=upsert, return_document=after
        )


def _stored(document: Kept) -> Stored:
    return {
        "_id": document.id,
        "id": document.id,
        "version": document.version,
        "fields": document.fields,
        "content": document.content,
    }


def _query(where: Mapping[str, str]) -> Stored:
    return {f"fields.{name}": value for name, value in where.items()}


def _document(stored: Stored) -> Document:
    return Document(stored["_id"], int(stored["version"]), stored["content"])


@contextmanager
def translating() -> Iterator[None]:
    """Raise what PyMongo says in our words: not allowed, away. What it can't keep is checked before."""
    try:
        yield
    except OperationFailure as error:
        if error.code in _REFUSALS:
            raise DocumentsRefused("MongoDB refuses us: check name, password and rights") from error
        raise Unavailable(f"MongoDB can't do it now: {error.code}") from error
    except ConfigurationError as error:
        raise DocumentsRefused("MongoDB refuses us: check MEETING_DOCUMENTS_URL") from error
    except (PyMongoError, OSError) as error:
        raise Unavailable("MongoDB is away, try again") from error
