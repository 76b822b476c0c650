"""What becomes of a message: edited, deleted, reacted to; told to exactly those who may see it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from meeting_system.contracts.call import Message
from meeting_system.contracts.permissions import check_participant
from meeting_system.contracts.signal_chat import (
    ChatMessage,
    ChatMessageChanged,
    ChatReacted,
    ChatReaction,
)
from meeting_system.contracts.signal_floor import MODERATORS
from meeting_system.kernel.errors import Forbidden
from meeting_system.kernel.ids import is_id
from meeting_system.meeting import chat_rules, personal, rules, stored_files, words
from meeting_system.meeting.chat_errors import MessageNotFound, TooManyReactions
from meeting_system.meeting.durable import Effect, Turn
from meeting_system.meeting.repository import chat, messages, private_chat
from meeting_system.meeting.repository.messages import PRIVATE, PUBLIC, Table


@dataclass(frozen=True)
class Found:
    """A message to be changed, who wrote it, and who may hear of it. `pair`: of a private message."""

    table: Table
    message: ChatMessage
    author: str | None
    sent_at: datetime
    pair: list[str] | None
    saw: list[str] | None = None
    """Participants who may hear of it; null: everyone in the room, or the pair."""


def editing(message_id: str, body: str, *, within_s: int) -> Effect:
    """Return the effect of chat.edit. Errors: message_not_found, edit_too_late, forbidden, invalid."""
    text = chat_rules.clean_body(body)

    async def edit(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "chat:send")
        found = await _find(turn, message_id)
        is_author = found.author == turn.actor.person_id
        chat_rules.check_edit(is_author=is_author, sent_at=found.sent_at, now=turn.now, within_s=within_s)
        if text == found.message.body:
            return found.message.model_dump(mode="json")
        await messages.replace_body(
            turn.connection,
            found.table,
            found.message.model_dump(),
            meeting_id=turn.run.meeting_id,
            body=text,
            lexemes=words.lexemes_of(text),
            now=turn.now,
        )
        changed = found.message.model_copy(
            update={"body": text, "edited_at": rules.moment(turn.now), "version": found.message.version + 1}
        )
        await _tell(turn, found, "chat.changed", ChatMessageChanged(message=changed))
        return changed.model_dump(mode="json")

    return edit


def deleting(message_id: str) -> Effect:
    """Return the effect of chat.delete. Errors: message_not_found, forbidden."""

    async def delete(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "chat:read")
        found = await _find(turn, message_id)
        deleted_by = chat_rules.check_delete(
            turn.actor.role,
            is_author=found.author == turn.actor.person_id,
            is_private=found.table == PRIVATE,
        )
        await messages.blank(turn.connection, found.table, message_id, deleted_by=deleted_by, now=turn.now)
        file_ids = [file.file_id for file in found.message.files]
        await stored_files.collect_deletion(turn.connection, turn.run.meeting_id, file_ids)
        changed = blanked(found.message, deleted_by, turn.now)
        await _tell(turn, found, "chat.changed", ChatMessageChanged(message=changed))
        return changed.model_dump(mode="json")

    return delete


def reacting(message_id: str, emoji: str, *, on: bool) -> Effect:
    """Return the effect of chat.react. Errors: message_not_found, too_many_reactions, forbidden, invalid."""
    wanted = chat_rules.clean_emoji(emoji)

    async def react(turn: Turn) -> dict[str, Any]:
        check_participant(turn.actor.role, "chat:send")
        if turn.actor.participant_id is None:
            raise Forbidden("join the meeting first")
        found = await _find(turn, message_id)
        mine = ChatReaction(
            emoji=wanted, participant_id=turn.actor.participant_id, display_name=turn.actor.display_name
        )
        left = [each for each in found.message.reactions if not _is_same(each, mine)]
        if on == (len(left) < len(found.message.reactions)):
            return {}
        if on and len(left) >= chat_rules.MOST_REACTIONS:
            raise TooManyReactions(f"a message has room for {chat_rules.MOST_REACTIONS} reactions")
        reactions = [*left, mine] if on else left
        await messages.set_reactions(
            turn.connection, found.table, message_id, [each.model_dump() for each in reactions]
        )
        event = ChatReacted(
            message_id=message_id, version=found.message.version + 1, on=on, **mine.model_dump()
        )
        await _tell(turn, found, "chat.reacted", event)
        return {}

    return react


def blanked(message: ChatMessage, deleted_by: str, now: datetime) -> ChatMessage:
    """Return what is left of a deleted message."""
    return message.model_copy(
        update={
            "body": "",
            "reactions": [],
            "files": [],
            "deleted_at": rules.moment(now),
            "deleted_by": deleted_by,
            "version": message.version + 1,
        }
    )


def _is_same(one: ChatReaction, other: ChatReaction) -> bool:
    return one.emoji == other.emoji and one.participant_id == other.participant_id


async def _find(turn: Turn, message_id: str) -> Found:
    """Return a message that the actor may see; what they may not see is not there for them."""
    if is_id(message_id):
        found = await _find_public(turn, message_id) or await _find_private(turn, message_id)
        if found is not None and found.message.deleted_at is None:
            return found
    raise MessageNotFound("there is no such message, or it was deleted")


async def _find_public(turn: Turn, message_id: str) -> Found | None:
    row = await messages.find_message(turn.connection, PUBLIC, turn.run.meeting_id, message_id)
    if row is None:
        return None
    message, sent_at = ChatMessage.model_validate(row["message"]), row["sent_at"]
    sight = await chat.find_sight(
        turn.connection,
        meeting_id=turn.run.meeting_id,
        run_id=turn.run.run_id,
        person_id=turn.actor.person_id or "",
        sent_at=sent_at,
    )
    saw = None
    if not sight["history"]:
        came = sight["joined_at"]
        if turn.actor.role not in MODERATORS and (came is None or came > sent_at):
            return None
        if sight["late"]:
            saw = await chat.list_who_saw(turn.connection, turn.run.run_id, sent_at)
    return Found(PUBLIC, message, row["person_id"] and str(row["person_id"]), sent_at, None, saw)


async def _find_private(turn: Turn, message_id: str) -> Found | None:
    pair = await private_chat.find_pair(turn.connection, turn.run.meeting_id, message_id)
    if pair is None or turn.actor.person_id not in pair:
        return None
    row = await messages.find_message(turn.connection, PRIVATE, turn.run.meeting_id, message_id)
    if row is None:
        return None
    message = ChatMessage.model_validate(row["message"])
    return Found(PRIVATE, message, str(row["person_id"]), row["sent_at"], list(pair))


async def _tell(turn: Turn, found: Found, t: str, event: Message) -> None:
    if found.pair is not None:
        await personal.tell_persons(turn, t, event, person_ids=found.pair)
    elif found.saw is not None:
        await personal.tell_participants(turn, t, event, participant_ids=found.saw)
    else:
        await turn.tell(t, event)
