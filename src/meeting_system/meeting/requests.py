"""Durable commands over HTTP: the same effects as over signaling."""

from typing import Any

from meeting_system.kernel.ids import new_secret
from meeting_system.kernel.principal import Principal
from meeting_system.meeting import durable, lifecycle
from meeting_system.meeting.access import find_standing
from meeting_system.meeting.context import Context
from meeting_system.meeting.durable import Effect
from meeting_system.meeting.errors import MeetingEnded, MeetingNotLive
from meeting_system.meeting.repository import runs
from meeting_system.meeting.repository.runs import RunRow


async def ask(
    context: Context, principal: Principal, meeting_id: str, effect: Effect, *, key: str | None
) -> dict[str, Any]:
    """Let `effect` happen in the live run of a meeting. `key`: the Idempotency-Key, if one was sent."""
    run = await _find_run(context, principal, meeting_id)
    if run is None:
        raise MeetingNotLive("this meeting has not begun")
    return await durable.once(context, durable.call_over_http(run, principal, key or new_secret()), effect)


async def end(context: Context, principal: Principal, meeting_id: str, *, key: str | None) -> None:
    """End a meeting, live or not begun. Errors: forbidden, meeting_ended."""
    run = await _find_run(context, principal, meeting_id)
    # One that was tried out before its time has had a run, and has not begun.
    if run is None or run.ended_at is not None:
        if await lifecycle.end_unstarted(context, principal, meeting_id):
            return
        run = await _find_run(context, principal, meeting_id)
    if run is None:
        raise MeetingEnded("this meeting is over")
    try:
        call = durable.call_over_http(run, principal, key or new_secret())
        await durable.once(context, call, lifecycle.end)
    except MeetingNotLive as error:
        raise MeetingEnded("this meeting is over") from error


async def _find_run(context: Context, principal: Principal, meeting_id: str) -> RunRow | None:
    async with context.ports.database.reading() as connection:
        await find_standing(connection, meeting_id, principal)
        return await runs.find_latest_run(connection, meeting_id)
