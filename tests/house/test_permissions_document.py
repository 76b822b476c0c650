"""The document of roles says what the code decides, and names operations that exist."""

from tests.house.conftest import load

from meeting_system.app.openapi import describe_api
from meeting_system.contracts.permissions import ACCOUNT_PERMISSIONS, MEETING_PERMISSIONS

SCRIPT = load("permissions")


def test_the_document_is_what_the_code_says() -> None:
    assert SCRIPT.DOCUMENT.read_text(encoding="utf-8") == SCRIPT.render()


def test_each_operation_that_it_names_is_in_the_api() -> None:
    paths = describe_api()["paths"]
    for operations in SCRIPT.OPERATIONS.values():
        for operation in operations:
            method, path = operation.split()
            assert method.lower() in paths[f"/api/v1{path}"], operation


def test_every_operation_of_accounts_and_administration_is_named() -> None:
    named = {operation for operations in SCRIPT.OPERATIONS.values() for operation in operations}
    parts = ("/api/v1/users", "/api/v1/admin", "/api/v1/audit")
    there = {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, methods in describe_api()["paths"].items()
        if path.startswith(parts)
        for method in methods
    }
    # Pictures are shown to everybody who has their address.
    assert there - named == {"GET /users/{user_id}/avatar/{name}"}


def beginnings(permission: str) -> tuple[str, str]:
    return f"| `{permission}` | ✓", f"| `{permission}` | –"


def test_each_cell_of_the_document_is_what_the_tables_decide() -> None:
    lines = SCRIPT.render().splitlines()
    for permissions in (ACCOUNT_PERMISSIONS, MEETING_PERMISSIONS):
        for permission in frozenset().union(*permissions.values()):
            rows = [line.split(" | ")[1:] for line in lines if line.startswith(beginnings(permission))]
            expected = ["✓" if permission in of_role else "–" for of_role in permissions.values()]
            assert expected in [[cell.strip(" |") for cell in row][: len(expected)] for row in rows], (
                permission
            )
