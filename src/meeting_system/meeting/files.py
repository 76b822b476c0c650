"""Files in the chat: uploaded before the message that carries them, given out to those who may read it."""

import asyncio
import re
import unicodedata
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

from meeting_system.contracts.permissions import check_participant
from meeting_system.contracts.signal_chat import ChatFile
from meeting_system.kernel.errors import Forbidden, NotFound, Unavailable
from meeting_system.kernel.ids import is_id, new_id
from meeting_system.kernel.principal import Principal
from meeting_system.meeting import chat_rules, pictures, stored_files
from meeting_system.meeting.chat_errors import ChatOff, FileNotFound, FileTooLarge, TooManyFiles
from meeting_system.meeting.context import Context
from meeting_system.meeting.reader import Reader, find_reader
from meeting_system.meeting.repository import files
from meeting_system.meeting.repository.files import FileRow

LONGEST_NAME = 120
MOST_PREVIEWED_BYTES = 32 << 20
SILENCE_S = 30
"""Nobody holds an upload open for longer without sending anything."""

_AT_ONCE = 100


@dataclass(frozen=True)
class Download:
    """What is given out: its bytes, and what is said of them."""

    name: str
    media_type: str
    size: int | None
    content: AsyncIterator[bytes]


def clean_name(name: str) -> str:
    """Return the name of a file as it is shown and saved: no folders, control or reordering characters."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    kept = "".join(each for each in last if unicodedata.category(each) not in {"Cc", "Cf", "Cs", "Cn", "Co"})
    kept = re.sub(r'[<>:"|?*]', "_", " ".join(kept.split())).strip(". ")
    stem, dot, ending = kept.rpartition(".")
    if dot and len(ending) <= 16:
        return f"{stem[: LONGEST_NAME - len(ending) - 1] or 'file'}.{ending}"
    return kept[:LONGEST_NAME] or "file"


async def upload(
    context: Context,
    principal: Principal,
    meeting_id: str,
    *,
    name: str,
    size: int | None,
    content: AsyncIterable[bytes],
) -> ChatFile:
    """Store a file of the caller's for a message to come. `size`: what the request says, if it does.

    Errors: meeting_not_found, forbidden, chat_off, file_too_large, too_many_files.
    """
    limit = context.settings.file_limit
    if size is not None and size > limit:
        raise FileTooLarge(f"a file may have {limit} bytes here")
    name = clean_name(name)
    file_id = await _announce(context, principal, meeting_id, name, size or 0)
    head = bytearray()
    try:
        stored = await context.ports.objects.put(
            stored_files.content_key(meeting_id, file_id), _measured(content, limit, head)
        )
        media_type = pictures.sniff(bytes(head))
        preview = await _preview(context, meeting_id, file_id, media_type, stored.size)
    except TimeoutError as error:
        await _forget(context, meeting_id, file_id)
        raise Unavailable("the upload stood still for too long: send the file again") from error
    except BaseException:
        # Also where the client is gone: nothing of half a file stays. What fails here the job collects.
        await asyncio.shield(_forget(context, meeting_id, file_id))
        raise
    width, height = (preview.width, preview.height) if preview else (None, None)
    async with context.ports.database.transaction() as connection:
        if not await files.finish(
            connection, file_id, media_type=media_type, size=stored.size, width=width, height=height
        ):
            raise FileNotFound("this took so long that it was given up: upload it again")
    return ChatFile(
        file_id=file_id,
        name=name,
        media_type=media_type,
        size=stored.size,
        width=width,
        height=height,
    )


async def _announce(context: Context, principal: Principal, meeting_id: str, name: str, size: int) -> str:
    now = context.ports.clock.now()
    file_id = new_id(now.timestamp())
    async with context.ports.database.transaction() as connection:
        reader = await find_reader(connection, meeting_id, principal)
        check_participant(reader.standing.role, "file:upload")
        if reader.standing.person_id is None or reader.standing.participant_id is None:
            raise Forbidden("join the meeting first")
        if reader.options.attendees_may_chat == "off" and reader.standing.role in chat_rules.LIMITED:
            raise ChatOff("the host turned the chat off for attendees")
        if await files.count_bytes(connection, meeting_id) + size > context.settings.files_of_meeting:
            raise TooManyFiles("the files of this meeting take all the room there is: delete some first")
        await files.announce(
            connection,
            file_id=file_id,
            meeting_id=meeting_id,
            person_id=reader.standing.person_id,
            name=name,
            size=size,
            now=now,
        )
    return file_id


async def _measured(content: AsyncIterable[bytes], limit: int, head: bytearray) -> AsyncIterator[bytes]:
    """Hand the bytes on, counting them, and keep the first few."""
    size, pieces = 0, aiter(content)
    while True:
        async with asyncio.timeout(SILENCE_S):
            chunk = await anext(pieces, None)
        if chunk is None:
            return
        size += len(chunk)
        if size > limit:
            raise FileTooLarge(f"a file may have {limit} bytes here")
        if len(head) < pictures.SNIFFED_BYTES:
            head += chunk[: pictures.SNIFFED_BYTES - len(head)]
        yield chunk


async def _preview(
    context: Context, meeting_id: str, file_id: str, media_type: str, size: int
) -> pictures.Preview | None:
    if not pictures.is_picture(media_type) or size > MOST_PREVIEWED_BYTES:
        return None
    async with context.drawing:
        key = stored_files.content_key(meeting_id, file_id)
        content = b"".join([piece async for piece in context.ports.objects.get(key)])
        preview = await asyncio.to_thread(pictures.draw_preview, content, media_type)
    if preview is not None:
        await context.ports.objects.put(stored_files.preview_key(meeting_id, file_id), _once(preview.content))
    return preview


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _forget(context: Context, meeting_id: str, file_id: str) -> None:
    """Leave nothing of a file. Where the store is away that is the job's, and until then it takes no room."""
    try:
        await stored_files.delete_file(context, meeting_id, file_id)
    except Unavailable:
        async with context.ports.database.transaction() as connection:
            await files.empty(connection, file_id)
        return
    async with context.ports.database.transaction() as connection:
        await files.delete_row(connection, file_id)


