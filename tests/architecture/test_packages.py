"""What comes with a package: every start reads the settings of all services, but loads only those it runs."""

import ast
from pathlib import Path

import pytest

from meeting_system.app.services import SERVICES

from .repository import ROOT

PACKAGES = ROOT / "src" / "meeting_system"


def imported(file: Path) -> list[ast.stmt]:
    tree = ast.parse(file.read_text("utf-8"))
    return [each for each in ast.walk(tree) if isinstance(each, ast.Import | ast.ImportFrom)]


@pytest.mark.parametrize("service", SERVICES)
def test_the_settings_of_a_service_are_read_without_loading_the_service(service: str) -> None:
    assert not imported(PACKAGES / service / "__init__.py")
