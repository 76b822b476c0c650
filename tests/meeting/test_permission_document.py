"""The table of roles and operations in the documents is the one that the code decides by, cell by cell."""

from pathlib import Path

import pytest

from meeting_system.contracts.permissions import MEETING_PERMISSIONS
from meeting_system.kernel.principal import MeetingRole

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "protocol" / "permissions.md"


def rows() -> dict[str, list[str]]:
    lines = DOCUMENT.read_text("utf-8").split("## Roles in a meeting")[1].splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith("|")]
    return {each[0].strip("`"): each[1:] for each in cells}


@pytest.mark.parametrize("role", list(MeetingRole))
def test_every_cell_of_the_document_is_what_the_code_says(role: MeetingRole) -> None:
    table = rows()
    column = table["permission"].index(str(role).replace("_", " "))
    written = {name for name, cells in table.items() if ":" in name and cells[column] == "✓"}
    assert written == set(MEETING_PERMISSIONS[role]), "run .venv/bin/python scripts/permissions.py"
