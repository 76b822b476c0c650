"""Where a list goes on: the positions inside its cursors, checked."""

from datetime import datetime

from meeting_system.kernel.ids import is_id
from meeting_system.kit import paging
from meeting_system.kit.paging import CursorInvalid, decode_cursor, encode_cursor
from meeting_system.meeting.repository.meetings import Place


def decode_id(cursor: str | None) -> str | None:
    """Return the id that a list in order of ids goes on after."""
    return None if cursor is None else paging.decode_id(cursor)


def decode_place(cursor: str | None) -> Place | None:
    """Return the time and the id that a list in order of time goes on after."""
    if cursor is None:
        return None
    moment, _, item_id = decode_cursor(cursor).partition("|")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        raise _foreign() from None
    if at.tzinfo is None or not is_id(item_id):
        raise _foreign()
    return at, item_id


def encode_place(at: datetime, item_id: str) -> str:
    """Return the cursor for a time and an id."""
    return encode_cursor(f"{at.isoformat()}|{item_id}")


def _foreign() -> CursorInvalid:
    return CursorInvalid("this cursor is not from this list: start with the first page")
