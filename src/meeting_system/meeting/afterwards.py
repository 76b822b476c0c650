"""What may still be done when a meeting is over: delete messages, close and publish polls."""

from typing import Any

from meeting_system.kernel.principal import Principal
from meeting_system.meeting import requests
from meeting_system.meeting.access import find_standing
from meeting_system.meeting.context import Context
from meeting_system.meeting.durable import Effect, Turn
from meeting_system.meeting.errors import MeetingNotLive
from meeting_system.meeting.repository import runs


async def ask_even_after(
    context: Context, principal: Principal, meeting_id: str, effect: Effect, *, key: str | None
) -> dict[str, Any]:
    """Let `effect` happen in the live run of a meeting, else in its latest one.

    Error: meeting_not_live where it never had any.
    """
    try:
        return await requests.ask(context, principal, meeting_id, effect, key=key)
    except MeetingNotLive:
        return await _ask_ended(context, principal, meeting_id, effect)


async def _ask_ended(
    context: Context, principal: Principal, meeting_id: str, effect: Effect
) -> dict[str, Any]:
    async with context.ports.database.transaction() as connection:
        standing = await find_standing(connection, meeting_id, principal)
        latest = await runs.find_latest_run(connection, meeting_id)
        run = latest and await runs.lock_run(connection, latest.run_id, meeting_id)
        if run is None:
            raise MeetingNotLive("this meeting has not begun")
        return await effect(Turn(context, connection, run, standing, context.ports.clock.now()))
