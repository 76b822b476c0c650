"""Who was asked to come, and what they answered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.kernel.ids import new_id, new_secret
from meeting_system.meeting.models import invitees, meetings, members, participants


@dataclass(frozen=True)
class InviteeRow:
    """A row of `invitees`: of a series, or of one meeting."""

    invitee_id: str
    series_id: str | None
    meeting_id: str | None
    email: str
    display_name: str
    user_id: str | None
    locale: str
    token: str
    answer: str
    answered_at: datetime | None
    created_at: datetime


def _of(series_id: str | None, meeting_id: str) -> ColumnElement[bool]:
    """The condition for the invitees of a meeting: those of its series, if it has one."""
    if series_id is not None:
        return invitees.c.series_id == series_id
    return invitees.c.meeting_id == meeting_id


def _row(row: Any) -> InviteeRow:
    return InviteeRow(**row)


async def insert_invitees(connection: AsyncConnection, rows: Sequence[InviteeRow]) -> list[InviteeRow]:
    """Add people; return those who were not invited yet."""
    if not rows:
        return []
    statement = (
        upsert(invitees)
        .values([vars(row) for row in rows])
        .on_conflict_do_nothing()
        .returning(invitees.c.invitee_id)
    )
    added = {row.invitee_id for row in await connection.execute(statement)}
    return [row for row in rows if row.invitee_id in added]


async def list_invitees(
    connection: AsyncConnection, series_id: str | None, meeting_id: str
) -> list[InviteeRow]:
    """Return everybody invited to a meeting, in the order of their invitation."""
    statement = select(invitees).where(_of(series_id, meeting_id))
    statement = statement.order_by(invitees.c.created_at, invitees.c.email)
    return [_row(row) for row in (await connection.execute(statement)).mappings()]


async def count_invitees(connection: AsyncConnection, series_id: str | None, meeting_id: str) -> int:
    statement = select(func.count()).select_from(invitees).where(_of(series_id, meeting_id))
    return int((await connection.execute(statement)).scalar_one())


async def delete_invitee(
    connection: AsyncConnection, series_id: str | None, meeting_id: str, invitee_id: str
) -> InviteeRow | None:
    """Take an invitation back; None when there was none."""
    statement = (
        delete(invitees)
        .where(_of(series_id, meeting_id), invitees.c.invitee_id == invitee_id)
        .returning(*invitees.c)
    )
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else _row(row)


async def remove_member(
    connection: AsyncConnection, series_id: str | None, meeting_id: str, user_id: str
) -> None:
    """Take meetings off the list of an account no more invited; where it has been it stays a member."""
    of = meetings.c.series_id == series_id if series_id is not None else meetings.c.meeting_id == meeting_id
    been = (
        select(participants.c.participant_id)
        .where(participants.c.meeting_id == members.c.meeting_id, participants.c.user_id == user_id)
        .exists()
    )
    await connection.execute(
        delete(members).where(
            members.c.user_id == user_id,
            members.c.role == "attendee",
            members.c.meeting_id.in_(select(meetings.c.meeting_id).where(of)),
            ~been,
        )
    )


async def find_by_token(connection: AsyncConnection, token: str) -> InviteeRow | None:
    row = (await connection.execute(select(invitees).where(invitees.c.token == token))).mappings().first()
    return None if row is None else _row(row)


async def set_answer(connection: AsyncConnection, invitee: InviteeRow, answer: str, *, now: datetime) -> None:
    await connection.execute(
        update(invitees)
        .where(invitees.c.invitee_id == invitee.invitee_id)
        .values(answer=answer, answered_at=now)
    )


async def find_of_account(
    connection: AsyncConnection, series_id: str | None, meeting_id: str, user_id: str
) -> InviteeRow | None:
    statement = select(invitees).where(_of(series_id, meeting_id), invitees.c.user_id == user_id).limit(1)
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else _row(row)


async def copy_invitees(
    connection: AsyncConnection, rows: Sequence[InviteeRow], series_id: str, *, now: datetime
) -> list[InviteeRow]:
    """Invite the same people to the series that goes on from another; they answer anew."""
    copies = [
        replace(
            row,
            invitee_id=new_id(now.timestamp()),
            series_id=series_id,
            token=new_secret(),
            answer="needs_action",
            answered_at=None,
        )
        for row in rows
    ]
    return await insert_invitees(connection, copies)


async def list_user_ids(connection: AsyncConnection, series_ids: Sequence[str]) -> dict[str, list[str]]:
    """Return the invited accounts of several series, by series."""
    found: dict[str, list[str]] = {series_id: [] for series_id in series_ids}
    if not found:
        return found
    statement = select(invitees.c.series_id, invitees.c.user_id).where(
        invitees.c.series_id.in_(series_ids), invitees.c.user_id.is_not(None)
    )
    for series_id, user_id in await connection.execute(statement):
        found[series_id].append(user_id)
    return found
