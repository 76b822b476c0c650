"""What is seen of breakouts over HTTP."""

from meeting_system.contracts.permissions import check_participant
from meeting_system.contracts.signal_breakouts import BreakoutsState
from meeting_system.kernel.principal import Principal
from meeting_system.meeting.access import find_standing
from meeting_system.meeting.context import Context
from meeting_system.meeting.repository import chat, runs


async def look(context: Context, principal: Principal, meeting_id: str) -> BreakoutsState | None:
    """Return the breakouts of a meeting that goes on. Errors: forbidden, meeting_not_found."""
    async with context.ports.database.reading() as connection:
        standing = await find_standing(connection, meeting_id, principal)
        check_participant(standing.role, "chat:read")
        run = await runs.find_latest_run(connection, meeting_id)
        if run is None or run.ended_at is not None:
            return None
        row = await chat.read_room(connection, meeting_id=meeting_id, run_id=run.run_id, messages_at_most=0)
    found = None if row is None else row["breakouts"]
    return None if found is None else BreakoutsState.model_validate(found)
