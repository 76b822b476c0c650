"""Meetings that come again: which rules of RFC 5545 are taken, and on which days they fall.

Rules count on the wall of one time zone: a meeting at ten stays at ten when the clocks change.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr  # type: ignore[import-untyped]  # its stubs are a package apart

from meeting_system.kernel.errors import FieldError
from meeting_system.meeting.errors import RecurrenceInvalid
from meeting_system.meeting.timing import to_instant

MOST_TIMES = 730
LONGEST = timedelta(days=3660)
LONGEST_RULE = 200
_PARTS = {
    "DAILY": frozenset(),
    "WEEKLY": frozenset({"BYDAY", "WKST"}),
    "MONTHLY": frozenset({"BYDAY", "BYMONTHDAY", "BYSETPOS"}),
    "YEARLY": frozenset(),
}
_ALWAYS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL"})
_DAY = "(?:MO|TU|WE|TH|FR|SA|SU)"
_NTH_DAY = f"(?:-?[1-5])?{_DAY}"
_MONTH_DAY = r"(?:-1|[1-9]|[12]\d|3[01])"
_VALUES = {
    "FREQ": "DAILY|WEEKLY|MONTHLY|YEARLY",
    "INTERVAL": r"[1-9]\d?",
    "COUNT": r"[1-9]\d{0,2}",
    "UNTIL": r"\d{8}(?:T\d{6}Z?)?",
    "WKST": _DAY,
    "BYDAY": f"{_NTH_DAY}(?:,{_NTH_DAY})*",
    "BYMONTHDAY": f"{_MONTH_DAY}(?:,{_MONTH_DAY})*",
    "BYSETPOS": "-1|[1-4]",
}
_SHORTEST_MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True)
class Rule:
    """A checked rule and its first occurrence, on the wall of `time_zone`. `text` has UNTIL in UTC."""

    text: str
    starts_local: datetime
    time_zone: str

    def __iter__(self) -> Iterator[datetime]:
        """Yield the instants of the occurrences; for a rule without an end there is always another."""
        return (to_instant(local, self.time_zone) for local in self.locals())

    def between(self, after: datetime | None, until: datetime) -> list[datetime]:
        """Return the occurrences later than `after`, up to and with `until`."""
        found: list[datetime] = []
        for instant in self:
            if instant > until:
                break
            if after is None or instant > after:
                found.append(instant)
        return found

    def last(self) -> datetime | None:
        """Return the last occurrence; None when there is no end."""
        if "COUNT=" not in self.text and "UNTIL=" not in self.text:
            return None
        instant = None
        for instant in self:  # noqa: B007 - the last one is wanted
            pass
        return instant

    def locals(self) -> Iterator[datetime]:
        """Yield what the clock on the wall shows at each occurrence."""
        return iter(_read(self.text, self.starts_local, self.time_zone))


def parse_rule(text: str, starts_local: datetime, time_zone: str) -> Rule:
    """Check a rule that somebody sent, such as `FREQ=WEEKLY;BYDAY=MO;COUNT=10`.

    The start moves to the first day that the rule names: calendars expect them to agree. Error:
    recurrence_invalid.
    """
    parts = _split(text)
    _check_parts(parts, starts_local)
    if "UNTIL" in parts:
        parts["UNTIL"] = _until_in_utc(parts["UNTIL"], time_zone)
    checked = ";".join(f"{name}={value}" for name, value in parts.items())
    first = next(iter(_read(checked, starts_local, time_zone)), None)
    if first is None or first > starts_local + LONGEST:
        raise _invalid("has no day in the next years")
    rule = Rule(checked, first, time_zone)
    _check_length(rule)
    return rule


def cut_rule(rule: Rule, before: datetime) -> str:
    """Return the text of a rule that ends with the last occurrence before an instant."""
    parts = _split(rule.text)
    parts.pop("COUNT", None)
    parts["UNTIL"] = _utc_text(before - timedelta(seconds=1))
    return ";".join(f"{name}={value}" for name, value in parts.items())


def rest_of_rule(rule: Rule, start: datetime) -> str:
    """Return the text of a rule for what is left from the occurrence at `start`: a COUNT counts less."""
    parts = _split(rule.text)
    if "COUNT" in parts:
        gone = sum(1 for _ in rule.between(None, start - timedelta(seconds=1)))
        parts["COUNT"] = str(max(1, int(parts["COUNT"]) - gone))
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _split(text: str) -> dict[str, str]:
    text = text.strip().upper().removeprefix("RRULE:")
    if not text or len(text) > LONGEST_RULE:
        raise _invalid("is no rule: it looks like FREQ=WEEKLY;BYDAY=MO;COUNT=10")
    parts: dict[str, str] = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if not equals or name in parts or not re.fullmatch(_VALUES.get(name, ""), value, re.ASCII):
            raise _invalid(f"has a part that is not understood: {part!r}")
        parts[name] = value
    return parts


def _check_parts(parts: dict[str, str], starts_local: datetime) -> None:
    frequency = parts.get("FREQ")
    if frequency is None:
        raise _invalid("needs a FREQ: DAILY, WEEKLY, MONTHLY or YEARLY")
    for name in parts.keys() - _ALWAYS - _PARTS[frequency]:
        raise _invalid(f"can't have {name} together with FREQ={frequency}")
    if "COUNT" in parts and "UNTIL" in parts:
        raise _invalid("has both COUNT and UNTIL: one end is enough")
    if frequency == "WEEKLY" and any(len(day) > 2 for day in parts.get("BYDAY", "").split(",")):
        raise _invalid("can't number the days of a week: 1MO belongs to FREQ=MONTHLY")
    if "BYSETPOS" in parts and "BYDAY" not in parts:
        raise _invalid("needs BYDAY for BYSETPOS to count")
    if "BYMONTHDAY" in parts and "BYDAY" in parts:
        raise _invalid("has both BYDAY and BYMONTHDAY: one is enough")
    _check_ever(parts, starts_local)


def _check_ever(parts: dict[str, str], starts_local: datetime) -> None:
    """Refuse a day that no month of the rule has: it would be looked for until the year 9999."""
    days = parts.get("BYMONTHDAY")
    if parts["FREQ"] != "MONTHLY" or "BYDAY" in parts:
        return
    wanted = [int(day) for day in days.split(",")] if days else [starts_local.day]
    step = int(parts.get("INTERVAL", "1"))
    months = {(starts_local.month - 1 + step * turn) % 12 for turn in range(12)}
    if all(day > _SHORTEST_MONTHS[month] for day in wanted for month in months):
        raise _invalid("names a day that none of its months has")


def _check_length(rule: Rule) -> None:
    limit = rule.starts_local + LONGEST
    if "COUNT=" in rule.text:
        times = list(islice(rule.locals(), MOST_TIMES + 1))
        if len(times) > MOST_TIMES:
            raise _invalid(f"comes more than {MOST_TIMES} times")
        until = times[-1]
    else:
        text = _split(rule.text).get("UNTIL")
        until = _read_utc(text).replace(tzinfo=None) if text else rule.starts_local
    if until > limit:
        raise _invalid(f"goes on for more than {LONGEST.days} days: leave its end open instead")


def _read(text: str, starts_local: datetime, time_zone: str) -> rrule:
    """Return dateutil's reading of a rule; it counts on the wall, and so must UNTIL."""
    parts = _split(text)
    if "UNTIL" in parts:
        until = _read_utc(parts["UNTIL"])
        parts["UNTIL"] = until.astimezone(ZoneInfo(time_zone)).strftime("%Y%m%dT%H%M%S")
    elif "COUNT" not in parts:
        parts["UNTIL"] = (starts_local + 20 * LONGEST).strftime("%Y%m%dT%H%M%S")
    joined = ";".join(f"{name}={value}" for name, value in parts.items())
    try:
        read = rrulestr(joined, dtstart=starts_local)
    except (ValueError, KeyError) as error:
        raise _invalid("is no rule that a calendar understands") from error
    assert isinstance(read, rrule)
    return read


