"""Reading the chat over HTTP, during a meeting and after it: history, private messages, search, export."""

from collections.abc import AsyncIterator
from typing import Literal

import orjson
from sqlalchemy import RowMapping

from meeting_system.contracts.permissions import check_participant
from meeting_system.contracts.signal_chat import ChatMessage
from meeting_system.contracts.signal_floor import MODERATORS
from meeting_system.kernel.errors import FieldError, Forbidden, Invalid
from meeting_system.kernel.ids import is_id
from meeting_system.kernel.principal import Principal
from meeting_system.meeting import words
from meeting_system.meeting.chat_errors import MessageNotFound
from meeting_system.meeting.context import Context
from meeting_system.meeting.positions import decode_place, encode_place
from meeting_system.meeting.reader import Reader, find_reader
from meeting_system.meeting.repository import chat, messages, private_chat, search
from meeting_system.meeting.repository.messages import PRIVATE, PUBLIC
from meeting_system.meeting.talk_schemas import (
    FoundPage,
    MessageEdit,
    MessageEdits,
    MessagePage,
    ShownMessage,
)

_EXPORTED_AT_ONCE = 500
ExportForm = Literal["text", "json"]


async def list_messages(
    context: Context,
    principal: Principal,
    meeting_id: str,
    *,
    before_seq: int | None,
    after_seq: int | None,
    limit: int,
) -> MessagePage:
    """Return messages to everyone, oldest first, in two statements. Errors: meeting_not_found,
    participant_banned."""
    async with context.ports.database.reading() as connection:
        reader = await find_reader(connection, meeting_id, principal)
        check_participant(reader.standing.role, "chat:read")
        rows = await chat.list_messages(
            connection,
            meeting_id,
            before_seq=before_seq,
            after_seq=after_seq,
            since=reader.since,
            limit=limit,
        )
    return MessagePage(items=[_show(reader, row) for row in rows])


async def list_private(
    context: Context, principal: Principal, meeting_id: str, *, cursor: str | None, limit: int
) -> FoundPage:
    """Return the caller's own private messages, newest first. Errors: as list_messages."""
    async with context.ports.database.reading() as connection:
        reader = await find_reader(connection, meeting_id, principal)
        check_participant(reader.standing.role, "chat:read")
        rows: list[RowMapping] = []
        if reader.standing.person_id is not None:
            rows = await private_chat.list_private(
                connection,
                meeting_id,
                person_id=reader.standing.person_id,
                before=decode_place(cursor),
                limit=limit + 1,
            )
    return _page(reader, rows, limit)


async def search_messages(
    context: Context, principal: Principal, meeting_id: str, text: str, *, cursor: str | None, limit: int
) -> FoundPage:
    """Return the messages with all words of `text` that the caller may see, newest first, their own private
    ones among them. Errors: as list_messages; invalid where there is no word."""
    query = words.query_of(text)
    if query is None:
        detail = "say at least one word to look for"
        raise Invalid(detail, errors=[FieldError("/query/q", detail)])
    async with context.ports.database.reading() as connection:
        reader = await find_reader(connection, meeting_id, principal)
        check_participant(reader.standing.role, "chat:read")
        rows = await search.search_messages(
            connection,
            meeting_id,
            person_id=reader.standing.person_id,
            query=query,
            literals=words.literals(text),
            pattern=_pattern(text),
            since=reader.since,
            before=decode_place(cursor),
            limit=limit + 1,
        )
    return _page(reader, rows, limit)


async def list_edits(
    context: Context, principal: Principal, meeting_id: str, message_id: str
) -> MessageEdits:
    """Return what a message said before: to its author, and of those to everyone to hosts.

    Errors: as list_messages; message_not_found, forbidden.
    """
    async with context.ports.database.reading() as connection:
        reader = await find_reader(connection, meeting_id, principal)
        if not is_id(message_id):
            raise MessageNotFound("there is no such message")
        row = await messages.find_message(connection, PUBLIC, meeting_id, message_id)
        is_host = row is not None and reader.standing.role in MODERATORS
        row = row or await messages.find_message(connection, PRIVATE, meeting_id, message_id)
        is_author = row is not None and _is_mine(reader, row)
        if row is None or (not is_author and not is_host and row["message"].get("recipient_id")):
            raise MessageNotFound("there is no such message")
        if not (is_author or is_host):
            raise Forbidden("only its author and hosts see what a message said before")
        rows = await messages.list_edits(connection, message_id)
    return MessageEdits(items=[MessageEdit(**row) for row in rows])


async def export(
    context: Context, principal: Principal, meeting_id: str, form: ExportForm
) -> AsyncIterator[bytes]:
    """Return the messages to everyone as text or as JSON, for hosts; private ones are never in it.

    Errors: as list_messages; forbidden.
    """
    async with context.ports.database.reading() as connection:
        reader = await find_reader(connection, meeting_id, principal)
        check_participant(reader.standing.role, "chat:export")
    return _exported(context, meeting_id, form)


async def _exported(context: Context, meeting_id: str, form: ExportForm) -> AsyncIterator[bytes]:
    after, first = 0, True
    if form == "json":
        yield b'{"messages":['
    while True:
        async with context.ports.database.reading() as connection:
            rows = await chat.list_messages(
                connection, meeting_id, before_seq=None, after_seq=after, since=None, limit=_EXPORTED_AT_ONCE
            )
        found = [ChatMessage.model_validate(row["message"]) for row in rows]
        if not found:
            break
        after = found[-1].seq
        if form == "json":
            parts = [orjson.dumps(each.model_dump(mode="json")) for each in found]
            yield (b"" if first else b",") + b",".join(parts)
        else:
            yield "".join(_as_text(each) for each in found).encode()
        first = False
    if form == "json":
        yield b"]}"


def _as_text(message: ChatMessage) -> str:
    """Return a message as lines: when, who, what; what goes on is indented."""
    lines = message.body.splitlines() or [""]
    if message.deleted_at is not None:
        lines = ["[deleted]"]
    answers = f" (re: {message.reply_to.display_name})" if message.reply_to else ""
    edited = " [edited]" if message.edited_at else ""
    files = "".join(f"\n    [file] {file.name} ({file.size} bytes)" for file in message.files)
    text = "\n    ".join(lines)
    return f"{message.sent_at[:19]}Z {message.display_name}{answers}: {text}{edited}{files}\n"


def _page(reader: Reader, rows: list[RowMapping], limit: int) -> FoundPage:
    shown = rows[:limit]
    next_cursor = None
    if len(rows) > limit:
        last = shown[-1]
        next_cursor = encode_place(last["sent_at"], str(last["message_id"]))
    return FoundPage(items=[_show(reader, row) for row in shown], next_cursor=next_cursor)


def _pattern(text: str) -> str:
    """Return what rows without an index are compared with."""
    escaped = text.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _show(reader: Reader, row: RowMapping) -> ShownMessage:
    return ShownMessage.model_validate(row["message"] | {"mine": _is_mine(reader, row)})


def _is_mine(reader: Reader, row: RowMapping) -> bool:
    person_id = reader.standing.person_id
    return person_id is not None and row["person_id"] is not None and str(row["person_id"]) == person_id
