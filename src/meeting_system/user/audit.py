"""Reading the audit trail."""

from meeting_system.contracts.permissions import check_account
from meeting_system.kernel.principal import Account
from meeting_system.kit.paging import CursorInvalid, decode_cursor, encode_cursor
from meeting_system.user.context import Context
from meeting_system.user.repository import trail
from meeting_system.user.schemas import AuditEntry, AuditPage


async def list_audit(context: Context, account: Account, *, cursor: str | None, limit: int) -> AuditPage:
    """Return a page of what mattered for security, newest first. For administrators."""
    check_account(account.role, "audit:read")
    before = _decode(cursor) if cursor else None
    async with context.ports.database.reading() as connection:
        rows = await trail.list_audit(connection, before=before, limit=limit + 1)
    items = [AuditEntry.model_validate(dict(row)) for row in rows[:limit]]
    return AuditPage(
        items=items, next_cursor=encode_cursor(str(items[-1].audit_id)) if len(rows) > limit else None
    )


def _decode(cursor: str) -> int:
    position = decode_cursor(cursor)
    if not (position.isascii() and position.isdigit() and len(position) < 19):
        raise CursorInvalid("this cursor is not from this list: start with the first page")
    return int(position)
