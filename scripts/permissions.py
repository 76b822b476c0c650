"""Write docs/protocol/permissions.md: which role may do what, from the tables that decide it.

`.venv/bin/python scripts/permissions.py` writes; with `--check` it only says whether it is up to date.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from meeting_system.contracts.permissions import (
    ACCOUNT_PERMISSIONS,
    GRANTABLE,
    MEETING_PERMISSIONS,
)
from written import write_or_check

DOCUMENT = Path("docs/protocol/permissions.md")

# What each permission of accounts opens. tests/house/test_permissions_document.py finds each in the API.
OPERATIONS: dict[str, tuple[str, ...]] = {
    "profile:read": ("GET /users/me", "GET /users/{user_id}"),
    "profile:update": ("PATCH /users/me", "PUT /users/me/avatar", "DELETE /users/me/avatar"),
    "account:secure": (
        "POST /users/me/password",
        "POST /users/me/email",
        "POST /users/me/email/verify",
        "GET /users/me/sessions",
        "DELETE /users/me/sessions/{session_id}",
        "GET /users/me/identities",
        "POST /users/me/identities/{provider}",
        "POST /users/me/identities/{provider}/unlink",
    ),
    "account:export": ("GET /users/me/export",),
    "account:delete": ("POST /users/me/delete",),
    "token:manage": ("GET /users/me/tokens", "POST /users/me/tokens", "DELETE /users/me/tokens/{token_id}"),
    "user:read": ("GET /admin/users", "GET /admin/users/{user_id}"),
    "user:create": ("POST /admin/users",),
    "user:ban": ("POST /admin/users/{user_id}/ban", "POST /admin/users/{user_id}/unban"),
    "user:log_out": ("POST /admin/users/{user_id}/log-out",),
    "user:change_role": ("POST /admin/users/{user_id}/role",),
    "user:reset_password": ("POST /admin/users/{user_id}/reset-password",),
    "user:delete": ("DELETE /admin/users/{user_id}",),
    "client:manage": (
        "GET /admin/clients",
        "POST /admin/clients",
        "POST /admin/clients/{client_id}/rotate-secret",
        "DELETE /admin/clients/{client_id}",
    ),
    "live:read": ("GET /admin/live",),
    "audit:read": ("GET /audit", "GET /audit/verify"),
}

HEAD = """# Who may do what

Written by `scripts/permissions.py` from `contracts/permissions.py`; tests hold every cell to it, over HTTP
too. An account has a role in the whole installation, a participant one in each meeting. What administrators
do to others they do to roles below their own, super admins to all; nobody gives a role above their own, and
the last super admin stays.
"""


def render() -> str:
    """Return the document."""
    return "\n".join([HEAD, *_accounts(), "", *_meetings(), ""])


def _accounts() -> Iterator[str]:
    yield "## Roles of accounts\n"
    yield "A permission with *scope* may be given to a program: a personal access token or an OAuth client.\n"
    yield from _table(ACCOUNT_PERMISSIONS, scopes=True)
    yield "\n### What the permissions open\n"
    yield "| permission | operations under `/api/v1` |\n|---|---|"
    for permission, operations in sorted(OPERATIONS.items()):
        yield f"| `{permission}` | {', '.join(f'`{operation}`' for operation in operations)} |"


def _meetings() -> Iterator[str]:
    yield "## Roles in a meeting\n"
    yield from _table(MEETING_PERMISSIONS, scopes=False)


def _table(permissions: Mapping[Any, frozenset[str]], *, scopes: bool) -> Iterator[str]:
    roles = list(permissions)
    last = [" scope |"] if scopes else []
    yield f"| permission | {' | '.join(str(role).replace('_', ' ') for role in roles)} |{''.join(last)}"
    yield f"|---|{'---|' * (len(roles) + len(last))}"
    for permission in sorted(frozenset().union(*permissions.values())):
        cells = ["✓" if permission in permissions[role] else "–" for role in roles]
        if scopes:
            cells.append("✓" if permission in GRANTABLE else "–")
        yield f"| `{permission}` | {' | '.join(cells)} |"


def main() -> int:
    """Write the document, or with --check return 1 when it is not up to date."""
    return write_or_check({DOCUMENT: render()}, __doc__)


if __name__ == "__main__":
    sys.exit(main())
