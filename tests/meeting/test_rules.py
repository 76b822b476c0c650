"""The decisions about meetings."""

import re
from dataclasses import replace

import pytest

from meeting_system.kernel.errors import AppError
from meeting_system.kernel.ids import new_id
from meeting_system.kernel.principal import MeetingRole
from meeting_system.meeting.errors import MeetingNotFound
from meeting_system.meeting.rules import (
    Candidate,
    Reference,
    check_join,
    needs_password,
    new_meeting_no,
    new_slug,
    parse_reference,
)

SOMEBODY = Candidate(
    status="live",
    locked=False,
    guests_allowed=True,
    has_password=False,
    banned=False,
    role=MeetingRole.ATTENDEE,
    is_guest=False,
    display_name="Ada",
    known=False,
    proven=False,
    present=3,
    max_participants=100,
)


def test_a_number_has_nine_digits_and_no_leading_zero() -> None:
    numbers = {new_meeting_no() for _ in range(1000)}
    assert all(re.fullmatch(r"[1-9][0-9]{8}", number) for number in numbers)
    assert len(numbers) > 990


def test_a_slug_has_no_letters_that_are_read_as_others() -> None:
    assert re.fullmatch(r"[a-km-np-z2-9]{3}-[a-km-np-z2-9]{4}-[a-km-np-z2-9]{3}", new_slug())


@pytest.mark.parametrize("written", ["123456789", "123 456 789", "123-456-789", " 123456789 "])
def test_a_number_is_read_with_blanks_and_dashes(written: str) -> None:
    assert parse_reference(written) == Reference(meeting_no="123456789")


def test_an_id_is_read_in_either_case() -> None:
    meeting_id = new_id(0)
    assert parse_reference(meeting_id.upper()) == Reference(meeting_id=meeting_id)


@pytest.mark.parametrize(
    "written", ["", "0", "012345678", "1234567890", "١٢٣٤٥٦٧٨٩", "x", "1" * 70, "a" * 36]
)
def test_what_names_no_meeting_finds_none(written: str) -> None:
    with pytest.raises(MeetingNotFound):
        parse_reference(written)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, None),
        ({"status": "scheduled"}, None),
        ({"status": "ended"}, "meeting_ended"),
        ({"status": "expired"}, "meeting_ended"),
        ({"status": "ended", "role": MeetingRole.HOST}, "meeting_ended"),
        ({"is_guest": True}, None),
        ({"is_guest": True, "guests_allowed": False}, "sign_in_required"),
        ({"guests_allowed": False}, None),
        ({"is_guest": True, "display_name": None}, "display_name_required"),
        ({"banned": True}, "participant_banned"),
        ({"banned": True, "role": MeetingRole.HOST}, None),
        ({"locked": True}, "meeting_locked"),
        ({"locked": True, "known": True}, None),
        ({"locked": True, "known": True, "banned": True}, "participant_banned"),
        ({"locked": True, "role": MeetingRole.HOST}, None),
        ({"locked": True, "role": MeetingRole.CO_HOST}, None),
        ({"locked": True, "role": MeetingRole.PRESENTER}, "meeting_locked"),
        ({"present": 100}, "meeting_full"),
        ({"present": 100, "known": True}, None),
        ({"present": 100, "role": MeetingRole.HOST}, None),
    ],
)
def test_who_may_join(change: dict[str, object], code: str | None) -> None:
    candidate = replace(SOMEBODY, **change)  # type: ignore[arg-type]
    if code is None:
        check_join(candidate)
        return
    with pytest.raises(AppError) as raised:
        check_join(candidate)
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("change", "needed"),
    [
        ({}, True),
        ({"has_password": False}, False),
        ({"known": True}, True),
        ({"known": True, "proven": True}, False),
        ({"role": MeetingRole.HOST}, False),
        ({"role": MeetingRole.CO_HOST}, False),
        ({"role": MeetingRole.OBSERVER}, True),
    ],
)
def test_who_needs_the_password(change: dict[str, object], needed: bool) -> None:
    candidate = replace(SOMEBODY, **{"has_password": True} | change)  # type: ignore[arg-type]
    assert needs_password(candidate) is needed
