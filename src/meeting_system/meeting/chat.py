"""Chat: sent once, numbered without gaps, readable for everyone who belongs to the meeting."""

from typing import Any

from meeting_system.contracts.permissions import check_participant
from meeting_system.contracts.signal import MAX_CHAT_CHARS, ChatMessage, ChatMessageSent
from meeting_system.contracts.webhook import HookChatMessage
from meeting_system.kernel.errors import FieldError, Forbidden, Invalid
from meeting_system.kernel.ids import new_id
from meeting_system.kernel.principal import Principal
from meeting_system.kernel.text import clean_paragraphs
from meeting_system.meeting import durable, hooks, rules
from meeting_system.meeting.access import find_standing
from meeting_system.meeting.context import Context
from meeting_system.meeting.durable import Effect, Turn
from meeting_system.meeting.repository import chat
from meeting_system.meeting.repository.chat import NewMessageRow


def sending(body: str) -> Effect:
    """Return the effect of chat.send; raises Invalid for a body that can't be."""
    text = _clean(body)

    async def send(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "chat:send")
        if turn.actor.participant_id is None:
            raise Forbidden("join the meeting first")
        row = NewMessageRow(
            message_id=new_id(turn.now.timestamp()),
            meeting_id=turn.run.meeting_id,
            run_id=turn.run.run_id,
            participant_id=turn.actor.participant_id,
            display_name=turn.actor.display_name,
            body=text,
            sent_at=turn.now,
        )
        seq = await chat.insert_message(turn.connection, row)
        message = ChatMessage(
            message_id=row.message_id,
            seq=seq,
            participant_id=row.participant_id,
            display_name=row.display_name,
            body=row.body,
            sent_at=rules.moment(row.sent_at),
        )
        await durable.tell(
            turn.connection,
            turn.run,
            "chat.message",
            ChatMessageSent(message=message),
            by=row.participant_id,
            now=turn.now,
        )
        told = HookChatMessage(
            message_id=row.message_id, seq=seq, display_name=row.display_name, body=row.body
        )
        await hooks.tell_chat(turn.connection, turn.run.meeting_id, told, now=turn.now)
        return message.model_dump(mode="json")

    return send


async def list_messages(
    context: Context,
    principal: Principal,
    meeting_id: str,
    *,
    before_seq: int | None,
    after_seq: int | None,
    limit: int,
) -> list[ChatMessage]:
    """Return messages of a meeting, oldest first. Errors: meeting_not_found, participant_banned."""
    async with context.ports.database.reading() as connection:
        standing = await find_standing(connection, meeting_id, principal)
        check_participant(standing.role, "chat:read")
        rows = await chat.list_messages(
            connection, meeting_id, before_seq=before_seq, after_seq=after_seq, limit=limit
        )
    return [
        ChatMessage(
            message_id=row["message_id"],
            seq=row["seq"],
            participant_id=row["participant_id"],
            display_name=row["display_name"],
            body=row["body"],
            sent_at=rules.moment(row["sent_at"]),
        )
        for row in rows
    ]


def _clean(body: str) -> str:
    if len(body) > MAX_CHAT_CHARS:
        detail = f"at most {MAX_CHAT_CHARS} characters"
        raise Invalid(detail, errors=[FieldError("/body", detail)])
    try:
        return clean_paragraphs(body)
    except ValueError as error:
        raise Invalid(str(error), errors=[FieldError("/body", str(error))]) from error
