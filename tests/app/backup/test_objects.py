"""Pictures and files of the chat in backups: from a folder or a bucket, to a folder or a bucket."""

from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import pytest
from tests.s3 import ACCESS_KEY, SECRET_KEY, S3Server, s3_server

from meeting_system.app.backup import archive
from meeting_system.app.backup.make import back_up
from meeting_system.app.backup.restore import restore
from meeting_system.app.objects import configured_objects
from meeting_system.app.settings import ObjectsSettings, Settings
from meeting_system.kernel.clock import ManualClock
from meeting_system.kernel.errors import Unavailable
from meeting_system.kernel.ids import new_id
from meeting_system.kernel.ports import Objects

_numbers = count(1)


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


def kept_in(settings: Settings, kind: str, s3: S3Server, folder: Path) -> Settings:
    """Return the settings with another place for objects, an empty one."""
    number = next(_numbers)
    given: dict[str, str] = {}
    if kind == "folder":
        given = {"url": (folder / f"objects-{number}").as_uri()}
    if kind == "bucket":
        given = {
            "url": f"s3://kept/ours-{number}",
            "endpoint": s3.endpoint,
            "access_key": ACCESS_KEY,
            "secret_key": SECRET_KEY,
        }
    return settings.model_copy(update={"objects": ObjectsSettings(**given)})  # type: ignore[arg-type]


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


def some_objects() -> dict[str, bytes]:
    """Return what is kept: keys as the services make them, an empty one, one of two parts."""
    account_id, meeting_id, file_id = (new_id(0) for _ in range(3))
    return {
        f"avatars/{account_id}/{file_id}": b"picture",
        f"meetings/{meeting_id}/files/{file_id}/content": bytes(range(256)) * (70 << 10),
        f"meetings/{meeting_id}/files/{file_id}/preview": b"",
    }


async def read_all(objects: Objects) -> dict[str, bytes]:
    return {
        each.key: b"".join([piece async for piece in objects.get(each.key)]) for each in await objects.list()
    }


@pytest.mark.parametrize(
    ("source", "target"), [("own", "own"), ("own", "bucket"), ("bucket", "folder"), ("folder", "own")]
)
async def test_objects_are_there_after_everything_was_lost(  # fixtures
    filled: Settings,
    elsewhere: Settings,
    clock: ManualClock,
    s3: S3Server,
    tmp_path: Path,
    source: str,
    target: str,
) -> None:
    settings, wanted = kept_in(filled, source, s3, tmp_path), some_objects()
    for key, content in wanted.items():
        await configured_objects(settings).put(key, pieces(content))
    made = await back_up(settings, str(tmp_path / "whole.backup"), clock)
    assert {member.name for member in made.manifest.members if member.name.startswith(archive.OBJECTS)} == {
        f"{archive.OBJECTS}{key}" for key in wanted
    }
    restored = kept_in(elsewhere, target, s3, tmp_path)
    await restore(restored, made.place, replace=False)
    assert await read_all(configured_objects(restored)) == wanted


async def test_a_backup_beside_the_objects_is_not_in_the_next_one(
    filled: Settings, clock: ManualClock, s3: S3Server, tmp_path: Path
) -> None:
    settings = kept_in(filled, "bucket", s3, tmp_path)
    await configured_objects(settings).put("avatars/one", pieces(b"picture"))
    await back_up(settings, None, clock)
    await back_up(settings, settings.objects.url, clock)
    clock.advance(1)
    made = await back_up(settings, None, clock)
    kept = [member.name for member in made.manifest.members if member.name.startswith(archive.OBJECTS)]
    assert kept == [f"{archive.OBJECTS}avatars/one"]


async def test_where_objects_can_not_be_written_the_database_stays_empty(
    filled: Settings, elsewhere: Settings, clock: ManualClock, s3: S3Server, tmp_path: Path
) -> None:
    await configured_objects(filled).put("avatars/one", pieces(b"picture"))
    made = await back_up(filled, str(tmp_path / "whole.backup"), clock)
    away = kept_in(elsewhere, "bucket", s3, tmp_path)
    objects = away.objects.model_copy(update={"endpoint": "http://127.0.0.1:1"})
    with pytest.raises(Unavailable):
        await restore(away.model_copy(update={"objects": objects}), made.place, replace=False)
    await restore(elsewhere, made.place, replace=False)  # not refused: nothing is there
