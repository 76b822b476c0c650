"""Backups in a bucket: read back when sent, listed only when whole."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.app.backup.conftest import EVERYBODY, names
from tests.s3 import ACCESS_KEY, SECRET_KEY, S3Server, s3_server

from meeting_system.app.backup import place
from meeting_system.app.backup.make import back_up, last_backup
from meeting_system.app.backup.place import BackupNotFound, PlaceMissing
from meeting_system.app.backup.restore import restore
from meeting_system.app.objects import objects_at
from meeting_system.app.settings import ObjectsSettings, Settings
from meeting_system.kernel.clock import ManualClock
from meeting_system.kernel.errors import AppError, Forbidden, NotFound, Unavailable


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


def with_objects(settings: Settings, **given: str) -> Settings:
    """Return the settings with another part of objects."""
    return settings.model_copy(update={"objects": ObjectsSettings(**given)})  # type: ignore[arg-type]


def keys(server: S3Server, **others: str) -> dict[str, str]:
    return {"endpoint": server.endpoint, "access_key": ACCESS_KEY, "secret_key": SECRET_KEY} | others


async def make_bucket(settings: Settings, name: str) -> None:
    """Make an empty bucket: SeaweedFS does with the first object."""

    async def nothing() -> AsyncIterator[bytes]:
        yield b""

    objects = objects_at(settings, f"s3://{name}")
    await objects.put("first", nothing())
    await objects.delete("first")


async def test_a_backup_in_a_bucket_is_restored(
    filled: Settings, elsewhere: Settings, s3: S3Server, clock: ManualClock
) -> None:
    source = with_objects(filled, **keys(s3, url="s3://first/of-ours"))
    await make_bucket(source, "first")
    made = await back_up(source, None, clock)
    assert made.place.startswith("s3://first/of-ours/backups/meeting-system-")
    assert last_backup(filled.data) == (clock.now(), made.place)
    target = with_objects(elsewhere, **keys(s3))
    with pytest.raises(BackupNotFound, match=made.place.rsplit("/", 1)[1]):
        await restore(target, "s3://first/of-ours/backups", replace=False)
    await restore(target, made.place, replace=False)
    assert elsewhere.database_url is not None
    assert await names(elsewhere.database_url.get_secret_value()) == EVERYBODY


async def test_a_folder_of_objects_does_as_well(
    filled: Settings, elsewhere: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    made = await back_up(filled, f"file://{tmp_path}/objects", clock)
    await restore(elsewhere, made.place, replace=False)
    assert (elsewhere.data / "secrets" / "tokens").read_text() == "secrets/tokens"


async def test_a_backup_that_breaks_off_is_not_listed(
    filled: Settings, s3: S3Server, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = with_objects(filled, **keys(s3))
    await make_bucket(settings, "broken")

    async def disk_fails(_file: object) -> object:
        yield b"a beginning"
        raise OSError("the disk fails")

    monkeypatch.setattr(place, "_chunks", disk_fails)
    with pytest.raises(AppError, match="the disk fails"):
        await back_up(settings, "s3://broken", clock)
    assert await objects_at(settings, "s3://broken").list() == []
    assert last_backup(filled.data) is None


async def test_a_bucket_that_can_not_be_used_is_told_before_the_work(
    filled: Settings, s3: S3Server, clock: ManualClock
) -> None:
    with pytest.raises(Forbidden, match="check the keys"):
        await back_up(with_objects(filled, **keys(s3, secret_key="wrong")), "s3://first", clock)
    with pytest.raises(NotFound, match="make it first"):
        await back_up(with_objects(filled, **keys(s3)), "s3://missing", clock)
    away = with_objects(filled, **keys(s3, endpoint="http://127.0.0.1:1"))
    with pytest.raises(Unavailable, match="away"):
        await back_up(away, "s3://first", clock)
    with pytest.raises(PlaceMissing, match="MEETING_OBJECTS__URL"):
        await back_up(filled, None, clock)
    with pytest.raises(BackupNotFound, match="No such file"):
        await restore(filled, "/nowhere/x.backup", replace=True)
