"""Calendars to subscribe to, under an address that only their owner knows, and single entries to download."""

import hashlib
import secrets
from dataclasses import replace
from datetime import timedelta

from meeting_system.contracts.permissions import check_account
from meeting_system.kernel.principal import Account
from meeting_system.meeting import calendar
from meeting_system.meeting.access import find_standing
from meeting_system.meeting.announcements import entries_of_series, entry_of
from meeting_system.meeting.calendar import Entry, uid_of
from meeting_system.meeting.context import Context
from meeting_system.meeting.errors import FeedNotFound, MeetingHasNoTime
from meeting_system.meeting.repository import feeds, schedule
from meeting_system.meeting.repository.feeds import Window
from meeting_system.meeting.schedule_schemas import Feed, FeedState

_SHOWN = timedelta(days=90)
"""So long past meetings stay in a feed."""
_MOST = 500
_NAME = "Meetings"


async def create_feed(context: Context, account: Account, *, base_url: str) -> Feed:
    """Make the address of the caller's calendar, or another one in place of it: the old one holds no more."""
    check_account(account, "meeting:read")
    token = secrets.token_urlsafe(32)
    async with context.ports.database.transaction() as connection:
        await feeds.set_feed(connection, account.user_id, _hash(token), now=context.ports.clock.now())
    return Feed(url=f"{base_url}/api/v1/calendar/{token}.ics")


async def get_feed(context: Context, account: Account) -> FeedState:
    """Tell since when the caller's calendar has an address; the address itself was shown once."""
    check_account(account, "meeting:read")
    async with context.ports.database.reading() as connection:
        return FeedState(created_at=await feeds.find_feed_time(connection, account.user_id))


async def delete_feed(context: Context, account: Account) -> None:
    """Take the address away."""
    check_account(account, "meeting:read")
    async with context.ports.database.transaction() as connection:
        await feeds.delete_feed(connection, account.user_id)


async def read_feed(context: Context, token: str, *, base_url: str) -> bytes:
    """Return a calendar: series with their rules, and single meetings. Error: feed_not_found."""
    since = context.ports.clock.now() - _SHOWN
    async with context.ports.database.reading() as connection:
        user_id = await feeds.find_owner(connection, _hash(token))
        if user_id is None:
            raise FeedNotFound("this address of a calendar is unknown, or was replaced")
        many = await feeds.list_series(connection, user_id, since=since)
        ids = [row.series_id for row in many]
        exceptions = await schedule.list_exceptions(connection, ids)
        single = await feeds.list_single(connection, user_id, without=ids, window=Window(since, _MOST))
    entries: list[Entry] = []
    for row in many:
        entries += entries_of_series(row, exceptions[row.series_id], f"{base_url}/m/{row.meeting_no}")
    for meeting in single:
        entry = entry_of(meeting, f"{base_url}/m/{meeting.meeting_no}", meeting.created_at)
        # Of a series that the caller was not invited to, one meeting stands alone.
        entries.append(replace(entry, uid=uid_of(meeting.meeting_id), recurrence_id=None))
    return calendar.write_calendar("PUBLISH", [_public(entry) for entry in entries], name=_NAME)


async def read_meeting(context: Context, account: Account, meeting_id: str, *, base_url: str) -> bytes:
    """Return a meeting, or the series it is of, as iCalendar.

    Errors: meeting_not_found, meeting_has_no_time.
    """
    async with context.ports.database.reading() as connection:
        await find_standing(connection, meeting_id, account)
        row = await schedule.find_meeting(connection, meeting_id)
        url = f"{base_url}/m/{row.meeting_no}"
        if row.starts_at is None:
            raise MeetingHasNoTime("this meeting has no time: there is nothing for a calendar")
        if row.series_id is None:
            entries = [entry_of(row, url, row.created_at)]
        else:
            series = await schedule.find_series(connection, row.series_id)
            exceptions = await schedule.list_exceptions(connection, [series.series_id])
            entries = entries_of_series(series, exceptions[series.series_id], url)
    return calendar.write_calendar("PUBLISH", [_public(entry) for entry in entries])


def _public(entry: Entry) -> Entry:
    """Leave out who is invited: a published entry asks nobody to answer (RFC 5546, 3.2.1)."""
    return replace(entry, attendees=())


def _hash(token: str) -> str:
    """Return what is stored of a token: it has 256 random bits, so one round is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
