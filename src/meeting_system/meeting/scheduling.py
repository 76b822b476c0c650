"""Changing and cancelling what is scheduled: one meeting, this and those after it, or the whole series."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.meeting_options import MeetingOptions
from meeting_system.contracts.permissions import check_participant
from meeting_system.kernel.ids import new_id
from meeting_system.kernel.principal import Principal
from meeting_system.kit.exchange import check_version
from meeting_system.meeting import hooks, occurrences, timing
from meeting_system.meeting.access import find_standing
from meeting_system.meeting.announcements import Letters
from meeting_system.meeting.context import Context
from meeting_system.meeting.errors import (
    MeetingEnded,
    MeetingIsLive,
    RecurrenceInvalid,
    StartInvalid,
)
from meeting_system.meeting.recurrence import cut_rule, parse_rule, rest_of_rule
from meeting_system.meeting.repository import invitees, schedule
from meeting_system.meeting.repository.schedule import EditableRow, SeriesRow
from meeting_system.meeting.rules import OVER
from meeting_system.meeting.schemas import MeetingChange, Scope
from meeting_system.meeting.timing import Span

_PLAIN = frozenset({"title", "description", "guests_allowed"})


@dataclass(frozen=True)
class _Work:
    """One change in its transaction."""

    context: Context
    connection: AsyncConnection
    letters: Letters
    now: datetime


async def update_meeting(
    context: Context,
    principal: Principal,
    meeting_id: str,
    change: MeetingChange,
    *,
    scope: Scope = "this",
    base_url: str,
) -> str:
    """Change what was sent, and tell those invited. Returns the id of the meeting: a new time for several
    meetings of a series makes new ones.

    A new time for `following` or `all` is that of this meeting; the others follow by the rule. Errors:
    forbidden, meeting_not_found, meeting_ended, meeting_is_live, precondition_failed, start_invalid,
    time_zone_unknown, recurrence_invalid.
    """
    password_hash = await context.passwords.hash(change.password) if change.password else None
    now = context.ports.clock.now()
    async with context.ports.database.transaction() as connection:
        row = await _hold(connection, principal, meeting_id, "meeting:update")
        work = _Work(
            context, connection, Letters(context, connection, base_url, password=change.password), now
        )
        plain = _plain_changes(change, password_hash)
        if row.series_id is None or row.recurrence_id is None or scope == "this":
            await _change_one(work, row, change, plain)
            changed_id = meeting_id
        else:
            changed_id = await _change_series(work, row, change, plain, scope)
        if change.model_fields_set:
            await hooks.tell_meeting(context, connection, "meeting.updated", changed_id, now=now)
    return changed_id


async def cancel_meeting(
    context: Context, principal: Principal, meeting_id: str, scope: Scope, *, base_url: str
) -> None:
    """Cancel what has not begun, and tell those invited. Errors: forbidden, meeting_not_found, meeting_ended,
    meeting_is_live."""
    now = context.ports.clock.now()
    async with context.ports.database.transaction() as connection:
        row = await _hold(connection, principal, meeting_id, "meeting:cancel")
        work = _Work(context, connection, Letters(context, connection, base_url), now)
        if row.series_id is None or row.recurrence_id is None or scope == "this":
            await _cancel_one(work, row)
        else:
            await _cancel_series(work, row, scope)
        await hooks.tell_meeting(context, connection, "meeting.cancelled", meeting_id, now=now)


async def cancel_all(context: Context, connection: AsyncConnection, host_id: str) -> None:
    """Cancel what is to come of an account that is deleted, and tell those invited: in their calendars it
    would stay."""
    now = context.ports.clock.now()
    work = _Work(context, connection, Letters(context, connection, base_url=""), now)
    for planned in await schedule.list_planned(connection, host_id):
        if planned.series_id is not None:
            await _end_series(work, await schedule.lock_series(connection, planned.series_id))
        else:
            await _cancel_one(work, await schedule.lock_meeting(connection, planned.meeting_id))
        await hooks.tell_meeting(context, connection, "meeting.cancelled", planned.meeting_id, now=now)


async def _hold(
    connection: AsyncConnection,
    principal: Principal,
    meeting_id: str,
    permission: str,
) -> EditableRow:
    standing = await find_standing(connection, meeting_id, principal)
    check_participant(standing.role, permission)
    row = await schedule.lock_meeting(connection, meeting_id)
    if row.status in OVER:
        raise MeetingEnded("this meeting is over")
    check_version(str(row.version))
    return row


def _plain_changes(change: MeetingChange, password_hash: str | None) -> dict[str, Any]:
    changes: dict[str, Any] = change.model_dump(include=change.model_fields_set & _PLAIN)
    if "password" in change.model_fields_set:
        changes["password_hash"] = password_hash
    return changes


async def _change_one(work: _Work, row: EditableRow, change: MeetingChange, plain: dict[str, Any]) -> None:
    if change.recurrence is not None:
        raise RecurrenceInvalid(
            "the rule belongs to the series: change all meetings, or this and those after"
        )
    changes = plain | _options(change, row.options)
    span = _new_span(row, change, work.now)
    options = MeetingOptions.model_validate(changes.get("options", row.options))
    if span is not None:
        changes |= occurrences.times(span, options)
        changes["status"] = "scheduled" if changes["opens_at"] > work.now else "lobby_open"
    elif row.starts_at is not None and "options" in changes:
        changes["opens_at"] = row.starts_at - timedelta(minutes=options.lobby_opens_min)
    if not changes:
        return
    told = bool(span) or bool(changes.keys() & {"title", "description"})
    if told:
        changes["sequence"] = await _next_sequence(work, row)
    if row.series_id is not None:
        changes["changed_alone"] = True
    changed = await schedule.update_meeting(work.connection, row, changes)
    if told or work.letters.password:
        await work.letters.tell_meeting("changed", changed)


async def _next_sequence(work: _Work, row: EditableRow) -> int:
    """Of an occurrence it grows beyond that of its series, whose entry it replaces (RFC 5546, 2.1.4)."""
    if row.series_id is None:
        return row.sequence + 1
    series = await schedule.lock_series(work.connection, row.series_id)
    return max(series.sequence, row.sequence) + 1


def _options(change: MeetingChange, stored: dict[str, Any]) -> dict[str, Any]:
    return {"options": stored | change.options.sent()} if change.options else {}


def _new_span(row: EditableRow, change: MeetingChange, now: datetime) -> Span | None:
    """Return the new time of one meeting; None when it stays."""
    if not change.moves():
        return None
    if row.status == "live":
        raise MeetingIsLive("this meeting goes on: its time can't be changed any more")
    old_min = 60
    if row.starts_at is not None and row.ends_at is not None:
        old_min = int((row.ends_at - row.starts_at) / timedelta(minutes=1))
    zone = change.time_zone or row.time_zone
    if change.starts_at is not None:
        starts_at, zone = timing.parse_start(change.starts_at, zone)
    elif row.starts_at is None or row.time_zone is None:
        raise StartInvalid("this meeting has no time yet: say starts_at")
    else:
        # Another zone alone keeps the hour on the wall.
        local = Span(row.starts_at, row.starts_at, row.time_zone).starts_local()
        zone = timing.check_zone(zone or "UTC")
        starts_at = timing.to_instant(local, zone)
    span = timing.make_span(starts_at, zone, change.duration_min or old_min)
    timing.check_ahead(span, now)
    return span


async def _change_series(
    work: _Work, row: EditableRow, change: MeetingChange, plain: dict[str, Any], scope: Scope
) -> str:
    assert row.series_id is not None
    assert row.recurrence_id is not None
    series = await schedule.lock_series(work.connection, row.series_id)
    since = row.recurrence_id
    if scope == "all":
        since = await schedule.find_first_coming(work.connection, series.series_id) or since
    plain |= _options(change, series.options)
    begun = await schedule.has_begun(work.connection, series.series_id, before=since)
    if not change.moves() and (scope == "all" or not begun):
        await _change_all(work, series, plain)
        return row.meeting_id
    return await _change_from(work, series, row, change, plain, since=since, begun=begun)


async def _change_all(work: _Work, series: SeriesRow, plain: dict[str, Any]) -> None:
    """Change what all meetings have in common; their times stay."""
    if not plain:
        return
    series = await schedule.update_series(
        work.connection, series, plain | {"sequence": series.sequence + 1}, now=work.now
    )
    await schedule.update_coming(work.connection, series.series_id, plain)
    if "options" in plain:
        options = MeetingOptions.model_validate(series.options)
        await schedule.set_opening(work.connection, series.series_id, options.lobby_opens_min)
    if plain.keys() & {"title", "description"} or work.letters.password:
        await work.letters.tell_series("changed", series)


async def _change_from(
    work: _Work,
    series: SeriesRow,
    row: EditableRow,
    change: MeetingChange,
    plain: dict[str, Any],
    *,
    since: datetime,
    begun: bool,
) -> str:
    """Give the meetings from `since` on a new rule. What was before keeps the old one: then the rest becomes
    a series of its own, with the same number and the same people."""
    values = plain | _new_rule(series, row, change, since, work.now)
    people = await invitees.list_invitees(work.connection, series.series_id, "")
    if begun:
        await schedule.replace_coming(work.connection, series.series_id, since=since, now=work.now)
        old = await _cut(work, series, since)
        await work.letters.tell_series("changed", old, to=people)
        new = await _continue(work, series, values)
        people = await invitees.copy_invitees(work.connection, people, new.series_id, now=work.now)
    else:
        await schedule.replace_coming(work.connection, series.series_id, since=None, now=work.now)
        values |= {"sequence": series.sequence + 1, "over_at": None}
        new = await schedule.update_series(work.connection, series, values, now=work.now)
    user_ids = [person.user_id for person in people if person.user_id is not None]
    made = await occurrences.write(work.context, work.connection, new, user_ids, now=work.now)
    await work.letters.tell_series("invited" if begun else "changed", new, to=people)
    return made[0] if made else row.meeting_id


def _new_rule(
    series: SeriesRow, row: EditableRow, change: MeetingChange, since: datetime, now: datetime
) -> dict[str, Any]:
    """Return the columns of the rule from `since` on. `row` says by how much the hour moves."""
    span = _new_span(row, change, now) if change.moves() else None
    old = occurrences.rule_of(series)
    zone = span.time_zone if span else series.time_zone
    start = Span(since, since, series.time_zone).starts_local()
    duration_min = change.duration_min or series.duration_min
    if span is not None and change.starts_at is not None:
        assert row.recurrence_id is not None
        start += span.starts_local() - Span(row.recurrence_id, since, series.time_zone).starts_local()
    rule = parse_rule(change.recurrence or rest_of_rule(old, since), start, zone)
    if change.recurrence is None and rule.starts_local != start:
        raise RecurrenceInvalid("the new day is none of the rule's: say the new recurrence as well")
    first = timing.to_instant(rule.starts_local, zone)
    timing.check_ahead(timing.make_span(first, zone, duration_min), now)
    return {
        "time_zone": zone,
        "starts_local": rule.starts_local,
        "duration_min": duration_min,
        "rrule": rule.text,
        "made_until": first - timedelta(seconds=1),
    }


async def _continue(work: _Work, old: SeriesRow, values: dict[str, Any]) -> SeriesRow:
    new = SeriesRow(
        **vars(old)
        | values
        | {
            "series_id": new_id(work.now.timestamp()),
            "continues_id": old.continues_id or old.series_id,
            "sequence": 0,
            "created_at": work.now,
            "updated_at": work.now,
            "over_at": None,
        }
    )
    await schedule.insert_series(work.connection, new)
    return new


async def _cut(work: _Work, series: SeriesRow, before: datetime) -> SeriesRow:
    """End the rule of a series before an occurrence."""
    changes = {
        "rrule": cut_rule(occurrences.rule_of(series), before),
        "sequence": series.sequence + 1,
        "made_until": schedule.FOR_EVER,
    }
    return await schedule.update_series(work.connection, series, changes, now=work.now)


async def _cancel_one(work: _Work, row: EditableRow) -> None:
    if row.status == "live":
        raise MeetingIsLive("this meeting goes on: end it instead")
    changes = {"status": "cancelled", "ended_at": work.now, "sequence": await _next_sequence(work, row)}
    cancelled = await schedule.update_meeting(work.connection, row, changes)
    await work.letters.tell_meeting("cancelled", cancelled)


async def _cancel_series(work: _Work, row: EditableRow, scope: Scope) -> None:
    assert row.series_id is not None
    assert row.recurrence_id is not None
    series = await schedule.lock_series(work.connection, row.series_id)
    begun = await schedule.has_begun(work.connection, series.series_id, before=row.recurrence_id)
    if scope == "following" and begun:
        await schedule.cancel_coming(work.connection, series.series_id, since=row.recurrence_id, now=work.now)
        cut = await _cut(work, series, row.recurrence_id)
        await work.letters.tell_series("changed", cut)
        return
    await _end_series(work, series)


async def _end_series(work: _Work, series: SeriesRow) -> None:
    await schedule.cancel_coming(work.connection, series.series_id, since=None, now=work.now)
    changes = {"over_at": work.now, "sequence": series.sequence + 1}
    over = await schedule.update_series(work.connection, series, changes, now=work.now)
    await work.letters.tell_series("cancelled", over)
