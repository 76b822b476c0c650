"""A backup is whole or is not there; a restore brings everything or changes nothing."""

import asyncio
import json
import random
import stat
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from meeting_system.adapters import postgres_dump
from meeting_system.adapters.data_folder import begin
from meeting_system.adapters.embedded import DataFolderInUse, Servers, locked, open_servers
from meeting_system.adapters.embedded_process import ServerNotStarted
from meeting_system.adapters.postgres_dump import DumpFailed, connected
from meeting_system.adapters.redis_store import RedisStore
from meeting_system.app.backup import archive
from meeting_system.app.backup.archive import BackupDamaged
from meeting_system.app.backup.make import back_up, last_backup
from meeting_system.app.backup.place import BackupExists, NotWritten
from meeting_system.app.backup.restore import BackupTooNew, SystemRuns, TargetNotEmpty, restore
from meeting_system.app.backup.target import NothingToBackUp
from meeting_system.app.settings import Settings
from meeting_system.kernel.clock import ManualClock
from meeting_system.kernel.errors import Unavailable
from meeting_system.kit.migrations import SCHEMAS, migrate, newest_revision
from meeting_system.kit.sql import Database, open_database

from .conftest import EVERYBODY, fill, names, settings_of
from .postgres15 import postgres_15

INSERT = text("INSERT INTO users.audit (at, action, detail) VALUES (now(), :action, '{}')")


def url_of(settings: Settings) -> str:
    assert settings.database_url is not None
    return settings.database_url.get_secret_value()


async def change(settings: Settings, word: str) -> None:
    """Write `word` over a key and over everybody's name."""
    (settings.data / "secrets" / "tokens").write_text(word)
    async with open_database(url_of(settings), pool_size=2) as database, database.transaction() as connection:
        await connection.execute(text("UPDATE users.accounts SET display_name = :word"), {"word": word})


def files_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir() if file.is_file())


def check(path: Path) -> archive.Manifest:
    with path.open("rb") as file:
        return archive.check(file, str(path))


async def test_what_was_backed_up_is_there_elsewhere(
    filled: Settings, elsewhere: Settings, tmp_path: Path, clock: ManualClock
) -> None:
    made = await back_up(filled, str(tmp_path), clock)
    assert made.manifest.tables["users.accounts"] == len(EVERYBODY)
    done = await restore(elsewhere, made.place, replace=False)
    assert done.replaced is None
    assert await names(url_of(elsewhere)) == EVERYBODY
    for name in ("secrets/tokens", "tls/authority.key"):
        file = elsewhere.data / name
        assert file.read_text() == name
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not (elsewhere.data / "valkey").exists()


async def test_a_backup_is_one_moment_while_others_write(
    filled: Settings, elsewhere: Settings, tmp_path: Path, clock: ManualClock
) -> None:
    pairs = 0

    async def write_pairs() -> None:
        nonlocal pairs
        async with open_database(url_of(filled), pool_size=2) as database:
            while True:
                async with database.transaction() as connection:
                    for half in ("one", "other"):
                        await connection.execute(INSERT, {"action": half})
                pairs += 1

    writing = asyncio.create_task(write_pairs())
    async with asyncio.timeout(30):
        while pairs < 10:  # noqa: ASYNC110  # somebody writes before, during and after
            await asyncio.sleep(0.01)
        before = pairs
        made = await back_up(filled, str(tmp_path), clock)
        assert pairs > before
    writing.cancel()
    await asyncio.wait([writing])
    await restore(elsewhere, made.place, replace=False)
    assert made.manifest.tables["users.audit"] % 2 == 0
    assert made.manifest.tables["users.audit"] >= 2 * before


