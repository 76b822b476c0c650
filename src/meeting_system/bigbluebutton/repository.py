"""Every SQL statement of the BigBlueButton-compatible API."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.bigbluebutton.models import meetings

LISTED = 1000


@dataclass(frozen=True)
class MeetingRow:
    """A meeting as that API knows it."""

    meeting_id: str
    external_id: str
    attendee_pw: str
    moderator_pw: str
    parameters: dict[str, Any]
    metadata: dict[str, str]
    forcibly_ended: bool
    over: bool
    created_at: datetime


async def lock_external(connection: AsyncConnection, external_id: str) -> None:
    """One after the other for each name: who creates a meeting twice at the same time gets one."""
    statement = text("SELECT pg_advisory_xact_lock(hashtextextended('bigbluebutton:' || :external_id, 7))")
    await connection.execute(statement, {"external_id": external_id})


async def insert_meeting(connection: AsyncConnection, row: MeetingRow) -> None:
    await connection.execute(insert(meetings).values(**vars(row)))


async def find_open(connection: AsyncConnection, external_id: str) -> MeetingRow | None:
    """Return the meeting of a name that was not noted as over."""
    statement = (
        select(meetings)
        .where(meetings.c.external_id == external_id, ~meetings.c.over)
        .order_by(meetings.c.created_at.desc())
        .limit(1)
    )
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else MeetingRow(**row)


async def list_open(connection: AsyncConnection) -> list[MeetingRow]:
    """Return the meetings that were not noted as over, oldest first: at most 1000."""
    statement = select(meetings).where(~meetings.c.over).order_by(meetings.c.created_at).limit(LISTED)
    return [MeetingRow(**row) for row in (await connection.execute(statement)).mappings()]


async def mark_over(connection: AsyncConnection, meeting_ids: list[str], *, forcibly: bool = False) -> None:
    """Note that meetings are over: their names are free."""
    values: dict[str, object] = {"over": True}
    if forcibly:
        values["forcibly_ended"] = True
    await connection.execute(update(meetings).where(meetings.c.meeting_id.in_(meeting_ids)).values(**values))
