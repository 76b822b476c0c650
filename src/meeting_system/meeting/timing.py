"""When a meeting is: what people write, as instants and as the hour on a wall somewhere."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from meeting_system.kernel.errors import FieldError
from meeting_system.meeting.errors import StartInvalid, TimeZoneUnknown
from meeting_system.meeting.rules import OVER

FIRST_YEAR, LAST_YEAR = 2000, 2200
Entry = Literal["open", "before_time", "host_absent", "over"]


@dataclass(frozen=True)
class Span:
    """From when to when, and in whose time zone people think of it."""

    starts_at: datetime
    ends_at: datetime
    time_zone: str

    def starts_local(self) -> datetime:
        """Return what a clock on the wall shows at the start, without a zone."""
        return self.starts_at.astimezone(ZoneInfo(self.time_zone)).replace(tzinfo=None, fold=0)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - {"localtime", "Factory"}


def check_zone(name: str) -> str:
    """Return the name of a time zone of the IANA data base. Error: time_zone_unknown."""
    if name not in _zones():
        detail = f"{name!r} is no time zone of the IANA data base: it looks like Europe/Berlin"
        raise TimeZoneUnknown(detail, errors=[FieldError("/time_zone", detail)])
    return name


def parse_start(text: str, time_zone: str | None) -> tuple[datetime, str]:
    """Read a start: an instant (`…Z`, `…+01:00`), or an hour on the wall, which needs `time_zone`.

    Returns the instant in UTC and the time zone, UTC for an instant without one.
    Errors: start_invalid, time_zone_unknown.
    """
    zone = None if time_zone is None else check_zone(time_zone)
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise _wrong("is no time: write 2026-03-02T10:00, or with an offset 2026-03-02T10:00:00Z") from None
    if not FIRST_YEAR <= read.year <= LAST_YEAR:
        raise _wrong(f"must be between the years {FIRST_YEAR} and {LAST_YEAR}")
    read = read.replace(second=0, microsecond=0)
    if read.tzinfo is not None:
        return read.astimezone(UTC), zone or "UTC"
    if zone is None:
        raise _wrong("has no offset: say in which time_zone it is")
    return to_instant(read, zone), zone


def to_instant(local: datetime, time_zone: str) -> datetime:
    """Return the instant of an hour on the wall, in UTC.

    One that a clock put forward skips is taken with the offset before (RFC 5545, section 3.3.5), one that
    comes twice is the first of the two.
    """
    return local.replace(tzinfo=ZoneInfo(time_zone), fold=0).astimezone(UTC)


def make_span(starts_at: datetime, time_zone: str, duration_min: int) -> Span:
    """Return a start and a length in minutes as a span."""
    return Span(starts_at, starts_at + timedelta(minutes=duration_min), time_zone)


def check_ahead(span: Span, now: datetime) -> None:
    """Raise StartInvalid for what would be over already."""
    if span.ends_at <= now:
        raise _wrong("lies in the past")


def find_entry(
    *, status: str, live: bool, opens_at: datetime | None, join_before_host: bool, now: datetime
) -> Entry:
    """Tell whether others than hosts may come now, and else what they wait for."""
    if status in OVER:
        return "over"
    if live:
        return "open"
    if opens_at is not None and now < opens_at:
        return "before_time"
    return "open" if join_before_host else "host_absent"


def _wrong(detail: str) -> StartInvalid:
    return StartInvalid(f"starts_at {detail}", errors=[FieldError("/starts_at", detail)])