async def test_only_its_owner_reads_a_backup_and_it_says_what_is_in_it(
    filled: Settings, tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEETING_PUBLIC", "meet.example.org")
    monkeypatch.setenv("MEETING_TOKENS__SECRET", "not-for-the-file")
    made = await back_up(filled, str(tmp_path / "one.backup"), clock)
    file = tmp_path / "one.backup"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with tarfile.open(file) as tar:
        *members, last = tar.getnames()
    assert members == ["data/secrets/tokens", "data/tls/authority.key", "database.dump"]
    assert last == "manifest.json"
    manifest = check(file)
    assert manifest == made.manifest
    assert manifest.revision == newest_revision()
    assert manifest.configuration["MEETING_PUBLIC"] == "meet.example.org"
    assert b"not-for-the-file" not in file.read_bytes()
    assert last_backup(filled.data) == (clock.now(), str(file))
    assert files_in(tmp_path) == ["one.backup"]


async def test_a_name_that_is_taken_is_not_overwritten(
    filled: Settings, tmp_path: Path, clock: ManualClock
) -> None:
    file = tmp_path / "mine"
    file.write_text("precious")
    with pytest.raises(BackupExists, match="choose another name"):
        await back_up(filled, str(file), clock)
    assert file.read_text() == "precious"


async def test_a_damaged_backup_is_refused_wherever_it_is_damaged(
    filled: Settings, elsewhere: Settings, tmp_path: Path, clock: ManualClock
) -> None:
    file = tmp_path / "whole.backup"
    await back_up(filled, str(file), clock)
    whole, chance = file.read_bytes(), random.Random(7)
    broken = tmp_path / "broken.backup"
    end = whole.rindex(b"}") + 1
    for _ in range(60):
        cut = chance.randrange(end)
        broken.write_bytes(whole[:cut])
        with pytest.raises(BackupDamaged):
            check(broken)
    for member in check(file).members:
        at = whole.index(member.name.encode()) + 512 + chance.randrange(member.size)
        broken.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(BackupDamaged, match=member.name):
            check(broken)
    with pytest.raises(BackupDamaged):
        await restore(elsewhere, str(broken), replace=False)
    assert not elsewhere.data.exists()


@pytest.mark.parametrize("name", ["../outside", "data/../../outside", "/etc/passwd", "other"])
def test_a_backup_can_not_write_outside_its_folder(tmp_path: Path, name: str) -> None:
    file = tmp_path / "evil.backup"
    with tarfile.open(file, "w") as tar:
        tar.addfile(tarfile.TarInfo(name))
    with pytest.raises(BackupDamaged):
        check(file)


async def test_a_backup_of_a_newer_schema_is_refused(
    filled: Settings, elsewhere: Settings, tmp_path: Path, clock: ManualClock
) -> None:
    file = tmp_path / "newer.backup"
    async with open_database(url_of(filled), pool_size=2) as database, database.transaction() as connection:
        await connection.execute(text("UPDATE kit.migration SET version_num = '9999_future'"))
    await back_up(filled, str(file), clock)
    with pytest.raises(BackupTooNew, match="upgrade meeting-system first"):
        await restore(elsewhere, str(file), replace=False)


async def test_data_is_replaced_only_when_told_and_is_kept_aside(
    filled: Settings, tmp_path: Path, clock: ManualClock
) -> None:
    file = tmp_path / "earlier.backup"
    await back_up(filled, str(file), clock)
    await change(filled, "later")
    with pytest.raises(TargetNotEmpty, match="--replace"):
        await restore(filled, str(file), replace=False)
    assert set(await names(url_of(filled))) == {"later"}
    done = await restore(filled, str(file), replace=True)
    assert await names(url_of(filled)) == EVERYBODY
    assert (filled.data / "secrets" / "tokens").read_text() == "secrets/tokens"
    assert done.replaced is not None
    assert (done.replaced / "secrets" / "tokens").read_text() == "later"
    # What lies aside is no part of the next backup.
    later = await back_up(filled, str(tmp_path / "later.backup"), clock)
    assert [member.name for member in later.manifest.members] == [
        member.name for member in done.manifest.members
    ]


async def test_a_running_system_is_not_restored_over(
    filled: Settings, tmp_path: Path, clock: ManualClock, database: Database
) -> None:
    file = tmp_path / "one.backup"
    await back_up(filled, str(file), clock)
    await database.check()
    with pytest.raises(SystemRuns, match="stop every process"):
        await restore(filled, str(file), replace=True)


async def test_a_dump_that_does_not_load_changes_nothing(
    filled: Settings, tmp_path: Path, clock: ManualClock
) -> None:
    file = tmp_path / "one.backup"
    await back_up(filled, str(file), clock)
    await change(filled, "present")
    with corrupted(file) as broken, pytest.raises(DumpFailed, match="pg_restore"):
        await restore(filled, str(broken), replace=True)
    assert set(await names(url_of(filled))) == {"present"}
    assert (filled.data / "secrets" / "tokens").read_text() == "present"
    assert not (filled.data / "restore").exists()


@contextmanager
def corrupted(file: Path) -> Iterator[Path]:
    """Give a backup whose manifest agrees with a dump that pg_restore can't read to its end."""
    manifest = check(file)
    broken = file.with_name("broken.backup")
    with tarfile.open(file) as tar, broken.open("w+b") as target:
        writer = archive.Writer(target)
        for member in manifest.members:
            content = tar.extractfile(member.name)
            assert content is not None
            whole = content.read()
            kept = whole[: len(whole) * 9 // 10] if member.name == archive.DATABASE else whole
            writer.add(member.name, [kept])
        writer.finish(manifest.model_copy(update={"members": tuple(writer.members)}))
    yield broken
    broken.unlink()


async def test_nothing_to_back_up_is_told(tmp_path: Path, elsewhere: Settings, clock: ManualClock) -> None:
    with pytest.raises(NothingToBackUp, match="MEETING_DATA"):
        await back_up(settings_of(data=tmp_path / "nowhere"), str(tmp_path), clock)
    with pytest.raises(NothingToBackUp, match="never started"):
        await back_up(elsewhere, str(tmp_path), clock)
    away = settings_of(data=tmp_path, database_url="postgresql://127.0.0.1:1/x")
    with pytest.raises(Unavailable):
        await back_up(away, str(tmp_path), clock)
    assert files_in(tmp_path) == []


async def test_a_database_that_breaks_off_leaves_no_half_backup(
    filled: Settings, tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = url_of(filled)

    def end_sessions(*_: object) -> Iterator[bytes]:
        yield b"a beginning"
        asyncio.run(end_every_session(url))
        yield b"and more"

    monkeypatch.setattr(postgres_dump, "dump", end_sessions)
    with pytest.raises(Unavailable, match="broke off"):
        await back_up(filled, str(tmp_path), clock)
    assert files_in(tmp_path) == []


async def end_every_session(url: str) -> None:
    async with connected(url) as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def test_a_full_disk_leaves_no_half_backup(
    filled: Settings, tmp_path: Path, clock: ManualClock
) -> None:
    with small_disk(tmp_path / "small", size="16k") as folder:
        with pytest.raises(NotWritten, match="No space left"):
            await back_up(filled, str(folder), clock)
        assert list(folder.iterdir()) == []


@contextmanager
def small_disk(folder: Path, *, size: str) -> Iterator[Path]:
    """Give a folder with little room."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", str(folder)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"a small disk needs the right to mount: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


async def test_what_a_killed_backup_left_is_removed_by_the_next(
    filled: Settings, tmp_path: Path, clock: ManualClock
) -> None:
    left = tmp_path / ".meeting-system-20200101T000000Z.backup.1234.partial"
    left.write_bytes(b"half")
    await back_up(filled, str(tmp_path), clock)
    assert not left.exists()


async def test_a_backup_moves_between_postgresql_15_and_18(
    servers: Servers, elsewhere: Settings, tmp_path: Path, clock: ManualClock
) -> None:
    assert servers.database_url
    async with postgres_15(tmp_path / "older") as url:
        older = settings_of(data=tmp_path / "older-data", database_url=url)
        async with open_database(url, pool_size=2) as database:
            await migrate(database)
        await fill(url)
        up = await back_up(older, str(tmp_path / "from-15.backup"), clock)
        assert up.manifest.postgresql.startswith("15.")
        await restore(elsewhere, up.place, replace=False)
        assert await names(url_of(elsewhere)) == EVERYBODY
        down = await back_up(elsewhere, str(tmp_path / "from-18.backup"), clock)
        assert down.manifest.postgresql.startswith("18.")
        await restore(older, down.place, replace=True)
        assert await names(url) == EVERYBODY


async def test_every_schema_is_backed_up(database: Database) -> None:
    async with database.reading() as connection:
        rows = await connection.execute(
            text("SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema|public)'")
        )
        assert sorted(row[0] for row in rows) == sorted(SCHEMAS)


def test_the_time_of_the_last_backup_is_known_only_when_it_can_be_read(tmp_path: Path) -> None:
    assert last_backup(tmp_path) is None
    (tmp_path / "last-backup.json").write_text("{")
    assert last_backup(tmp_path) is None
    (tmp_path / "last-backup.json").write_text(
        json.dumps({"made_at": "2026-01-01T00:00:00+00:00", "place": "/x"})
    )
    assert last_backup(tmp_path) == (datetime(2026, 1, 1, tzinfo=UTC), "/x")


async def test_a_disk_that_fills_while_restoring_leaves_what_was_there(
    filled: Settings, tmp_path: Path, clock: ManualClock
) -> None:
    made = await back_up(filled, str(tmp_path), clock)
    with small_disk(tmp_path / "small", size="24m") as folder:
        (folder / "secrets").mkdir()
        (folder / "secrets" / "tokens").write_text("present")
        with pytest.raises(ServerNotStarted, match="No space left"):
            await restore(settings_of(data=folder), made.place, replace=True)
        assert (folder / "secrets" / "tokens").read_text() == "present"
        assert not (folder / "restore").exists()


async def test_rooms_of_a_later_moment_are_forgotten_in_an_outside_store(
    filled: Settings, elsewhere: Settings, servers: Servers, store: RedisStore, clock: ManualClock
) -> None:
    await store.set("sg:run:meta", b"later")
    await store.set("limit:login:x", b"1")
    made = await back_up(filled, str(filled.data.parent), clock)
    outside = elsewhere.model_copy(update={"redis_url": SecretStr(servers.redis_url)})
    await restore(outside, made.place, replace=False)
    assert await store.get("sg:run:meta") is None
    assert await store.get("limit:login:x") == b"1"


async def test_a_restore_that_was_killed_is_settled_before_outside_servers_are_used(
    filled: Settings, servers: Servers
) -> None:
    new = begin(filled.data)
    (new / "half").touch()
    async with open_servers(filled.data, database_url=url_of(filled), redis_url=servers.redis_url) as found:
        assert found.supervisors == {}
    assert not (filled.data / "restore").exists()
    begin(filled.data)
    with locked(filled.data), pytest.raises(DataFolderInUse):
        async with open_servers(filled.data, database_url=url_of(filled), redis_url=servers.redis_url):
            pass
