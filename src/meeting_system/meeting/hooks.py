"""What webhooks are told of meetings, in the transaction of what happened."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.webhook import (
    ALL_WEBHOOKS,
    ChatData,
    HookChatMessage,
    HookMeeting,
    HookParticipant,
    HookType,
    MeetingData,
    ParticipantData,
    TellWebhooks,
)
from meeting_system.kernel.ids import new_id
from meeting_system.kit import outbox
from meeting_system.meeting.context import Context
from meeting_system.meeting.repository import outside


async def tell_meeting(
    context: Context,
    connection: AsyncConnection,
    kind: HookType,
    meeting_id: str,
    *,
    now: datetime,
    reason: str | None = None,
) -> None:
    """Tell of a meeting as it is now, in this transaction."""
    if not await _may_want(context, kind):
        return
    meeting = await _read(connection, meeting_id)
    if meeting is not None:
        await _tell(connection, kind, MeetingData(meeting=meeting, reason=reason), now=now)


async def tell_participant(
    context: Context,
    connection: AsyncConnection,
    kind: HookType,
    meeting_id: str,
    participant_id: str,
    *,
    now: datetime,
    reason: str | None = None,
) -> None:
    """Tell of somebody in a meeting."""
    if not await _may_want(context, kind):
        return
    meeting = await _read(connection, meeting_id)
    row = await outside.find_participant(connection, participant_id)
    if meeting is not None and row is not None:
        participant = HookParticipant.model_validate(dict(row))
        data = ParticipantData(meeting=meeting, participant=participant, reason=reason)
        await _tell(connection, kind, data, now=now)


async def tell_chat(
    context: Context, connection: AsyncConnection, meeting_id: str, message: HookChatMessage, *, now: datetime
) -> None:
    """Tell of what somebody wrote to everyone."""
    if not await _may_want(context, "chat.message"):
        return
    meeting = await _read(connection, meeting_id)
    if meeting is not None:
        await _tell(connection, "chat.message", ChatData(meeting=meeting, message=message), now=now)


async def _may_want(context: Context, kind: HookType) -> bool:
    """Whether a webhook may want this: also where nobody knows at once."""
    wanted = await context.wanted_events.peek(ALL_WEBHOOKS)
    return wanted is None or kind in wanted.types


async def _read(connection: AsyncConnection, meeting_id: str) -> HookMeeting | None:
    row = await outside.find_meeting(connection, meeting_id)
    return None if row is None else HookMeeting.model_validate(dict(row))


async def _tell(
    connection: AsyncConnection,
    kind: HookType,
    data: MeetingData | ParticipantData | ChatData,
    *,
    now: datetime,
) -> None:
    told = TellWebhooks(
        event_id=new_id(now.timestamp()),
        type=kind,
        occurred_at=now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        owner_id=data.meeting.host_id,
        meeting_id=data.meeting.meeting_id,
        data=data.model_dump(mode="json"),
    )
    # The events of a meeting come to the webhook service in their order.
    await outbox.collect(connection, told, key=f"webhook:{data.meeting.meeting_id}")
