"""Lists in pages: `{items, next_cursor}`. A cursor is opaque and says after which item to go on."""

import base64
import binascii
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel

from meeting_system.kernel.errors import FieldError, Invalid
from meeting_system.kernel.ids import is_id

MOST_ITEMS = 100
LONGEST_CURSOR = 512

ItemT = TypeVar("ItemT")

Limit = Annotated[int, Query(ge=1, le=MOST_ITEMS)]
Cursor = Annotated[str | None, Query(max_length=LONGEST_CURSOR)]


class CursorInvalid(Invalid):
    """Not a cursor that we gave."""

    code = "cursor_invalid"


class Page(BaseModel, Generic[ItemT]):
    """One page; `next_cursor` None: the last one."""

    items: list[ItemT]
    next_cursor: str | None = None


def encode_cursor(position: str) -> str:
    """Return the cursor for a position, such as the id of the last item shown."""
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def decode_id(cursor: str) -> str:
    """Return the id that a cursor stands for; raise CursorInvalid when it is none."""
    position = decode_cursor(cursor)
    if not is_id(position):
        raise CursorInvalid("this cursor is not from this list: start with the first page")
    return position


def decode_cursor(cursor: str) -> str:
    """Return the position of a cursor; raise CursorInvalid when it is none. The position is to be checked."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error) as error:
        problem = FieldError("/query/cursor", "not a cursor of this list")
        raise CursorInvalid(
            "the cursor is not one of ours: start with the first page", errors=[problem]
        ) from error
