"""Meetings as other programs see them, and the passes of people whom other software vouches for."""

from datetime import datetime

from sqlalchemy import RowMapping, delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.meeting.models import meetings, participants
from meeting_system.meeting.outside_models import outside, passes
from meeting_system.meeting.rules import PRESENT


async def insert_outside(
    connection: AsyncConnection,
    meeting_id: str,
    *,
    external_id: str,
    metadata: dict[str, str],
    logout_url: str | None,
    ends_at: datetime | None,
) -> None:
    values = {
        "external_id": external_id,
        "metadata": metadata,
        "logout_url": logout_url,
        "ends_at": ends_at,
    }
    await connection.execute(insert(outside).values(meeting_id=meeting_id, **values))


async def list_due(connection: AsyncConnection, *, now: datetime, limit: int) -> list[str]:
    """Return the meetings whose time is over, the longest first."""
    statement = select(outside.c.meeting_id).where(outside.c.ends_at <= now)
    return list((await connection.scalars(statement.order_by(outside.c.ends_at).limit(limit))).all())


async def forget_end(connection: AsyncConnection, meeting_id: str) -> None:
    """Note that a meeting has ended by its time."""
    await connection.execute(update(outside).where(outside.c.meeting_id == meeting_id).values(ends_at=None))


async def find_meeting(connection: AsyncConnection, meeting_id: str) -> RowMapping | None:
    """Return a meeting as webhooks tell it."""
    statement = (
        select(
            meetings.c.meeting_id,
            meetings.c.meeting_no,
            meetings.c.title,
            meetings.c.status,
            meetings.c.host_id,
            meetings.c.host_name,
            outside.c.external_id,
            func.coalesce(outside.c.metadata, text("'{}'::jsonb")).label("metadata"),
            meetings.c.created_at,
            meetings.c.started_at,
            meetings.c.ended_at,
        )
        .select_from(meetings.outerjoin(outside))
        .where(meetings.c.meeting_id == meeting_id)
    )
    return (await connection.execute(statement)).mappings().first()


_EXTERNAL = (
    select(passes.c.external_id)
    .where(passes.c.participant_id == participants.c.participant_id)
    .order_by(passes.c.used_at.desc())
    .limit(1)
    .scalar_subquery()
    .label("external_id")
)


async def find_participant(connection: AsyncConnection, participant_id: str) -> RowMapping | None:
    """Return somebody as webhooks tell it."""
    statement = select(
        participants.c.participant_id,
        participants.c.display_name,
        participants.c.role,
        participants.c.user_id,
        _EXTERNAL,
    ).where(participants.c.participant_id == participant_id)
    return (await connection.execute(statement)).mappings().first()


_MEETINGS = text(
    """
    SELECT CAST(m.meeting_id AS text) AS meeting_id, m.meeting_no, m.title, m.status,
           (SELECT CAST(r.run_id AS text) FROM meetings.runs r
             WHERE r.meeting_id = m.meeting_id AND r.ended_at IS NULL) AS run_id,
           m.created_at, m.started_at, m.ended_at,
           EXISTS (SELECT FROM meetings.participants p
                    WHERE p.meeting_id = m.meeting_id AND p.connected_at IS NOT NULL) AS has_been_joined,
           (SELECT coalesce(jsonb_agg(jsonb_build_object(
                       'participant_id', p.participant_id, 'display_name', p.display_name, 'role', p.role,
                       'external_id', (SELECT e.external_id FROM meetings.passes e
                                        WHERE e.participant_id = p.participant_id
                                        ORDER BY e.used_at DESC LIMIT 1)
                   ) ORDER BY p.participant_id), '[]')
              FROM meetings.runs r JOIN meetings.participants p USING (run_id)
             WHERE r.meeting_id = m.meeting_id AND r.ended_at IS NULL
               AND p.state = ANY (:present)) AS participants
      FROM meetings.meetings m JOIN meetings.outside o USING (meeting_id)
     WHERE m.meeting_id = ANY (CAST(:meeting_ids AS uuid[]))
     ORDER BY array_position(CAST(:meeting_ids AS uuid[]), m.meeting_id)
    """
)


async def list_meetings(connection: AsyncConnection, meeting_ids: list[str]) -> list[RowMapping]:
    """Return meetings of other software with who is in them: one statement."""
    values = {"meeting_ids": meeting_ids, "present": list(PRESENT)}
    return list((await connection.execute(_MEETINGS, values)).mappings())


async def insert_pass(connection: AsyncConnection, values: dict[str, object]) -> None:
    await connection.execute(insert(passes).values(**values))


async def use_pass(
    connection: AsyncConnection, pass_hash: bytes, *, meeting_id: str, device_id: str, now: datetime
) -> RowMapping | None:
    """Give a pass to the device that comes first; None for another device, another meeting, or too late.

    Returns who came by it before, too, and where the software wants its user back.
    """
    leave_url = select(outside.c.logout_url).where(outside.c.meeting_id == passes.c.meeting_id)
    statement = (
        update(passes)
        .where(
            passes.c.pass_hash == pass_hash,
            passes.c.meeting_id == meeting_id,
            passes.c.expires_at > now,
            func.coalesce(passes.c.device_id, device_id) == device_id,
        )
        .values(device_id=device_id, used_at=now)
        .returning(
            passes.c.display_name,
            passes.c.role,
            passes.c.is_guest,
            passes.c.participant_id,
            leave_url.scalar_subquery().label("leave_url"),
        )
    )
    return (await connection.execute(statement)).mappings().first()


async def bind_pass(connection: AsyncConnection, pass_hash: bytes, participant_id: str) -> None:
    """Note who came by a pass."""
    await connection.execute(
        update(passes).where(passes.c.pass_hash == pass_hash).values(participant_id=participant_id)
    )


async def delete_expired_passes(connection: AsyncConnection, *, before: datetime) -> int:
    """Delete passes that nobody can use or ask for any more."""
    return (await connection.execute(delete(passes).where(passes.c.expires_at < before))).rowcount
