"""Meetings by the names that other software gave them: what was noted here, and how they are now."""

from collections.abc import Sequence
from dataclasses import dataclass

from meeting_system.bigbluebutton import repository
from meeting_system.bigbluebutton.context import Context
from meeting_system.bigbluebutton.errors import no_meeting
from meeting_system.bigbluebutton.repository import MeetingRow
from meeting_system.contracts.outside import FindOutsideMeetings, OutsideMeeting

OVER = frozenset({"ended", "cancelled", "expired"})


@dataclass(frozen=True)
class Known:
    """A meeting that is not over."""

    row: MeetingRow
    now: OutsideMeeting


async def find_known(context: Context, external_id: str) -> Known | None:
    """Return the meeting of a name; None when there is none, or it is over."""
    async with context.ports.database.reading() as connection:
        row = await repository.find_open(connection, external_id)
    known = [] if row is None else await _look(context, [row])
    return known[0] if known else None


async def get_known(context: Context, external_id: str) -> Known:
    """Return the meeting of a name. FAILED: notFound."""
    known = await find_known(context, external_id)
    if known is None:
        raise no_meeting()
    return known


async def list_known(context: Context) -> list[Known]:
    """Return all meetings that are not over."""
    async with context.ports.database.reading() as connection:
        rows = await repository.list_open(connection)
    return await _look(context, rows) if rows else []


async def _look(context: Context, rows: Sequence[MeetingRow]) -> list[Known]:
    """Ask how meetings are now, and note which of them are over."""
    asked = FindOutsideMeetings(meeting_ids=[row.meeting_id for row in rows])
    found = {meeting.meeting_id: meeting for meeting in (await context.ports.bus.call(asked)).items}
    over = [
        row.meeting_id for row in rows if row.meeting_id not in found or found[row.meeting_id].status in OVER
    ]
    if over:
        async with context.ports.database.transaction() as connection:
            await repository.mark_over(connection, over)
    return [Known(row, found[row.meeting_id]) for row in rows if row.meeting_id not in over]


def voice_bridge(known: Known) -> str:
    """Return the number of the voice conference: there is none by telephone, so the meeting's own."""
    return known.row.parameters.get("voiceBridge") or known.now.meeting_no[-5:]