def _until_in_utc(until: str, time_zone: str) -> str:
    """Return UNTIL as RFC 5545 wants it beside a time zone; a day means its end there."""
    try:
        if until.endswith("Z"):
            return _utc_text(_read_utc(until))
        local = datetime.fromisoformat((until + "T235959")[:15])
    except ValueError:
        raise _invalid("has an UNTIL that is no day") from None
    return _utc_text(to_instant(local, time_zone))


def _read_utc(text: str) -> datetime:
    return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)


def _utc_text(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _invalid(detail: str) -> RecurrenceInvalid:
    return RecurrenceInvalid(f"recurrence {detail}", errors=[FieldError("/recurrence", detail)])


_WORDS_EN = {
    "DAILY": ("every day", "every {n} days"),
    "WEEKLY": ("every week", "every {n} weeks"),
    "MONTHLY": ("every month", "every {n} months"),
    "YEARLY": ("every year", "every {n} years"),
}
_WORDS_ZH = {
    "DAILY": ("每天", "每 {n} 天"),
    "WEEKLY": ("每周", "每 {n} 周"),
    "MONTHLY": ("每月", "每 {n} 个月"),
    "YEARLY": ("每年", "每 {n} 年"),
}
_DAY_NAMES_EN = {"MO": "Mon", "TU": "Tue", "WE": "Wed", "TH": "Thu", "FR": "Fri", "SA": "Sat", "SU": "Sun"}
_DAY_NAMES_ZH = {
    "MO": "周一",
    "TU": "周二",
    "WE": "周三",
    "TH": "周四",
    "FR": "周五",
    "SA": "周六",
    "SU": "周日",
}
_ORDINALS_EN = {"1": "first", "2": "second", "3": "third", "4": "fourth", "5": "fifth", "-1": "last"}


def describe_parts(text: str, language: str) -> str:
    """Return a checked rule as people say it, in `en` or `zh-CN`."""
    parts = _split(text)
    chinese = language == "zh-CN"
    once, several = (_WORDS_ZH if chinese else _WORDS_EN)[parts["FREQ"]]
    every = parts.get("INTERVAL", "1")
    said = once if every == "1" else several.format(n=every)
    days = parts.get("BYDAY")
    if days:
        names = [_name_day(day, parts.get("BYSETPOS"), chinese=chinese) for day in days.split(",")]
        said += "（" + "、".join(names) + "）" if chinese else " on " + ", ".join(names)
    if "BYMONTHDAY" in parts:
        numbers = parts["BYMONTHDAY"].replace("-1", "最后一" if chinese else "last")
        said += numbers.replace(",", "、") + "日" if chinese else f" on day {numbers.replace(',', ', ')}"
    return said + _name_end(parts, chinese=chinese)


def _name_day(day: str, position: str | None, *, chinese: bool) -> str:
    name = (_DAY_NAMES_ZH if chinese else _DAY_NAMES_EN)[day[-2:]]
    nth = day[:-2] or position
    if nth is None:
        return name
    if chinese:
        return f"最后一个{name}" if nth == "-1" else f"第{nth}个{name}"
    return f"the {_ORDINALS_EN.get(nth, f'{nth}.')} {name}"


def _name_end(parts: dict[str, str], *, chinese: bool) -> str:
    if "COUNT" in parts:
        return f"，共 {parts['COUNT']} 次" if chinese else f", {parts['COUNT']} times"
    if "UNTIL" in parts:
        day = _read_utc(parts["UNTIL"])
        if chinese:
            return f"，至 {day.year}年{day.month}月{day.day}日"
        return f", until {day:%Y-%m-%d}"
    return ""
