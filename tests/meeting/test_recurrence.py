"""When meetings are: hours on the wall, clock changes, and the rules of what comes again."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from meeting_system.kernel.errors import Invalid
from meeting_system.meeting import timing
from meeting_system.meeting.recurrence import cut_rule, describe_parts, parse_rule, rest_of_rule

MONDAY = datetime(2026, 3, 2, 10)  # noqa: DTZ001 - an hour on the wall


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "zone", "instant"),
    [
        ("2026-03-02T10:00", "Europe/Berlin", "2026-03-02T09:00"),
        ("2026-07-02T10:00", "Europe/Berlin", "2026-07-02T08:00"),
        ("2026-07-02T10:00", "Asia/Shanghai", "2026-07-02T02:00"),
        ("2026-07-02T10:00", "America/New_York", "2026-07-02T14:00"),
        ("2026-07-02T10:00+05:30", None, "2026-07-02T04:30"),
        ("2026-07-02T10:00:59Z", "Europe/Berlin", "2026-07-02T10:00"),
        # The clocks skip this hour: taken with the offset before, it is half past three in summer time.
        ("2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:30"),
        ("2026-03-08T02:30", "America/New_York", "2026-03-08T07:30"),
        # This hour comes twice: the first of the two.
        ("2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30"),
        ("2026-11-01T01:30", "America/New_York", "2026-11-01T05:30"),
    ],
)
def test_a_start_is_an_hour_on_a_wall_or_an_instant(text: str, zone: str | None, instant: str) -> None:
    assert timing.parse_start(text, zone) == (at(instant), zone or "UTC")


@pytest.mark.parametrize(
    ("text", "zone", "code"),
    [
        ("2026-03-02T10:00", None, "start_invalid"),
        ("tomorrow", "Europe/Berlin", "start_invalid"),
        ("1815-06-18T11:30", "Europe/Brussels", "start_invalid"),
        ("2026-02-30T10:00", "Europe/Berlin", "start_invalid"),
        ("2026-03-02T10:00", "Middle/Earth", "time_zone_unknown"),
        ("2026-03-02T10:00", "../../etc/passwd", "time_zone_unknown"),
        ("2026-03-02T10:00", "localtime", "time_zone_unknown"),
    ],
)
def test_what_is_no_time_is_refused(text: str, zone: str | None, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        timing.parse_start(text, zone)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("zone", "change", "before", "after"),
    [
        ("Europe/Berlin", "2026-03-29", "09:00", "08:00"),
        ("Europe/Berlin", "2026-10-25", "08:00", "09:00"),
        ("America/New_York", "2026-03-08", "15:00", "14:00"),
        ("Asia/Shanghai", "2026-03-29", "02:00", "02:00"),
    ],
)
def test_a_weekly_meeting_keeps_its_hour_when_the_clocks_change(
    zone: str, change: str, before: str, after: str
) -> None:
    start = datetime.fromisoformat(f"{change}T10:00") - timedelta(days=7)
    first, second, *_ = islice(parse_rule("FREQ=WEEKLY;COUNT=3", start, zone), 3)
    assert (f"{first:%H:%M}", f"{second:%H:%M}") == (before, after)
    assert {each.astimezone(ZoneInfo(zone)).hour for each in (first, second)} == {10}


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=DAILY;COUNT=3", "2 3 4"),
        ("FREQ=WEEKLY;BYDAY=MO,WE;COUNT=3", "2 4 9"),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=3", "2 16 30"),
        ("FREQ=MONTHLY;BYDAY=1MO;UNTIL=20260331", "2"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1;UNTIL=20260331", "31"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=1", "31"),
        ("RRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20260317T090000Z", "3 10 17"),
        ("FREQ=WEEKLY;BYDAY=TU;UNTIL=20260317T085900Z", "3 10"),
        ("FREQ=DAILY;UNTIL=20260304", "2 3 4"),
    ],
)
def test_a_rule_names_its_days_and_the_start_is_the_first_of_them(rule: str, days: str) -> None:
    parsed = parse_rule(rule, MONDAY, "Europe/Berlin")
    assert " ".join(str(each.day) for each in parsed) == days
    assert str(parsed.starts_local.day) == days.split()[0]


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "WEEKLY",
        "FREQ=HOURLY",
        "FREQ=SECONDLY;COUNT=3",
        "FREQ=WEEKLY;BYHOUR=3",
        "FREQ=WEEKLY;FREQ=DAILY",
        "FREQ=WEEKLY;COUNT=3;UNTIL=20260401",
        "FREQ=WEEKLY;COUNT=0",
        "FREQ=WEEKLY;COUNT=-1",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=DAILY;COUNT=731",
        "FREQ=YEARLY;COUNT=20",
        "FREQ=WEEKLY;UNTIL=20991231",
        "FREQ=WEEKLY;UNTIL=20260101",
        "FREQ=WEEKLY;UNTIL=20261340",
        "FREQ=MONTHLY;BYMONTHDAY=31;INTERVAL=12;BYDAY=MO",
        "FREQ=MONTHLY;BYSETPOS=2",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;" + "BYDAY=MO;" * 40,
        "FREQ=WEEKLY\r\nATTENDEE:mailto:x@example.org",
    ],
)
def test_a_rule_that_meetings_cannot_follow_is_refused(rule: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_rule(rule, MONDAY, "Europe/Berlin")
    assert refused.value.code == "recurrence_invalid"
    assert refused.value.errors[0].pointer == "/recurrence"


def test_a_day_that_no_month_of_the_rule_has_is_refused_at_once() -> None:
    february = datetime(2026, 2, 28, 10)  # noqa: DTZ001
    with pytest.raises(Invalid):
        parse_rule("FREQ=MONTHLY;BYMONTHDAY=31;INTERVAL=12", february, "Europe/Berlin")


def test_a_rule_is_cut_before_an_occurrence_and_the_rest_counts_on() -> None:
    rule = parse_rule("FREQ=WEEKLY;COUNT=5", MONDAY, "Europe/Berlin")
    third = list(rule)[2]
    cut = parse_rule(cut_rule(rule, third), MONDAY, "Europe/Berlin")
    assert list(cut) == list(rule)[:2]
    start = third.astimezone(ZoneInfo("Europe/Berlin")).replace(tzinfo=None)
    assert list(parse_rule(rest_of_rule(rule, third), start, "Europe/Berlin")) == list(rule)[2:]


@pytest.mark.parametrize(
    ("rule", "english", "chinese"),
    [
        ("FREQ=DAILY;COUNT=5", "every day, 5 times", "每天，共 5 次"),
        ("FREQ=WEEKLY;BYDAY=MO,WE", "every week on Mon, Wed", "每周（周一、周三）"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "every month on the last Fri", "每月（最后一个周五）"),
        ("FREQ=MONTHLY;BYDAY=2TU;INTERVAL=3", "every 3 months on the second Tue", "每 3 个月（第2个周二）"),
    ],
)
def test_a_rule_is_told_as_people_say_it(rule: str, english: str, chinese: str) -> None:
    assert describe_parts(rule, "en") == english
    assert describe_parts(rule, "zh-CN") == chinese


@pytest.mark.parametrize(
    ("status", "live", "opens_in_min", "join_before_host", "entry"),
    [
        ("scheduled", False, 5, True, "before_time"),
        ("scheduled", False, 0, True, "open"),
        ("lobby_open", False, -5, False, "host_absent"),
        ("live", True, 5, False, "open"),
        ("scheduled", False, None, True, "open"),
        ("cancelled", False, -5, True, "over"),
    ],
)
def test_who_is_no_host_waits_for_the_time_and_then_for_the_host(
    status: str, live: bool, opens_in_min: int | None, join_before_host: bool, entry: str
) -> None:
    now = at("2026-03-02T09:00")
    opens_at = None if opens_in_min is None else now + timedelta(minutes=opens_in_min)
    found = timing.find_entry(
        status=status, live=live, opens_at=opens_at, join_before_host=join_before_host, now=now
    )
    assert found == entry
