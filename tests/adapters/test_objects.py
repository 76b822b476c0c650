"""Objects: one contract, on a folder and on a real S3 server over the network."""

import asyncio
import hashlib
import os
import signal
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from tests.s3 import ACCESS_KEY, SECRET_KEY, S3Server, s3_server

from meeting_system.adapters.objects import (
    ANSWER_S,
    PART,
    ObjectNotFound,
    ObjectsRefused,
    ObjectsUrlInvalid,
    open_objects,
)
from meeting_system.kernel.errors import Unavailable
from meeting_system.kernel.ports import Listed, Objects


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture(params=["folder", "s3"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    """Empty objects of each kind."""
    if request.param == "folder":
        return open_objects(f"file://{tmp_path}/objects")
    return on_s3(request.getfixturevalue("s3"), f"contract/{tmp_path.name}")


def on_s3(server: S3Server, path: str, secret_key: str = SECRET_KEY) -> Objects:
    return open_objects(
        f"s3://{path}", endpoint=server.endpoint, access_key=ACCESS_KEY, secret_key=secret_key
    )


async def pieces(*content: bytes) -> AsyncIterator[bytes]:
    for piece in content:
        yield piece


async def read(objects: Objects, key: str, **part: int) -> bytes:
    return b"".join([piece async for piece in objects.get(key, **part)])


async def test_what_was_put_is_got_back_with_its_checksum(objects: Objects) -> None:
    stored = await objects.put("a/名字 1", pieces(b"hello ", b"world"))
    assert stored.size == 11
    assert stored.sha256 == hashlib.sha256(b"hello world").hexdigest()
    assert await read(objects, "a/名字 1") == b"hello world"


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [(0, 5, b"hello"), (6, None, b"world"), (6, 100, b"world"), (11, None, b""), (20, 1, b""), (3, 0, b"")],
)
async def test_a_part_is_got_alone(objects: Objects, start: int, length: int | None, expected: bytes) -> None:
    await objects.put("key", pieces(b"hello world"))
    assert b"".join([piece async for piece in objects.get("key", start=start, length=length)]) == expected


async def test_an_object_of_several_parts_is_whole(objects: Objects) -> None:
    content = os.urandom(2 * PART + 12_345)
    stored = await objects.put("large", pieces(content[:PART], content[PART:-1], content[-1:]))
    assert stored.sha256 == hashlib.sha256(content).hexdigest()
    assert hashlib.sha256(await read(objects, "large")).hexdigest() == stored.sha256
    assert await read(objects, "large", start=PART - 2, length=4) == content[PART - 2 : PART + 2]


async def test_an_empty_object_is_one(objects: Objects) -> None:
    assert (await objects.put("empty", pieces())).size == 0
    assert await read(objects, "empty") == b""


async def test_what_is_put_again_is_replaced(objects: Objects) -> None:
    await objects.put("key", pieces(b"first"))
    await objects.put("key", pieces(b"second"))
    assert await read(objects, "key") == b"second"


async def test_objects_are_listed_below_a_prefix(objects: Objects) -> None:
    assert await objects.list() == []
    for key in ("b/2", "b/1", "c", "bb/3"):
        await objects.put(key, pieces(b"12345"))
    assert await objects.list("b") == [Listed("b/1", 5), Listed("b/2", 5)]
    assert [each.key for each in await objects.list()] == ["b/1", "b/2", "bb/3", "c"]


async def test_a_deleted_object_is_gone_and_may_be_deleted_again(objects: Objects) -> None:
    await objects.put("key", pieces(b"x"))
    await objects.delete("key")
    await objects.delete("key")
    with pytest.raises(ObjectNotFound, match="key"):
        await read(objects, "key")
    assert await objects.list() == []


@pytest.mark.parametrize("sent", [0, 10, PART + 10, 3 * PART])
async def test_what_breaks_off_is_never_listed(objects: Objects, sent: int) -> None:
    class Broken(Exception):
        pass

    async def breaking() -> AsyncIterator[bytes]:
        yield bytes(sent)
        raise Broken

    with pytest.raises((Unavailable, Broken)):
        await objects.put("half", breaking())
    assert await objects.list() == []


async def test_wrong_keys_are_told(s3: S3Server) -> None:
    with pytest.raises(ObjectsRefused, match="check the keys"):
        await on_s3(s3, "contract", secret_key="wrong").list()


async def test_a_server_that_is_away_is_told() -> None:
    away = open_objects("s3://bucket", endpoint="http://127.0.0.1:1", access_key="a", secret_key="b")
    calls: list[Callable[[], object]] = [away.list, lambda: away.put("key", pieces(b"x"))]
    for call in calls:
        with pytest.raises(Unavailable, match="s3://bucket"):
            await call()  # type: ignore[misc]


async def test_a_server_that_is_silent_is_told_within_some_seconds(s3: S3Server) -> None:
    objects = on_s3(s3, "silent")
    await objects.put("key", pieces(b"x"))
    s3.process.send_signal(signal.SIGSTOP)
    try:
        asked = [objects.check(), objects.list(), objects.delete("key"), read(objects, "key")]
        async with asyncio.timeout(ANSWER_S + 2):
            answers = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(answer) for answer in answers] == [Unavailable] * 4
    finally:
        s3.process.send_signal(signal.SIGCONT)
    assert await read(objects, "key") == b"x"


async def test_a_store_is_checked(objects: Objects, s3: S3Server) -> None:
    await objects.put("key", pieces(b"x"))
    await objects.check()
    with pytest.raises(ObjectNotFound, match="make it first"):
        await on_s3(s3, "missing").check()
    with pytest.raises(ObjectsRefused):
        await on_s3(s3, "contract", secret_key="wrong").check()


@pytest.mark.parametrize("url", ["", "bucket", "http://x/y", "s3://", "file://host", "file:relative"])
def test_a_url_that_leads_nowhere_is_told(url: str) -> None:
    with pytest.raises(ObjectsUrlInvalid, match="s3://bucket/prefix"):
        open_objects(url)


async def test_others_can_not_read_a_folder_of_objects(tmp_path: Path) -> None:
    await open_objects(f"file://{tmp_path}/objects").put("key", pieces(b"x"))
    assert stat.S_IMODE((tmp_path / "objects").stat().st_mode) == 0o700
