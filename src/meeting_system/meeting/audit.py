"""What hosts do to others and to all is told to the audit trail of user, in the transaction that does it."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.audit import Moderation, NoteModeration
from meeting_system.kernel.ids import new_id
from meeting_system.kit import outbox
from meeting_system.meeting.access import Standing
from meeting_system.meeting.repository.runs import ParticipantRow


async def note(
    connection: AsyncConnection,
    action: Moderation,
    meeting_id: str,
    actor: Standing,
    *,
    now: datetime,
    target: ParticipantRow | None = None,
    **more: str,
) -> None:
    """Tell what `actor` did, to a `target` if it was to one; of what the service does by itself nothing."""
    if actor.person_id is None:
        return
    whom = {} if target is None else {"participant": target.participant_id, "by": actor.user_id}
    detail = {"meeting": meeting_id, "by_participant": actor.participant_id, **whom, **more}
    request = NoteModeration(
        note_id=new_id(now.timestamp()),
        at=now,
        action=action,
        user_id=actor.user_id if target is None else target.user_id,
        detail={name: value for name, value in detail.items() if value is not None},
    )
    await outbox.collect(connection, request, key=f"audit:{meeting_id}")
