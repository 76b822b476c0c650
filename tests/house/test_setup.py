"""`make setup` does each part once, and again when its inputs change or what it made is gone."""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


@dataclass
class Workshop:
    """A checkout with one part, which counts how often it is made."""

    script: ModuleType
    root: Path
    made: list[str] = field(default_factory=list)

    @property
    def source(self) -> Path:
        return self.root / "sources" / "a.txt"

    @property
    def product(self) -> Path:
        return self.root / "product"

    def make(self) -> None:
        self.made.append(self.source.read_text())
        self.product.touch()

    def prepare(self) -> None:
        part: Any = self.script.Part(
            "part", "a part", (self.root / "sources",), self.product.exists, self.make
        )
        self.script.prepare(part, sys.stdout)


@pytest.fixture
def workshop(setup_script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    monkeypatch.setattr(setup_script, "ROOT", tmp_path)
    monkeypatch.setattr(setup_script, "STATE", tmp_path)
    workshop = Workshop(setup_script, tmp_path)
    workshop.source.parent.mkdir()
    workshop.source.write_text("one")
    return workshop


def test_a_part_is_made_once(workshop: Workshop) -> None:
    workshop.prepare()
    workshop.prepare()
    assert workshop.made == ["one"]


def test_a_changed_input_makes_the_part_again(workshop: Workshop) -> None:
    workshop.prepare()
    workshop.source.write_text("two")
    workshop.prepare()
    assert workshop.made == ["one", "two"]


def test_a_new_file_makes_the_part_again(workshop: Workshop) -> None:
    workshop.prepare()
    (workshop.source.parent / "b.txt").touch()
    workshop.prepare()
    assert len(workshop.made) == 2


def test_a_touched_file_with_the_same_content_does_not(workshop: Workshop) -> None:
    workshop.prepare()
    workshop.source.touch()
    workshop.prepare()
    assert workshop.made == ["one"]


def test_what_was_deleted_is_made_again(workshop: Workshop) -> None:
    workshop.prepare()
    workshop.product.unlink()
    workshop.prepare()
    assert workshop.made == ["one", "one"]


def test_what_is_built_beside_its_sources_is_no_input(workshop: Workshop) -> None:
    workshop.prepare()
    (workshop.source.parent / "dist").mkdir()
    (workshop.source.parent / "dist" / "built.js").touch()
    workshop.prepare()
    assert workshop.made == ["one"]


def test_a_part_that_fails_is_tried_again(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise workshop.script.SetupFailed("no")

    with monkeypatch.context() as patch:
        patch.setattr(workshop, "make", fail)
        with pytest.raises(workshop.script.SetupFailed):
            workshop.prepare()
    workshop.prepare()
    assert workshop.made == ["one"]


@dataclass
class Parts:
    """Parts of a checkout that only note when they are made; `broken` ones fail."""

    script: ModuleType
    root: Path
    broken: frozenset[str] = frozenset()
    made: list[str] = field(default_factory=list)

    def part(self, name: str) -> Any:
        def make() -> None:
            if name in self.broken:
                raise self.script.SetupFailed(f"{name} is broken")
            self.made.append(name)

        return self.script.Part(name, name, (), lambda: False, make)


@pytest.fixture
def all_parts(setup_script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Parts:
    parts = Parts(setup_script, tmp_path)
    monkeypatch.setattr(setup_script, "STATE", tmp_path)
    monkeypatch.setattr(setup_script, "python_parts", lambda: [parts.part("python")])
    monkeypatch.setattr(setup_script, "engine_part", lambda: parts.part("engine"))
    monkeypatch.setattr(setup_script, "web_parts", lambda: [parts.part("npm"), parts.part("web")])
    return parts


def test_python_comes_first_and_the_web_client_is_told_after_the_engine(
    all_parts: Parts, capsys: pytest.CaptureFixture[str]
) -> None:
    all_parts.script.prepare_all()
    assert all_parts.made[0] == "python"
    assert sorted(all_parts.made) == ["engine", "npm", "python", "web"]
    told = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert told == ["python", "engine", "npm", "web"]


@pytest.mark.parametrize("broken", ["engine", "npm"])
def test_what_fails_beside_another_part_fails_the_whole(all_parts: Parts, broken: str) -> None:
    all_parts.broken = frozenset({broken})
    with pytest.raises(all_parts.script.SetupFailed, match=f"{broken} is broken"):
        all_parts.script.prepare_all()
    assert ("web" in all_parts.made) == (broken == "engine")


def test_a_command_that_fails_shows_what_it_printed(workshop: Workshop) -> None:
    with pytest.raises(workshop.script.SetupFailed, match="on fire"):
        workshop.script.must("part", "sh", "-c", "echo on fire; exit 3")


def test_the_locked_uv_comes_with_its_hashes(setup_script: ModuleType) -> None:
    root = Path(__file__).resolve().parents[2]
    found = setup_script.locked((root / "requirements.lock").read_text(encoding="utf-8"), "uv")
    assert found.startswith("uv==")
    assert "--hash=sha256:" in found
    assert "uvicorn" not in found
