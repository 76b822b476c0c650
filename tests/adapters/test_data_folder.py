"""A restored data folder takes the place of the present one, whenever it is killed: the old or the new."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from meeting_system.adapters import data_folder


class Killed(BaseException):
    """Nothing runs after it: no handler of ours catches it."""


def write(folder: Path, content: str) -> None:
    for name in ("secrets/tokens", "postgres/PG_VERSION"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)


def read(folder: Path) -> list[str]:
    return [(folder / name).read_text() for name in ("secrets/tokens", "postgres/PG_VERSION")]


def prepare(data: Path) -> None:
    """Present data, and a restored folder that is whole but not yet in its place."""
    data.mkdir()
    write(data, "old")
    (data / "valkey").mkdir()
    (data / "valkey" / "appendonly.aof").write_text("old")
    (data / "lock").touch()
    write(data_folder.begin(data), "new")


class Steps:
    """Counts what changes the disk, and kills at one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, die_at: int | None) -> None:
        self.taken = 0
        self._die_at = die_at
        for name in ("rename", "open", "mkdir"):
            monkeypatch.setattr(Path, name, self._counted(getattr(Path, name)))
        monkeypatch.setattr(data_folder, "sync_folder", self._counted(data_folder.sync_folder))
        monkeypatch.setattr(data_folder.shutil, "rmtree", self._counted(data_folder.shutil.rmtree))

    def _counted(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **named: Any) -> Any:
            if self.taken == self._die_at:
                raise Killed
            self.taken += 1
            return original(*arguments, **named)

        return wrapped


def test_a_kill_at_any_step_leaves_the_old_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(tmp_path / "whole")
    with monkeypatch.context() as patch:
        steps = Steps(patch, None)
        data_folder.commit(tmp_path / "whole")
    assert steps.taken > 10
    for step in range(steps.taken):
        data = tmp_path / f"killed-{step}"
        prepare(data)
        with monkeypatch.context() as patch:
            Steps(patch, step)
            with pytest.raises(Killed):
                data_folder.commit(data)
        data_folder.settle(data)
        check_old_or_new(data)


def check_old_or_new(data: Path) -> None:
    kept = list(data.glob("replaced-*"))
    assert not (data / "restore").exists()
    if read(data) == ["new", "new"]:
        assert [read(each) for each in kept] == [["old", "old"]]
        assert not (data / "valkey").exists()
    else:
        assert read(data) == ["old", "old"]
        assert (data / "valkey").exists()
        assert kept == []


def test_a_folder_in_the_making_is_thrown_away(tmp_path: Path) -> None:
    prepare(tmp_path / "data")
    assert data_folder.settle(tmp_path / "data") is None
    assert read(tmp_path / "data") == ["old", "old"]
    assert not (tmp_path / "data" / "restore").exists()


def test_servers_files_and_backups_are_not_copied(tmp_path: Path) -> None:
    names = ("secrets/tokens", "cluster/secrets/tokens", "tls/server.crt")
    others = ("postgres/base", "cluster/postgresql/base", "x.backup", "run/a", "replaced-1/secrets/tokens")
    others += ("cluster/settings.env", "cluster/processes.json")
    for name in (*names, *others, "last-backup.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "link").symlink_to(tmp_path / "tls" / "server.crt")
    (tmp_path / "tls" / "round").symlink_to(tmp_path)
    names = (*names, "link")
    assert sorted(str(path) for path in data_folder.durable_files(tmp_path)) == sorted(names)


def test_a_folder_without_anything_durable_is_empty(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "lock").touch()
    (tmp_path / "valkey").mkdir()
    (tmp_path / "last-backup.json").touch()
    assert data_folder.is_empty(tmp_path)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "tokens").touch()
    assert not data_folder.is_empty(tmp_path)
