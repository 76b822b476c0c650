"""Objects in backups: each is a member, read from and written to wherever objects are kept.

A backup of one place is restored to another as well. One that is deleted meanwhile is left out.
"""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO

from meeting_system.adapters.data_folder import SUFFIX
from meeting_system.app.backup import archive
from meeting_system.app.backup.place import FOLDER
from meeting_system.app.objects import configured_objects
from meeting_system.app.settings import Settings
from meeting_system.kernel.errors import NotFound

IN_MEMORY = 16 << 20
"""Bytes of an object that are not written to the disk on their way into the archive."""


async def add_objects(settings: Settings, writer: archive.Writer) -> None:
    """Append every object. Backups that lie beside them are none."""
    objects = configured_objects(settings)
    for each in await objects.list():
        if not is_backup(each.key):
            with tempfile.SpooledTemporaryFile(IN_MEMORY) as content:
                try:
                    async for piece in objects.get(each.key):
                        await asyncio.to_thread(content.write, piece)
                except NotFound:
                    continue
                content.seek(0)
                name = f"{archive.OBJECTS}{each.key}"
                await asyncio.to_thread(writer.add, name, archive.chunks_of(content))


def is_backup(key: str) -> bool:
    """Tell whether an object is a backup."""
    return key.startswith(f"{FOLDER}/") or SUFFIX in key.rsplit("/", 1)[-1]


async def bring_objects_back(settings: Settings, file: IO[bytes], new: Path) -> None:
    """Put the objects of a checked backup where objects are kept now; `new`: the data folder to be."""
    objects = configured_objects(settings, new)
    for key, content in archive.read_objects(file):
        await objects.put(key, _pieces(content))
    if settings.objects.url is None:
        await asyncio.to_thread(os.sync)


async def _pieces(content: IO[bytes]) -> AsyncIterator[bytes]:
    for piece in archive.chunks_of(content):
        yield piece
