"""Each contract of `.importlinter` catches what it forbids: shown by breaking it in a copy of the package."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from .repository import ROOT


@dataclass(frozen=True)
class Violation:
    """An import that a contract must refuse, the file it is written in, and how the report names it."""

    contract: str
    file: str
    statement: str
    report: str


VIOLATIONS = [
    Violation(
        "cli > app > services and adapters > kit > contracts > kernel",
        "user/errors.py",
        "import meeting_system.meeting",
        "meeting_system.user.errors -> meeting_system.meeting",
    ),
    Violation(
        "Drivers are imported by adapters only",
        "kit/tokens.py",
        "import meeting_sfu",
        "meeting_system.kit.tokens -> meeting_sfu",
    ),
    Violation(
        "FastAPI and Starlette are imported by routes, gateway, kit and app only",
        "media/service.py",
        "import fastapi",
        "meeting_system.media.service -> fastapi",
    ),
    Violation(
        "kernel and contracts do no input or output",
        "kernel/ids.py",
        "import sqlalchemy",
        "meeting_system.kernel.ids -> sqlalchemy",
    ),
    Violation(
        "Inside user",
        "user/rules.py",
        "import meeting_system.user.repository",
        "meeting_system.user.rules -> meeting_system.user.repository",
    ),
    Violation(
        "Inside meeting",
        "meeting/chat.py",
        "import meeting_system.meeting.join",
        "meeting_system.meeting.chat -> meeting_system.meeting.join",
    ),
    Violation(
        "Inside signaling",
        "signaling/jobs.py",
        "import meeting_system.signaling.gateway",
        "meeting_system.signaling.jobs -> meeting_system.signaling.gateway",
    ),
    Violation(
        "Inside media",
        "media/sdp.py",
        "import meeting_system.media.wiring",
        "meeting_system.media.sdp -> meeting_system.media.wiring",
    ),
    Violation(
        "Inside webhook",
        "webhook/rules.py",
        "import meeting_system.webhook.repository",
        "meeting_system.webhook.rules -> meeting_system.webhook.repository",
    ),
    Violation(
        "Inside bigbluebutton",
        "bigbluebutton/checksum.py",
        "import meeting_system.bigbluebutton.calls",
        "meeting_system.bigbluebutton.checksum -> meeting_system.bigbluebutton.calls",
    ),
]


def lint(folder: Path) -> str:
    """Run the import rules over the package in `folder/src` and return the report."""
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache", "--config", folder / ".importlinter"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder / "src"), "COLUMNS": "400", "NO_COLOR": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the report on a copy of the package that breaks every contract once."""
    folder = tmp_path_factory.mktemp("broken")
    package = folder / "src" / "meeting_system"
    shutil.copytree(ROOT / "src" / "meeting_system", package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", folder)
    (package / "gossip").mkdir()
    (package / "gossip" / "__init__.py").touch()
    (package / "meeting" / "rumours.py").touch()
    for violation in VIOLATIONS:
        with (package / violation.file).open("a", encoding="utf-8") as file:
            file.write(f"\n{violation.statement}\n")
    return lint(folder)


@pytest.mark.parametrize("violation", VIOLATIONS, ids=lambda violation: violation.report)
def test_a_contract_refuses_the_import_that_breaks_it(report: str, violation: Violation) -> None:
    assert f"{violation.contract} BROKEN" in report
    assert violation.report in report


def test_a_new_folder_or_file_must_be_placed_in_the_layers(report: str) -> None:
    assert "meeting_system.gossip" in report
    assert "meeting_system.meeting.rumours" in report


def test_every_contract_is_proved_here() -> None:
    lines = (ROOT / ".importlinter").read_text(encoding="utf-8").splitlines()
    names = {line.removeprefix("name = ") for line in lines if line.startswith("name = ")}
    assert names == {violation.contract for violation in VIOLATIONS}
