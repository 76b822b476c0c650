"""The meetings of a series: written some months ahead, by whichever process looks first."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.meeting_options import MeetingOptions
from meeting_system.kernel.ids import new_id
from meeting_system.kernel.principal import MeetingRole
from meeting_system.meeting.context import Context
from meeting_system.meeting.recurrence import Rule
from meeting_system.meeting.repository import invitees, rooms, schedule
from meeting_system.meeting.repository.schedule import FOR_EVER, SeriesRow
from meeting_system.meeting.timing import Span, make_span

_AT_ONCE = 20
_MOST_AT_A_TIME = 200


def rule_of(series: SeriesRow) -> Rule:
    """Return the rule that a series follows."""
    return Rule(series.rrule, series.starts_local, series.time_zone)


def times(span: Span, options: MeetingOptions) -> dict[str, Any]:
    """Return the columns that say when a meeting is, and from when on others than hosts may come."""
    return {
        "starts_at": span.starts_at,
        "ends_at": span.ends_at,
        "time_zone": span.time_zone,
        "opens_at": span.starts_at - timedelta(minutes=options.lobby_opens_min),
    }


async def write(
    context: Context,
    connection: AsyncConnection,
    series: SeriesRow,
    user_ids: Sequence[str],
    *,
    now: datetime,
    first_id: str | None = None,
) -> list[str]:
    """Write the meetings of a series up to the end of the window, with their members; those that are there
    stay. At least the next one is written, however far away. Returns the ids of the new ones in order of
    time.
    """
    until = now + timedelta(days=context.settings.series_ahead_days)
    rule = rule_of(series)
    instants, made_until = _choose(rule, series.made_until, until)
    options = MeetingOptions.model_validate(series.options)
    rows = [_row(series, instant, options, now) for instant in instants]
    if rows and first_id is not None:
        rows[0]["meeting_id"] = first_id
    made = await schedule.insert_occurrences(connection, rows)
    await add_members(connection, made, series.room_id, series.host_id, user_ids, now=now)
    await schedule.update_series(connection, series, {"made_until": made_until}, now=series.updated_at)
    return made


async def add_members(
    connection: AsyncConnection,
    meeting_ids: Sequence[str],
    room_id: str,
    host_id: str,
    user_ids: Sequence[str],
    *,
    now: datetime,
) -> None:
    """Make the host, the owners of the room (as co-hosts) and invited accounts members of meetings."""
    people: dict[str, str] = dict.fromkeys(user_ids, MeetingRole.ATTENDEE)
    people |= dict.fromkeys(await rooms.list_owner_ids(connection, room_id), MeetingRole.CO_HOST)
    people[host_id] = MeetingRole.HOST
    await schedule.insert_members(connection, meeting_ids, people, now=now)


async def extend_series(context: Context) -> int:
    """Write the meetings that came into the window since; return how many."""
    now = context.ports.clock.now()
    # A day of slack: a series is looked at once a day, not at every turn.
    made_before = now + timedelta(days=context.settings.series_ahead_days - 1)
    made = 0
    async with context.ports.database.transaction() as connection:
        rows = await schedule.list_series_to_extend(connection, made_before=made_before, limit=_AT_ONCE)
        invited = await invitees.list_user_ids(connection, [row.series_id for row in rows])
        for row in rows:
            made += len(await write(context, connection, row, invited[row.series_id], now=now))
    return made


def _choose(rule: Rule, after: datetime, until: datetime) -> tuple[list[datetime], datetime]:
    """Return the occurrences to write, and up to when all are written then."""
    chosen: list[datetime] = []
    for instant in rule:
        if instant <= after:
            continue
        if chosen and (instant > until or len(chosen) >= _MOST_AT_A_TIME):
            return chosen, max(chosen[-1], min(until, instant - timedelta(seconds=1)))
        chosen.append(instant)
    return chosen, FOR_EVER


def _row(series: SeriesRow, instant: datetime, options: MeetingOptions, now: datetime) -> dict[str, Any]:
    span = make_span(instant, series.time_zone, series.duration_min)
    return {
        **series.planned(),
        **times(span, options),
        "meeting_id": new_id(now.timestamp()),
        "series_id": series.series_id,
        "recurrence_id": instant,
        "status": "scheduled",
        "locked": False,
        "chat_seq": 0,
        "created_at": now,
    }
