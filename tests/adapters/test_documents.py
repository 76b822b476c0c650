"""Documents: one contract, on JSONB in PostgreSQL and on a server of MongoDB's protocol over the network."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from tests.mongo import LEAVES_SOCKETS, MongoServer, mongo_server

from meeting_system.adapters.documents import (
    DEEPEST,
    LARGEST,
    DocumentChanged,
    DocumentInvalid,
    DocumentNotFound,
    Keeper,
    Kept,
)
from meeting_system.adapters.documents_mongo import MongoUrlInvalid, open_mongo
from meeting_system.adapters.documents_sql import SqlDocuments
from meeting_system.kernel.errors import Unavailable
from meeting_system.kernel.ports import Collection, Document
from meeting_system.kit.sql import Database

LINES = Collection("transcript_lines", indexed=("meeting_id", "speaker"))
NOTES = Collection("notes", indexed=("meeting_id",))


@pytest.fixture(scope="module")
def mongo() -> Iterator[MongoServer]:
    with mongo_server() as server:
        yield server


@pytest.fixture(params=["postgresql", "mongodb"])
async def documents(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[Keeper]:
    """An empty keeper of each kind."""
    if request.param == "postgresql":
        yield SqlDocuments(database)
        return
    server: MongoServer = request.getfixturevalue("mongo")
    async with open_mongo(server.url) as keeper:
        await keeper.replace(nothing())
        yield keeper


async def nothing() -> AsyncIterator[Kept]:
    for each in ():
        yield each


async def test_a_document_comes_back_as_it_was_put(documents: Keeper) -> None:
    content: dict[str, Any] = {
        "meeting_id": "m1",
        "text": "你好 \u2028 \U0001f600 'quoted' \"twice\" \\",
        "numbers": [0, -1, 2**53, -(2**53), 0.1, 1e-300, 1234.5, 5.0],
        "nothing": None,
        "yes": True,
        "empty": [{}, [], ""],
        "deep": {"a": {"b": [{"c": 1}]}},
    }
    assert await documents.put(LINES, "line-1", content) == 1
    assert await documents.get(LINES, "line-1") == Document("line-1", 1, content)


async def test_the_last_put_replaces_all_of_a_document(documents: Keeper) -> None:
    await documents.put(LINES, "a", {"meeting_id": "m1", "text": "first"})
    assert await documents.put(LINES, "a", {"speaker": "p1"}) == 2
    assert await documents.get(LINES, "a") == Document("a", 2, {"speaker": "p1"})
    assert await documents.find(LINES, {"meeting_id": "m1"}) == []
    assert [each.id for each in await documents.find(LINES, {"speaker": "p1"})] == ["a"]


async def test_a_document_that_is_not_there_is_not_found(documents: Keeper) -> None:
    with pytest.raises(DocumentNotFound, match="transcript_lines has no document a"):
        await documents.get(LINES, "a")
    await documents.put(NOTES, "a", {})
    with pytest.raises(DocumentNotFound):
        await documents.get(LINES, "a")


async def test_a_put_with_an_expected_version_changes_only_that_version(documents: Keeper) -> None:
    with pytest.raises(DocumentChanged, match="not at version 1 any more"):
        await documents.put(LINES, "a", {}, expected=1)
    assert await documents.put(LINES, "a", {"n": 1}, expected=0) == 1
    with pytest.raises(DocumentChanged, match="is there already"):
        await documents.put(LINES, "a", {"n": 2}, expected=0)
    assert await documents.put(LINES, "a", {"n": 3}, expected=1) == 2
    with pytest.raises(DocumentChanged):
        await documents.put(LINES, "a", {"n": 4}, expected=1)
    assert (await documents.get(LINES, "a")).content == {"n": 3}


async def test_of_many_who_expect_the_same_version_one_wins(documents: Keeper) -> None:
    for expected in (0, 1):
        tried = await asyncio.gather(
            *(documents.put(LINES, "a", {"writer": number}, expected=expected) for number in range(10)),
            return_exceptions=True,
        )
        assert tried.count(expected + 1) == 1
        assert sum(isinstance(each, DocumentChanged) for each in tried) == 9


async def test_of_many_who_expect_nothing_everyone_gets_a_version(documents: Keeper) -> None:
    versions = await asyncio.gather(*(documents.put(LINES, "a", {"meeting_id": "m"}) for _ in range(10)))
    assert sorted(versions) == list(range(1, 11))
    assert len(await documents.find(LINES, {"meeting_id": "m"})) == 1


async def test_documents_are_found_by_their_fields_page_by_page_in_the_order_of_ids(
    documents: Keeper,
) -> None:
    for number in (3, 1, 4, 0, 2):
        speaker = "odd" if number % 2 else "even"
        await documents.put(LINES, f"line-{number}", {"meeting_id": "m1", "speaker": speaker, "n": number})
    await documents.put(LINES, "line-5", {"meeting_id": "m2", "speaker": "odd"})
    first = await documents.find(LINES, {"meeting_id": "m1"}, limit=3)
    rest = await documents.find(LINES, {"meeting_id": "m1"}, after=first[-1].id, limit=3)
    assert [each.content["n"] for each in (*first, *rest)] == [0, 1, 2, 3, 4]
    both = await documents.find(LINES, {"speaker": "odd", "meeting_id": "m1"})
    assert [each.id for each in both] == ["line-1", "line-3"]
    assert len(await documents.find(LINES, {})) == 6
    assert await documents.find(NOTES, {"meeting_id": "m1"}) == []


async def test_ids_are_ordered_by_their_bytes(documents: Keeper) -> None:
    for each_id in ("b", "A", "a", "B", "_", "1", "-"):
        await documents.put(NOTES, each_id, {"meeting_id": "m"})
    found = [each.id for each in await documents.find(NOTES, {"meeting_id": "m"})]
    assert found == ["-", "1", "A", "B", "_", "a", "b"]


async def test_a_deleted_document_is_gone_and_deleting_it_again_is_no_error(documents: Keeper) -> None:
    await documents.put(LINES, "a", {"meeting_id": "m1"})
    await documents.delete(LINES, "a")
    await documents.delete(LINES, "a")
    assert await documents.find(LINES, {"meeting_id": "m1"}) == []
    assert await documents.put(LINES, "a", {}, expected=0) == 1


async def test_all_documents_of_a_meeting_are_deleted_at_once(documents: Keeper) -> None:
    for number in range(7):
        await documents.put(LINES, f"a{number}", {"meeting_id": "m1"})
    await documents.put(LINES, "b", {"meeting_id": "m2"})
    await documents.put(NOTES, "n", {"meeting_id": "m1"})
    assert await documents.delete_where(LINES, {"meeting_id": "m1"}) == 7
    assert await documents.delete_where(LINES, {"meeting_id": "m1"}) == 0
    assert await documents.count() == {"transcript_lines": 1, "notes": 1}


BAD = {
    "a number beyond JavaScript's": {"n": 2**53 + 1},
    "a number that is none": {"n": [float("nan")]},
    "infinity": {"n": float("inf")},
    "text with NUL": {"t": "a\0b"},
    "a lone surrogate": {"t": "\ud800"},
    "a field without a name": {"": 1},
    "a field like an operator": {"a": {"$set": 1}},
    "a field with a point": {"a.b": 1},
    "a field with NUL": {"a\0": 1},
    "bytes": {"b": b"x"},
    "a set": {"s": {1}},
    "a number as a field's name": {1: "x"},
    "an indexed field that is no text": {"meeting_id": 5},
    "an indexed field too long": {"meeting_id": "x" * 257},
    "too long": {"t": "x" * LARGEST},
}


async def test_what_not_every_server_keeps_as_it_is_is_refused(documents: Keeper) -> None:
    for what, content in BAD.items():
        with pytest.raises(DocumentInvalid) as caught:
            await documents.put(LINES, "a", content)
        assert caught.value.errors[0].detail, what
    assert await documents.count() == {}


async def test_a_document_may_be_nested_so_deep_and_not_deeper(documents: Keeper) -> None:
    content: dict[str, Any] = {}
    for _ in range(DEEPEST - 1):
        content = {"a": content}
    await documents.put(LINES, "a", content)
    assert (await documents.get(LINES, "a")).content == content
    with pytest.raises(DocumentInvalid, match="nested deeper"):
        await documents.put(LINES, "a", {"a": content})


async def test_what_can_be_no_id_is_refused(documents: Keeper) -> None:
    for wrong in ("", "a b", "a/b", "x" * 129, "ü", "a\0", "a\n"):
        with pytest.raises(DocumentInvalid, match="/id"):
            await documents.put(LINES, wrong, {})


async def test_a_search_through_everything_is_refused(documents: Keeper) -> None:
    with pytest.raises(DocumentInvalid, match="not an indexed field of transcript_lines"):
        await documents.find(LINES, {"text": "hello"})
    with pytest.raises(DocumentInvalid, match="from 1 to"):
        await documents.find(LINES, {}, limit=0)
    with pytest.raises(DocumentInvalid, match="no name of a collection"):
        await documents.put(Collection("Lines; DROP"), "a", {})


async def test_all_documents_move_from_one_keeper_into_another(
    documents: Keeper, database: Database, mongo: MongoServer
) -> None:
    await documents.put(LINES, "a", {"meeting_id": "m1", "text": "one"})
    await documents.put(LINES, "a", {"meeting_id": "m1", "text": "two"})
    await documents.put(NOTES, "b", {"meeting_id": "m1"})
    moving = [Kept.of_line(each.to_line()) async for each in documents.export()]

    async def again() -> AsyncIterator[Kept]:
        for each in moving:
            yield each

    async with open_mongo(mongo.url) as other:
        for target in (other, SqlDocuments(database)):
            await target.put(NOTES, "was-there", {})
            assert await target.replace(again()) == {"transcript_lines": 1, "notes": 1}
            assert await target.count() == {"transcript_lines": 1, "notes": 1}
            assert await target.get(LINES, "a") == Document("a", 2, {"meeting_id": "m1", "text": "two"})
            assert [each.id for each in await target.find(NOTES, {"meeting_id": "m1"})] == ["b"]
            assert await target.put(LINES, "a", {}, expected=2) == 3


@LEAVES_SOCKETS
async def test_a_mongodb_that_is_killed_is_unavailable_in_time_and_used_again_when_it_is_back() -> None:
    with mongo_server() as server:
        port = server.port
        async with open_mongo(f"{server.url}?timeoutMS=500") as documents:
            await documents.put(NOTES, "a", {})
            server.process.kill()
            server.process.wait()
            async with asyncio.timeout(2):
                with pytest.raises(Unavailable, match="MongoDB is away"):
                    await documents.get(NOTES, "a")
            with mongo_server(port=port):
                assert await documents.put(NOTES, "b", {}) == 1
    gc.collect()


async def test_a_url_that_can_not_be_used_is_told_at_once() -> None:
    with pytest.raises(MongoUrlInvalid, match="MEETING_DOCUMENTS_URL"):
        async with open_mongo("mongodb://host:notaport/x"):
            pass
