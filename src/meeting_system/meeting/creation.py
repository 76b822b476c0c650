"""A new meeting or series, with its host in the same transaction: there is never one without."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from meeting_system.contracts.contact import Contact
from meeting_system.contracts.meeting_options import MeetingOptions
from meeting_system.contracts.permissions import check_account
from meeting_system.contracts.webhook import HookType
from meeting_system.kernel.errors import Unavailable
from meeting_system.kernel.ids import new_id
from meeting_system.kernel.principal import Account, MeetingRole
from meeting_system.meeting import hooks, occurrences, rules, timing
from meeting_system.meeting.addressees import People, find_people
from meeting_system.meeting.announcements import Letters
from meeting_system.meeting.context import Context
from meeting_system.meeting.recurrence import Rule, parse_rule
from meeting_system.meeting.repository import commands, rooms, schedule
from meeting_system.meeting.repository.rooms import RoomRow
from meeting_system.meeting.repository.schedule import SeriesRow
from meeting_system.meeting.rooms import open_room, use_room
from meeting_system.meeting.schemas import NewMeeting
from meeting_system.meeting.timing import Span

_TRIES = 10


@dataclass(frozen=True)
class _Plan:
    """When the meeting is: `span` of an instant one is None, `rule` of one that comes once."""

    span: Span | None
    rule: Rule | None
    now: datetime


async def create_meeting(
    context: Context, account: Account, sent: NewMeeting, *, key: str | None, base_url: str
) -> str:
    """Make a meeting, or a series; return the id of it, or of the first of the series.

    `key`: the Idempotency-Key, with which a repeat returns the first meeting and invites nobody again.
    Errors: start_invalid, time_zone_unknown, recurrence_invalid, room_not_found.
    """
    check_account(account, "meeting:create")
    plan = _plan(sent, context.ports.clock.now())
    password_hash = await context.passwords.hash(sent.password) if sent.password else None
    people = await find_people(context, account.user_id, sent.invitees)
    meeting_id = new_id(plan.now.timestamp())
    async with context.ports.database.transaction() as connection:
        if key is not None:
            done = await _claim(connection, account, key, meeting_id, plan.now)
            if done is not None:
                return done
        room = await _find_room(connection, account, sent, plan.now)
        template = _template(account, people.host, sent, room, password_hash, plan.now)
        if plan.span is not None and plan.rule is not None:
            await _insert_series(context, connection, template, plan.span, plan.rule, people, meeting_id)
        else:
            await _insert_single(connection, template, plan, meeting_id, people)
        await hooks.tell_meeting(context, connection, _created(plan), meeting_id, now=plan.now)
        if people.invited:
            letters = Letters(context, connection, base_url, password=sent.password)
            await letters.invite(meeting_id, people)
    return meeting_id


async def open_meeting(context: Context, account: Account, room_id: str) -> str:
    """Return the meeting that is held in a room at once; made if there is none. Error: room_not_found."""
    check_account(account, "meeting:create")
    now = context.ports.clock.now()
    meeting_id = new_id(now.timestamp())
    async with context.ports.database.transaction() as connection:
        room = await use_room(connection, account, room_id)
        # Two who open it at the same moment come into the same meeting.
        await rooms.lock_room(connection, room_id)
        found = await rooms.find_present_meeting(connection, room_id)
        if found is not None:
            await schedule.insert_members(
                connection, [found], {account.user_id: MeetingRole.ATTENDEE}, now=now
            )
            return found
        template = _template(account, None, NewMeeting(), room, None, now)
        await _insert_single(connection, template, _Plan(None, None, now), meeting_id, People(None))
        await hooks.tell_meeting(context, connection, "meeting.created", meeting_id, now=now)
    return meeting_id


async def insert_meeting(
    connection: AsyncConnection,
    account: Account,
    sent: NewMeeting,
    room: RoomRow,
    meeting_id: str,
    password_hash: str | None,
    now: datetime,
) -> None:
    """Write an instant meeting of `room` with its host, under a number that nobody has."""
    template = _template(account, None, sent, room, password_hash, now)
    await _insert_single(connection, template, _Plan(None, None, now), meeting_id, People(None))


def _created(plan: _Plan) -> HookType:
    return "meeting.created" if plan.span is None else "meeting.scheduled"


def _plan(sent: NewMeeting, now: datetime) -> _Plan:
    if sent.starts_at is None:
        return _Plan(None, None, now)
    starts_at, zone = timing.parse_start(sent.starts_at, sent.time_zone)
    span = timing.make_span(starts_at, zone, sent.duration_min)
    rule = None
    if sent.recurrence is not None:
        rule = parse_rule(sent.recurrence, span.starts_local(), zone)
        span = timing.make_span(timing.to_instant(rule.starts_local, zone), zone, sent.duration_min)
    timing.check_ahead(span, now)
    return _Plan(span, rule, now)


async def _claim(
    connection: AsyncConnection, account: Account, key: str, meeting_id: str, now: datetime
) -> str | None:
    sid = f"http:create:{account.user_id}:{key}"
    if await commands.claim_command(connection, sid=sid, cid=1, answer={"meeting_id": meeting_id}, now=now):
        return None
    done = await commands.find_command(connection, sid, 1)
    return None if done is None else str(done.answer["meeting_id"])


async def _find_room(
    connection: AsyncConnection, account: Account, sent: NewMeeting, now: datetime
) -> RoomRow:
    if sent.room_id is None:
        return await open_room(connection, account.user_id, account.display_name, now=now)
    return await use_room(connection, account, sent.room_id)


def _template(
    account: Account,
    host: Contact | None,
    sent: NewMeeting,
    room: RoomRow,
    password_hash: str | None,
    now: datetime,
) -> dict[str, Any]:
    """Return what the meetings of a series have in common, and what one meeting has."""
    own_password = "password" in sent.model_fields_set
    options = sent.options.sent() if sent.options else {}
    return {
        "room_id": room.room_id,
        "host_id": account.user_id,
        "host_name": account.display_name,
        "host_email": host.email if host else None,
        "host_locale": host.locale if host else None,
        "title": sent.title or room.display_name,
        "description": sent.description,
        "password_hash": password_hash if own_password else room.password_hash,
        "guests_allowed": room.guests_allowed if sent.guests_allowed is None else sent.guests_allowed,
        "options": room.options | options,
        "created_at": now,
    }


async def _insert_single(
    connection: AsyncConnection, template: dict[str, Any], plan: _Plan, meeting_id: str, people: People
) -> None:
    values = template | {
        "meeting_id": meeting_id,
        "status": "scheduled",
        "locked": False,
        "chat_seq": 0,
    }
    if plan.span is not None:
        values |= occurrences.times(plan.span, MeetingOptions.model_validate(template["options"]))
    for _ in range(_TRIES):
        if await schedule.insert_one(connection, values | {"meeting_no": rules.new_meeting_no()}):
            break
    else:
        raise Unavailable("no free meeting number was found: try again")
    await occurrences.add_members(
        connection, [meeting_id], template["room_id"], template["host_id"], people.user_ids(), now=plan.now
    )


async def _insert_series(
    context: Context,
    connection: AsyncConnection,
    template: dict[str, Any],
    span: Span,
    rule: Rule,
    people: People,
    first_id: str,
) -> None:
    """Write a series and its next meetings; the first of them gets the id that a repeat is answered with."""
    now: datetime = template["created_at"]
    values = template | {
        "series_id": new_id(now.timestamp()),
        "continues_id": None,
        "time_zone": span.time_zone,
        "starts_local": rule.starts_local,
        "duration_min": int((span.ends_at - span.starts_at) / timedelta(minutes=1)),
        "rrule": rule.text,
        "sequence": 0,
        "made_until": span.starts_at - timedelta(seconds=1),
        "updated_at": now,
        "over_at": None,
    }
    for _ in range(_TRIES):
        row = SeriesRow(**values, meeting_no=rules.new_series_no())
        if await schedule.insert_series(connection, row):
            user_ids = people.user_ids()
            await occurrences.write(context, connection, row, user_ids, now=now, first_id=first_id)
            return
    raise Unavailable("no free meeting number was found: try again")
