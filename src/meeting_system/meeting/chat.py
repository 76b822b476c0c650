"""Chat: sent once, numbered without gaps, to everyone in the meeting or between two of them."""

from dataclasses import dataclass, field
from typing import Any

from meeting_system.contracts.meeting_options import MeetingOptions
from meeting_system.contracts.permissions import check_participant
from meeting_system.contracts.signal_chat import ChatMessage, ChatMessageSent, ChatQuote
from meeting_system.contracts.signal_floor import MODERATORS
from meeting_system.contracts.webhook import HookChatMessage
from meeting_system.kernel.errors import FieldError, Forbidden, Invalid
from meeting_system.kernel.ids import is_id, new_id
from meeting_system.kernel.principal import MeetingRole
from meeting_system.meeting import chat_rules, hooks, personal, rules, words
from meeting_system.meeting.chat_errors import FileNotFound, MessageNotFound
from meeting_system.meeting.durable import Effect, Turn
from meeting_system.meeting.errors import ParticipantNotFound
from meeting_system.meeting.repository import chat, files, floor, private_chat, runs
from meeting_system.meeting.repository.chat import NewMessageRow
from meeting_system.meeting.repository.private_chat import NewPrivateRow


@dataclass(frozen=True)
class Writing:
    """What is to be sent. `to`: a participant, for a private message."""

    body: str
    to: str | None = None
    reply_to: str | None = None
    file_ids: list[str] = field(default_factory=list)


def sending(writing: Writing) -> Effect:
    """Return the effect of chat.send; raises Invalid for a text that can't be.

    Errors: forbidden, chat_off, message_not_found, participant_not_found, file_not_found.
    """
    body = chat_rules.clean_body(writing.body, may_be_empty=bool(writing.file_ids))
    if writing.reply_to is not None and not is_id(writing.reply_to):
        raise MessageNotFound("there is no such message to answer")

    async def send(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "chat:send")
        rules.check_not_frozen(turn.actor.role, frozen=turn.run.frozen)
        if turn.actor.participant_id is None:
            raise Forbidden("join the meeting first")
        if writing.to is None:
            return await _send_to_all(turn, writing, body)
        return await _send_privately(turn, writing, body, writing.to)

    return send


async def _send_to_all(turn: Turn, writing: Writing, body: str) -> dict[str, Any]:
    author_id, person_id = _author(turn)
    message_id = new_id(turn.now.timestamp())
    row = NewMessageRow(
        message_id=message_id,
        meeting_id=turn.run.meeting_id,
        run_id=turn.run.run_id,
        participant_id=author_id,
        person_id=person_id,
        display_name=turn.actor.display_name,
        body=body,
        sent_at=turn.now,
        reply_to=writing.reply_to,
        files=await _attach(turn, writing, message_id, person_id),
        lexemes=words.lexemes_of(body),
    )
    done = await chat.insert_message(turn.connection, row, sees_all=turn.actor.role in MODERATORS)
    chat_rules.check_send(turn.actor.role, MeetingOptions.model_validate(done["options"]), to=None)
    message = _message(row, done["seq"], _quote(writing, done["quote"]))
    await turn.tell("chat.message", ChatMessageSent(message=message))
    told = HookChatMessage(
        message_id=message_id, seq=message.seq, display_name=message.display_name, body=body
    )
    await hooks.tell_chat(turn.context, turn.connection, turn.run.meeting_id, told, now=turn.now)
    return message.model_dump(mode="json")


async def _send_privately(turn: Turn, writing: Writing, body: str, to: str) -> dict[str, Any]:
    author_id, person_id = _author(turn)
    target = None
    if is_id(to):
        target = await runs.find_participant(turn.connection, turn.run.run_id, to)
    if target is None or target.state in runs.OUT:
        raise ParticipantNotFound("there is no such participant in this meeting")
    other_id = target.user_id or target.participant_id
    if other_id == person_id:
        raise Invalid("write to somebody else", errors=[FieldError("/to", "this is you")])
    options = await floor.find_options(turn.connection, turn.run.meeting_id)
    chat_rules.check_send(turn.actor.role, options, to=MeetingRole(target.role))
    low, high = sorted((person_id, other_id))
    message_id = new_id(turn.now.timestamp())
    row = NewPrivateRow(
        message_id=message_id,
        meeting_id=turn.run.meeting_id,
        run_id=turn.run.run_id,
        pair_low=low,
        pair_high=high,
        participant_id=author_id,
        person_id=person_id,
        display_name=turn.actor.display_name,
        recipient_id=target.participant_id,
        recipient_name=target.display_name,
        body=body,
        sent_at=turn.now,
        reply_to=writing.reply_to,
        files=await _attach(turn, writing, message_id, person_id),
        lexemes=words.lexemes_of(body),
    )
    done = await private_chat.insert_private(turn.connection, row)
    message = _message(row, done["seq"], _quote(writing, done["quote"]))
    event = ChatMessageSent(message=message)
    await personal.tell_persons(turn, "chat.message", event, person_ids=[low, high])
    return message.model_dump(mode="json")


def _author(turn: Turn) -> tuple[str, str]:
    """Return participant and person of who writes; `send` has made sure of them."""
    assert turn.actor.participant_id is not None
    return turn.actor.participant_id, turn.actor.person_id or turn.actor.participant_id


async def _attach(turn: Turn, writing: Writing, message_id: str, person_id: str) -> list[dict[str, Any]]:
    """Make files that the author uploaded part of the message."""
    wanted = list(dict.fromkeys(writing.file_ids))
    if not wanted:
        return []
    check_participant(turn.actor.role, "file:upload")
    found = await files.attach(
        turn.connection,
        turn.run.meeting_id,
        file_ids=[each for each in wanted if is_id(each)],
        person_id=person_id,
        message_id=message_id,
    )
    if len(found) != len(wanted):
        raise FileNotFound("one of these files is not there, not yours, or was sent already: upload it again")
    return [found[each] for each in wanted]


def _quote(writing: Writing, quote: dict[str, Any] | None) -> ChatQuote | None:
    if writing.reply_to is None:
        return None
    if quote is None or quote["deleted"]:
        raise MessageNotFound("there is no such message to answer")
    return ChatQuote.model_validate(quote)


def _message(row: NewMessageRow | NewPrivateRow, seq: int, quote: ChatQuote | None) -> ChatMessage:
    return ChatMessage.model_validate(
        {
            "message_id": row.message_id,
            "seq": seq,
            "participant_id": row.participant_id,
            "display_name": row.display_name,
            "body": row.body,
            "sent_at": rules.moment(row.sent_at),
            "recipient_id": row.recipient_id if isinstance(row, NewPrivateRow) else None,
            "recipient_name": row.recipient_name if isinstance(row, NewPrivateRow) else None,
            "reply_to": quote,
            "files": row.files,
        }
    )
