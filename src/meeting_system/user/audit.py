"""Reading the audit trail, adding what other services tell, and finding out whether somebody changed it."""

from datetime import datetime

from meeting_system.contracts.audit import NoteModeration
from meeting_system.contracts.permissions import check_account
from meeting_system.kernel.ids import is_id
from meeting_system.kernel.principal import Account
from meeting_system.kit.paging import CursorInvalid, decode_cursor, encode_cursor
from meeting_system.kit.sql import Database
from meeting_system.user.chain import Inspection
from meeting_system.user.context import Context
from meeting_system.user.repository import trail
from meeting_system.user.repository.trail import Filter
from meeting_system.user.schemas import AuditCheck, AuditEntry, AuditFlaw, AuditPage


async def list_audit(
    context: Context,
    account: Account,
    *,
    cursor: str | None,
    limit: int,
    user_id: str | None = None,
    action: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> AuditPage:
    """Return a page of what mattered for security, newest first. For administrators."""
    check_account(account, "audit:read")
    before = _decode(cursor) if cursor else None
    if user_id is not None and not is_id(user_id):
        return AuditPage(items=[], next_cursor=None)
    async with context.ports.database.reading() as connection:
        rows = await trail.list_audit(
            connection, Filter(user_id, action, since, until), before=before, limit=limit + 1
        )
    items = [AuditEntry.model_validate(dict(row)) for row in rows[:limit]]
    return AuditPage(
        items=items, next_cursor=encode_cursor(str(items[-1].audit_id)) if len(rows) > limit else None
    )


async def note_moderation(context: Context, note: NoteModeration) -> None:
    """Write down what somebody did in a meeting; told again it is not written again."""
    async with context.ports.database.transaction() as connection:
        await trail.insert_audit(
            connection,
            note.action,
            user_id=note.user_id,
            address=None,
            now=note.at,
            detail=note.detail,
            note_id=note.note_id,
        )


async def verify_audit(context: Context, account: Account, expected: str | None) -> AuditCheck:
    """Look whether every entry is as it was written. For administrators."""
    check_account(account, "audit:read")
    return await verify_trail(context.ports.database, expected)


async def verify_trail(database: Database, expected: str | None = None) -> AuditCheck:
    """Look at the whole trail; meanwhile nobody adds to it.

    Finds what was edited, deleted, inserted or put elsewhere. Who may write the whole table could compute the
    chain anew: against that `head` is noted where they can't write, and is `expected` to be in it later.
    """
    inspection = Inspection(expected=expected)
    async with database.transaction() as connection:
        entries, head = await trail.hold_head(connection)
        async for found in trail.read_all(connection):
            inspection.take(found)
    inspection.finish(entries=entries, head=head)
    return AuditCheck(
        sound=not inspection.flaws,
        entries=inspection.entries,
        head=head.hex(),
        flaws=[AuditFlaw(audit_id=flaw.audit_id, kind=flaw.kind) for flaw in inspection.flaws],
    )


def _decode(cursor: str) -> int:
    position = decode_cursor(cursor)
    if not (position.isascii() and position.isdigit() and len(position) < 19):
        raise CursorInvalid("this cursor is not from this list: start with the first page")
    return int(position)