async def discard(context: Context, principal: Principal, meeting_id: str, file_id: str) -> None:
    """Delete a file that its owner uploaded and did not send. Error: file_not_found."""
    async with context.ports.database.transaction() as connection:
        reader = await find_reader(connection, meeting_id, principal)
        person_id = reader.standing.person_id
        if not is_id(file_id) or person_id is None:
            raise FileNotFound("there is no such file")
        if not await files.take_unsent(connection, person_id, meeting_id, file_id):
            raise FileNotFound("there is no such file, or it was sent: delete its message")
        await stored_files.collect_deletion(connection, meeting_id, [file_id])


async def download(context: Context, principal: Principal, meeting_id: str, file_id: str) -> Download:
    """Return a file to who may read its message. Errors: meeting_not_found, file_not_found."""
    row = await _find(context, principal, meeting_id, file_id)
    content = await _begun(context, stored_files.content_key(meeting_id, file_id))
    return Download(row.name, row.media_type, row.size, content)


async def show_preview(context: Context, principal: Principal, meeting_id: str, file_id: str) -> Download:
    """Return the small picture of a picture. Errors: meeting_not_found, file_not_found."""
    row = await _find(context, principal, meeting_id, file_id)
    if row.width is None:
        raise FileNotFound("this file has no preview")
    content = await _begun(context, stored_files.preview_key(meeting_id, file_id))
    return Download(f"{row.name}.webp", pictures.PREVIEW_TYPE, None, content)


async def _begun(context: Context, key: str) -> AsyncIterator[bytes]:
    """Return the bytes of an object, the first of them there already: what fails fails before the answer."""
    pieces = context.ports.objects.get(key)
    try:
        first = await anext(pieces, b"")
    except NotFound as error:
        raise FileNotFound("there is no such file any more") from error

    async def go_on() -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    return go_on()


async def _find(context: Context, principal: Principal, meeting_id: str, file_id: str) -> FileRow:
    async with context.ports.database.reading() as connection:
        reader = await find_reader(connection, meeting_id, principal)
        check_participant(reader.standing.role, "chat:read")
        row = await files.find_file(connection, meeting_id, file_id) if is_id(file_id) else None
    if row is None or not may_have(reader, row):
        raise FileNotFound("there is no such file")
    return row


def may_have(reader: Reader, row: FileRow) -> bool:
    """Tell whether somebody may have a file: who sees its message; of one that was not sent, its owner."""
    person_id = reader.standing.person_id
    if row.pair is not None:
        return person_id in row.pair
    if row.message_at is None:
        return person_id == row.person_id
    return reader.since is None or row.message_at >= reader.since


async def collect_orphans(context: Context) -> int:
    """Delete files that were uploaded and never sent, and those of deleted meetings; return how many."""
    before = context.ports.clock.now() - timedelta(seconds=context.settings.unsent_files_kept_s)
    async with context.ports.database.transaction() as connection:
        orphans = await files.take_orphans(connection, unsent_since=before, limit=_AT_ONCE)
        # In the transaction: where the store is away, the rows stay and it is tried again.
        for meeting_id, file_id in orphans:
            await stored_files.delete_file(context, meeting_id, file_id)
    return len(orphans)
