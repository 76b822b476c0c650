"""What mattered for security, entry after entry."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.audit import AuditAction
from meeting_system.user import chain
from meeting_system.user.chain import Entry, Found
from meeting_system.user.models import audit, audit_head

_BATCH = 1000
_SHOWN = (
    audit.c.audit_id,
    audit.c.at,
    audit.c.action,
    audit.c.user_id,
    audit.c.address,
    audit.c.detail,
)


@dataclass(frozen=True)
class Filter:
    """Which entries are wanted."""

    user_id: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def insert_audit(
    connection: AsyncConnection,
    action: AuditAction,
    *,
    user_id: str | None,
    address: str | None,
    now: datetime,
    detail: Mapping[str, object] | None = None,
    note_id: str | None = None,
) -> None:
    """Write down what matters for security, in the same transaction as the change.

    From here to the commit nobody else writes to the trail: collect it last. `detail` holds ids and words of
    ours, never what says who somebody is: it can't be erased. With a `note_id` it is written once.
    """
    head = (await connection.execute(select(audit_head).with_for_update())).one()
    if note_id is not None and await _is_noted(connection, note_id):
        return
    salt, seal = chain.seal_address(address)
    digest = chain.link(head.hash, Entry(now, action, user_id, seal, detail or {}))
    moved = (
        update(audit_head).values(entries=audit_head.c.entries + 1, hash=digest).returning(audit_head.c.one)
    ).cte("moved")
    await connection.execute(
        insert(audit)
        .values(
            at=now,
            action=action,
            user_id=user_id,
            address=address,
            detail=detail or {},
            salt=salt,
            seal=seal,
            previous=head.hash,
            hash=digest,
            note_id=note_id,
        )
        .add_cte(moved)
    )


async def _is_noted(connection: AsyncConnection, note_id: str) -> bool:
    """Tell, while the head is held, whether this was written already."""
    statement = select(audit.c.audit_id).where(audit.c.note_id == note_id)
    return (await connection.execute(statement)).first() is not None


async def list_audit(
    connection: AsyncConnection, wanted: Filter, *, before: int | None, limit: int
) -> list[RowMapping]:
    statement = select(*_SHOWN).order_by(audit.c.audit_id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(audit.c.audit_id < before)
    if wanted.user_id is not None:
        statement = statement.where(audit.c.user_id == wanted.user_id)
    if wanted.action is not None:
        statement = statement.where(audit.c.action == wanted.action)
    if wanted.since is not None:
        statement = statement.where(audit.c.at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(audit.c.at < wanted.until)
    return list((await connection.execute(statement)).mappings())


async def hold_head(connection: AsyncConnection) -> tuple[int, bytes]:
    """Return how many entries there are and the last one's hash; nobody adds one before the commit."""
    row = (await connection.execute(select(audit_head).with_for_update())).one()
    return row.entries, row.hash


async def read_all(connection: AsyncConnection) -> AsyncIterator[Found]:
    """Yield every entry in order, some at a time."""
    after = -1
    while True:
        statement = select(audit).where(audit.c.audit_id > after).order_by(audit.c.audit_id).limit(_BATCH)
        rows = list((await connection.execute(statement)).mappings())
        for row in rows:
            entry = Entry(row["at"], row["action"], row["user_id"], row["seal"], row["detail"])
            yield Found(row["audit_id"], entry, row["address"], row["salt"], row["previous"], row["hash"])
        if len(rows) < _BATCH:
            return
        after = rows[-1]["audit_id"]


async def erase_addresses(connection: AsyncConnection, user_id: str) -> None:
    """Forget where somebody was; that something happened stays."""
    of_them = (audit.c.user_id == user_id) | (audit.c.detail["by"].astext == user_id)
    await connection.execute(update(audit).where(of_them).values(address=None, salt=None))
