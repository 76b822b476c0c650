"""doctor reminds of what an installation needs from time to time."""

from datetime import timedelta
from pathlib import Path

import pytest

from meeting_system.adapters.tls import ensure_certificate
from meeting_system.app import upkeep
from meeting_system.app.backup.make import remember
from meeting_system.app.finding import Finding, Level
from meeting_system.app.settings import Settings
from meeting_system.kernel.clock import ManualClock
from meeting_system.kit.migrations import newest_revision


def settings_of(data: Path, **given: object) -> Settings:
    return Settings(data=data, **given)  # type: ignore[arg-type]


def about(findings: list[Finding], subject: object) -> list[Level]:
    return [finding.level for finding in findings if finding.subject == subject]


def started(data: Path) -> Path:
    """Make a data folder in which there is something to lose."""
    (data / "postgres").mkdir(parents=True)
    (data / "postgres" / "PG_VERSION").write_text("18")
    return data


def test_before_the_first_start_nothing_is_missed(tmp_path: Path, clock: ManualClock) -> None:
    assert upkeep.check_upkeep(settings_of(tmp_path), clock.now()) == []


@pytest.mark.parametrize(("days", "level"), [(0, Level.GOOD), (6, Level.GOOD), (7, Level.WARNING)])
def test_an_old_backup_is_told(tmp_path: Path, clock: ManualClock, days: int, level: Level) -> None:
    settings = settings_of(started(tmp_path))
    assert about(upkeep.check_upkeep(settings, clock.now()), upkeep.BACKUP) == [Level.WARNING]
    remember(tmp_path, "/srv/backups/one", clock.now() - timedelta(days=days))
    (finding,) = upkeep.check_upkeep(settings, clock.now())
    assert finding.level is level
    assert "/srv/backups/one" in finding.seen.zh


@pytest.mark.parametrize(("days", "level"), [(0, Level.GOOD), (390, Level.WARNING), (500, Level.BAD)])
def test_a_certificate_that_ends_is_told(tmp_path: Path, clock: ManualClock, days: int, level: Level) -> None:
    ensure_certificate(tmp_path / "tls", ["meet.example.org"], clock.now())
    settings = settings_of(tmp_path, public="meet.example.org")
    found = upkeep.check_upkeep(settings, clock.now() + timedelta(days=days))
    assert about(found, upkeep.CERTIFICATE) == [level]


def test_a_certificate_that_can_not_be_read_is_told(tmp_path: Path, clock: ManualClock) -> None:
    (tmp_path / "tls").mkdir()
    (tmp_path / "tls" / "server.crt").write_text("no certificate")
    found = upkeep.check_upkeep(settings_of(tmp_path, public="meet.example.org"), clock.now())
    assert about(found, upkeep.CERTIFICATE) == [Level.BAD]


def test_a_restore_that_broke_off_is_told(tmp_path: Path, clock: ManualClock) -> None:
    (tmp_path / "restore").mkdir()
    found = upkeep.check_upkeep(settings_of(tmp_path), clock.now())
    assert about(found, upkeep.RESTORING) == [Level.WARNING]


@pytest.mark.parametrize(
    ("revision", "environment", "level"),
    [
        ("9999_future", "development", Level.BAD),
        (newest_revision(), "production", Level.GOOD),
        ("0001_kit", "development", Level.GOOD),
        ("0001_kit", "production", Level.BAD),
        (None, "production", Level.BAD),
    ],
)
def test_a_schema_that_does_not_fit_is_told(
    tmp_path: Path, revision: str | None, environment: str, level: Level
) -> None:
    finding = upkeep.judge_schema(revision, settings_of(tmp_path, environment=environment))
    assert finding.level is level
    assert finding.seen.zh
