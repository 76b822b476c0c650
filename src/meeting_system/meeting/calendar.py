"""Meetings as iCalendar objects (RFC 5545) and as messages between calendars (iTIP, RFC 5546)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from icalendar import (
    Calendar,
    Event,
    Timezone,
    TimezoneDaylight,
    TimezoneStandard,
    vCalAddress,
    vRecur,
)

Method = Literal["REQUEST", "CANCEL", "PUBLISH"]
PARTSTAT = {
    "needs_action": "NEEDS-ACTION",
    "accepted": "ACCEPTED",
    "declined": "DECLINED",
    "tentative": "TENTATIVE",
}
_PRODUCT = "-//meeting-system//meetings//EN"
_REFRESH = timedelta(minutes=30)
_ZONE_YEARS = 11
"""So far ahead the clock changes of a time zone are written: a series with an end is no longer than that."""


@dataclass(frozen=True)
class Person:
    """The organizer, or somebody invited, who answered `answer` so far."""

    email: str
    name: str
    answer: str = "needs_action"


@dataclass(frozen=True)
class Entry:
    """One event of a calendar.

    `rrule` and `exdates` belong to a series, `recurrence_id` to an occurrence that differs from it: the
    instant at which the rule has it.
    """

    uid: str
    sequence: int
    title: str
    description: str
    url: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    changed_at: datetime
    organizer: Person | None = None
    attendees: tuple[Person, ...] = ()
    rrule: str | None = None
    exdates: tuple[datetime, ...] = field(default=())
    recurrence_id: datetime | None = None
    cancelled: bool = False


def uid_of(id_: str) -> str:
    """Return the UID of a series or of a meeting outside of one; it stays whatever our address is."""
    return f"{id_}@meeting-system"


def write_calendar(method: Method, entries: Sequence[Entry], *, name: str | None = None) -> bytes:
    """Return an iCalendar object: CRLF line ends, lines folded at 75 octets, its time zones inside.

    `name`: of a calendar to subscribe to.
    """
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    if name is not None:
        calendar.add("name", name)
        calendar.add("x-wr-calname", name)
        calendar.add("refresh-interval", _REFRESH, parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", "PT30M")
    for zone, first in _zones(entries):
        calendar.add_component(_zone(zone, first))
    for entry in entries:
        calendar.add_component(_event(entry))
    content: bytes = calendar.to_ical()
    return content


def _event(entry: Entry) -> Event:
    zone = ZoneInfo(entry.time_zone)
    event = Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", entry.changed_at.astimezone(UTC))
    event.add("last-modified", entry.changed_at.astimezone(UTC))
    event.add("sequence", entry.sequence)
    event.add("dtstart", _local(entry.starts_at, zone))
    event.add("dtend", _local(entry.ends_at, zone))
    if entry.recurrence_id is not None:
        event.add("recurrence-id", _local(entry.recurrence_id, zone))
    if entry.rrule is not None:
        event.add("rrule", vRecur.from_ical(entry.rrule))
    for exdate in entry.exdates:
        event.add("exdate", _local(exdate, zone))
    event.add("summary", entry.title)
    if described := "\n\n".join(filter(None, (entry.description, entry.url))):
        event.add("description", described)
    if entry.url:
        event.add("location", entry.url)
        event.add("url", entry.url)
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    event.add("transp", "OPAQUE")
    _add_people(event, entry)
    return event


def _add_people(event: Event, entry: Entry) -> None:
    if entry.organizer is not None:
        event.add("organizer", _address(entry.organizer))
    for person in entry.attendees:
        address = _address(person)
        address.params["ROLE"] = "REQ-PARTICIPANT"
        address.params["PARTSTAT"] = PARTSTAT[person.answer]
        address.params["RSVP"] = "TRUE"
        event.add("attendee", address)


def _address(person: Person) -> vCalAddress:
    address = vCalAddress(f"mailto:{person.email}")
    if person.name:
        address.params["CN"] = person.name
    return address


def _local(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(UTC if zone.key == "UTC" else zone)


def _zones(entries: Iterable[Entry]) -> list[tuple[str, int]]:
    """Return each time zone with the first year that something happens in it."""
    first: dict[str, int] = {}
    for entry in entries:
        if entry.time_zone != "UTC":
            year = entry.starts_at.year
            first[entry.time_zone] = min(year, first.get(entry.time_zone, year))
    return sorted(first.items())


@dataclass(frozen=True)
class _Observance:
    """What a zone changes to: offsets from UTC before and after, and its name then."""

    before: timedelta
    after: timedelta
    name: str
    summer: bool


@lru_cache(maxsize=128)
def _zone(name: str, year: int) -> Timezone:
    """Return a VTIMEZONE for the years around `year` and after, with each change of the clocks by its date.

    Written by hand: icalendar 7.3 gives the onset of summer time in the new offset, where RFC 5545, 3.6.5,
    wants the old one.
    """
    onsets: dict[_Observance, list[datetime]] = {}
    first = datetime(year - 1, 1, 1, tzinfo=UTC)
    begin = _observe(name, first, first)
    onsets[begin] = [datetime(1970, 1, 1)]  # noqa: DTZ001 - local time, as everything in a VTIMEZONE
    for change in _changes(ZoneInfo(name), first, datetime(year + _ZONE_YEARS, 12, 31, tzinfo=UTC)):
        seen = _observe(name, change - timedelta(seconds=1), change)
        onsets.setdefault(seen, []).append((change + seen.before).replace(tzinfo=None))
    zone = Timezone()
    zone.add("tzid", name)
    for seen, dates in onsets.items():
        zone.add_component(_write_observance(seen, dates))
    return zone


def _observe(name: str, before: datetime, after: datetime) -> _Observance:
    zone = ZoneInfo(name)
    there = after.astimezone(zone)
    return _Observance(
        _offset(before.astimezone(zone)), _offset(there), there.tzname() or name, bool(there.dst())
    )


def _offset(at: datetime) -> timedelta:
    return at.utcoffset() or timedelta()


def _write_observance(seen: _Observance, dates: list[datetime]) -> TimezoneDaylight | TimezoneStandard:
    part = TimezoneDaylight() if seen.summer else TimezoneStandard()
    part.add("dtstart", dates[0])
    part.add("tzoffsetfrom", seen.before)
    part.add("tzoffsetto", seen.after)
    part.add("tzname", seen.name)
    if len(dates) > 1:
        part.add("rdate", dates[1:])
    return part


def _changes(zone: ZoneInfo, first: datetime, last: datetime) -> Iterable[datetime]:
    """Yield the instants at which the offset of a zone changes, found between two days by halving."""
    day = first
    while day < last:
        next_day = day + timedelta(days=1)
        if _offset(day.astimezone(zone)) != _offset(next_day.astimezone(zone)):
            low, high = day, next_day
            while high - low > timedelta(minutes=1):
                middle = low + timedelta(minutes=(high - low) // timedelta(minutes=2))
                same = _offset(middle.astimezone(zone)) == _offset(low.astimezone(zone))
                low, high = (middle, high) if same else (low, middle)
            yield high
        day = next_day
