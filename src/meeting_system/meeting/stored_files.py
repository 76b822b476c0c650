"""Where the bytes of files in the chat lie, and how they go: after the commit, by the outbox, to be sure."""

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.chat import DeleteObjects
from meeting_system.kit import outbox
from meeting_system.meeting.context import Context


def content_key(meeting_id: str, file_id: str) -> str:
    """Return the key of a file's bytes."""
    return f"meetings/{meeting_id}/files/{file_id}/content"


def preview_key(meeting_id: str, file_id: str) -> str:
    """Return the key of a picture's preview."""
    return f"meetings/{meeting_id}/files/{file_id}/preview"


def keys_of(meeting_id: str, file_id: str) -> list[str]:
    """Return every key that a file may have."""
    return [content_key(meeting_id, file_id), preview_key(meeting_id, file_id)]


async def collect_deletion(connection: AsyncConnection, meeting_id: str, file_ids: Iterable[str]) -> None:
    """Have the objects of deleted files deleted once the transaction is committed."""
    keys = [key for file_id in file_ids for key in keys_of(meeting_id, file_id)]
    if keys:
        await outbox.collect(connection, DeleteObjects(keys=keys), key=f"objects:{meeting_id}")


async def delete_file(context: Context, meeting_id: str, file_id: str) -> None:
    """Delete every object of a file at once."""
    await delete_objects(context, DeleteObjects(keys=keys_of(meeting_id, file_id)))


async def delete_objects(context: Context, request: DeleteObjects) -> None:
    """Delete objects; those that are gone already are no error."""
    for key in request.keys:
        await context.ports.objects.delete(key)
