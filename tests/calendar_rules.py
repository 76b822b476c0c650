"""What RFC 5545 and RFC 5546 ask of a calendar object, checked on its bytes and after parsing it."""

from datetime import datetime

import icalendar


def check_calendar(content: bytes, method: str) -> icalendar.Calendar:
    """Return the parsed calendar; raise AssertionError for what another program might not read."""
    _check_lines(content)
    calendar = icalendar.Calendar.from_ical(content)
    assert not calendar.errors
    assert (calendar["version"], calendar["method"]) == ("2.0", method)
    assert calendar["prodid"]
    assert calendar.events, "at least one component (RFC 5545, 3.6)"
    zones = {zone["tzid"] for zone in calendar.timezones}
    uids = {event["uid"] for event in calendar.events}
    if method != "PUBLISH":
        assert len(uids) == 1, "one message is about one event and its instances (RFC 5546, 3.2)"
    for event in calendar.events:
        _check_event(event, method, zones)
    for zone in calendar.timezones:
        _check_zone(zone)
    return calendar


def _check_lines(content: bytes) -> None:
    text = content.decode()
    assert content.endswith(b"\r\n")
    assert "\n" not in text.replace("\r\n", ""), "lines end with CRLF (RFC 5545, 3.1)"
    for line in content.split(b"\r\n"):
        assert len(line) <= 75, f"75 octets a line (RFC 5545, 3.1): {line!r}"
        line.decode()  # a fold inside a character would be no UTF-8


def _check_event(event: icalendar.Event, method: str, zones: set[str]) -> None:
    for name in ("uid", "dtstamp", "dtstart", "dtend", "summary", "sequence"):
        assert len(_all(event, name)) == 1, f"{name} exactly once"
    assert event["dtstamp"].dt.utcoffset().total_seconds() == 0, "DTSTAMP is in UTC (RFC 5545, 3.8.7.2)"
    assert event.start < event.end
    for name in ("dtstart", "dtend", "recurrence-id", "exdate"):
        for value in _all(event, name):
            zone = value.params.get("TZID")
            assert zone is None or zone in zones, f"{zone} has no VTIMEZONE (RFC 5545, 3.2.19)"
    rules = _all(event, "rrule")
    assert len(rules) <= 1
    if rules:
        assert "recurrence-id" not in event, "an instance has no rule of its own here"
        assert not ({"COUNT", "UNTIL"} <= set(rules[0])), "COUNT or UNTIL (RFC 5545, 3.3.10)"
        for until in rules[0].get("UNTIL", []):
            assert isinstance(until, datetime)
            assert until.tzinfo is not None, "UNTIL is in UTC beside a time zone (RFC 5545, 3.3.10)"
    if method in ("REQUEST", "CANCEL"):
        assert str(event["organizer"]).startswith("mailto:"), "RFC 5546, 3.2.2"
        assert _all(event, "attendee"), "RFC 5546, 3.2.2"
    else:
        assert "attendee" not in event, "RFC 5546, 3.2.1"
    assert event["status"] == ("CANCELLED" if method == "CANCEL" else "CONFIRMED")


def _check_zone(zone: icalendar.Timezone) -> None:
    assert zone.subcomponents, "a zone has at least one part (RFC 5545, 3.6.5)"
    for part in zone.subcomponents:
        for name in ("dtstart", "tzoffsetfrom", "tzoffsetto"):
            assert len(_all(part, name)) == 1
        assert part["dtstart"].dt.tzinfo is None, "local time"


def _all(component: icalendar.Component, name: str) -> list[object]:
    value = component.get(name)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
