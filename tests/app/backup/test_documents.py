"""Documents survive the loss of everything, and move from one kind of server to the other by a backup."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.mongo import AWAY, LEAVES_SOCKETS, MongoServer, mongo_server

from meeting_system.app.backup.make import back_up
from meeting_system.app.backup.restore import TargetNotEmpty, restore
from meeting_system.app.documents import check_documents, open_configured_documents
from meeting_system.app.finding import Level
from meeting_system.app.settings import Settings
from meeting_system.kernel.clock import ManualClock
from meeting_system.kernel.errors import Unavailable
from meeting_system.kernel.ports import Collection, Document
from meeting_system.kit.sql import open_database

from .conftest import EVERYBODY, names

LINES = Collection("transcript_lines", indexed=("meeting_id",))
CONTENT = {"meeting_id": "m1", "text": "你好", "words": [{"at": 0.5, "is": "你好"}]}


@pytest.fixture(scope="module")
def mongo() -> Iterator[MongoServer]:
    with mongo_server() as server:
        yield server


def kept_in(settings: Settings, kind: str, mongo: MongoServer) -> Settings:
    url = SecretStr(mongo.url) if kind == "mongodb" else None
    return settings.model_copy(update={"documents_url": url})


async def write(settings: Settings, count: int) -> None:
    """Replace all documents by `count` of them."""
    assert settings.database_url is not None
    async with (
        open_database(settings.database_url.get_secret_value(), pool_size=2) as database,
        open_configured_documents(settings, database) as documents,
    ):
        await documents.delete_where(LINES, {"meeting_id": "m1"})
        for number in range(count):
            await documents.put(LINES, f"line-{number}", CONTENT | {"n": number})


async def read(settings: Settings) -> list[Document]:
    assert settings.database_url is not None
    async with (
        open_database(settings.database_url.get_secret_value(), pool_size=2) as database,
        open_configured_documents(settings, database) as documents,
    ):
        return await documents.find(LINES, {"meeting_id": "m1"})


@pytest.mark.parametrize("later", ["postgresql", "mongodb"])
@pytest.mark.parametrize("before", ["postgresql", "mongodb"])
async def test_documents_that_were_backed_up_are_there_after_everything_was_lost(
    filled: Settings,
    elsewhere: Settings,
    tmp_path: Path,
    clock: ManualClock,
    mongo: MongoServer,
    before: str,
    later: str,
) -> None:
    source, target = kept_in(filled, before, mongo), kept_in(elsewhere, later, mongo)
    await write(source, 3)
    made = await back_up(source, str(tmp_path), clock)
    assert made.manifest.documents == ({"transcript_lines": 3} if before == "mongodb" else None)
    await write(source, 0)
    await restore(target, made.place, replace=False)
    assert await read(target) == [Document(f"line-{n}", 1, CONTENT | {"n": n}) for n in range(3)]
    assert target.database_url is not None
    assert await names(target.database_url.get_secret_value()) == EVERYBODY


async def test_documents_in_mongodb_are_replaced_only_when_told(
    filled: Settings, elsewhere: Settings, tmp_path: Path, clock: ManualClock, mongo: MongoServer
) -> None:
    source, target = kept_in(filled, "mongodb", mongo), kept_in(elsewhere, "mongodb", mongo)
    await write(source, 3)
    made = await back_up(source, str(tmp_path), clock)
    await write(source, 1)
    with pytest.raises(TargetNotEmpty, match=r"MongoDB \(1 documents\)"):
        await restore(target, made.place, replace=False)
    assert len(await read(source)) == 1
    await restore(target, made.place, replace=True)
    assert len(await read(target)) == 3


@LEAVES_SOCKETS
async def test_without_the_mongodb_nothing_is_backed_up_and_nothing_restored(
    filled: Settings, elsewhere: Settings, tmp_path: Path, clock: ManualClock
) -> None:
    made = await back_up(filled, str(tmp_path), clock)
    away = SecretStr(AWAY)
    with pytest.raises(Unavailable, match="MongoDB is away"):
        await back_up(filled.model_copy(update={"documents_url": away}), str(tmp_path / "other"), clock)
    assert not (tmp_path / "other").exists()
    with pytest.raises(Unavailable, match="MongoDB is away"):
        await restore(elsewhere.model_copy(update={"documents_url": away}), made.place, replace=True)
    assert not (elsewhere.data / "secrets").exists()
    gc.collect()


@LEAVES_SOCKETS
async def test_doctor_tells_whether_the_mongodb_answers(mongo: MongoServer) -> None:
    assert await check_documents(Settings()) == []
    (found,) = await check_documents(kept_in(Settings(), "mongodb", mongo))
    assert (found.level, found.seen.en.split()[0]) == (Level.GOOD, "MongoDB")
    away = Settings(documents_url=SecretStr(AWAY))
    (found,) = await check_documents(away)
    assert found.level is Level.BAD
    assert "MEETING_DOCUMENTS_URL" in found.seen.zh
    gc.collect()
