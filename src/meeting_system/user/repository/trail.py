"""What mattered for security."""

from datetime import datetime

from sqlalchemy import RowMapping, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.user.models import audit


async def insert_audit(
    connection: AsyncConnection,
    action: str,
    *,
    user_id: str | None,
    address: str | None,
    now: datetime,
    detail: dict[str, object] | None = None,
) -> None:
    """Write down what matters for security, in the same transaction as the change."""
    await connection.execute(
        insert(audit).values(at=now, action=action, user_id=user_id, address=address, detail=detail or {})
    )


async def list_audit(connection: AsyncConnection, *, before: int | None, limit: int) -> list[RowMapping]:
    statement = select(audit).order_by(audit.c.audit_id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(audit.c.audit_id < before)
    return list((await connection.execute(statement)).mappings())
