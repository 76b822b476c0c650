"""When the Python client opens its next socket: the same rule as in the browser (reconnect.test.ts)."""

import pytest
from meeting_client.reconnect import (
    Ending,
    count_failures,
    first_move_s,
    judge_ending,
    next_move_s,
    pause_s,
)


def pauses(failures: float, ending: Ending, count: int) -> list[tuple[float, float]]:
    """Return between what the pauses are, while every socket ends so."""
    found = []
    for _ in range(count):
        found.append((round(pause_s(failures, 0), 6), round(pause_s(failures, 1), 6)))
        failures = count_failures(failures, ending)
    return found


def test_a_server_that_is_not_there_is_asked_ever_more_seldom() -> None:
    found = pauses(0, Ending.UNANSWERED, 7)
    assert found == [(0, 0.3), (0.3, 0.6), (0.6, 1.2), (1.2, 2.4), (2.4, 4.8), (4, 8), (4, 8)]


def test_after_a_session_that_was_lost_soon_three_tries_are_quick() -> None:
    found = pauses(count_failures(9, Ending.BRIEF), Ending.UNANSWERED, 5)
    assert [longest for _, longest in found] == [0.1, 0.1, 0.1, 0.3, 0.6]


@pytest.mark.parametrize(
    ("ending", "before", "after"),
    [
        (Ending.STABLE, 9, 0),
        (Ending.BRIEF, 9, -3),
        (Ending.ANSWERED, 1, 1.5),
        (Ending.UNANSWERED, -3, -2),
        (Ending.TURNED_AWAY, -3, 1),
    ],
)
def test_every_ending_counts(ending: Ending, before: float, after: float) -> None:
    assert count_failures(before, ending) == after


@pytest.mark.parametrize(
    ("is_answered", "lived_s", "is_closed", "ending"),
    [
        (True, 5.0, True, Ending.STABLE),
        (True, 1.0, True, Ending.TURNED_AWAY),
        (True, 1.0, False, Ending.BRIEF),
        (True, None, False, Ending.ANSWERED),
        (False, None, False, Ending.UNANSWERED),
    ],
)
def test_how_a_socket_ended_is_told_by_what_it_had(
    is_answered: bool, lived_s: float | None, is_closed: bool, ending: Ending
) -> None:
    assert judge_ending(is_answered=is_answered, lived_s=lived_s, is_closed=is_closed) is ending


def test_clients_of_a_server_that_goes_away_leave_in_two_fifths_of_its_time() -> None:
    assert (first_move_s(3, 0), round(first_move_s(3, 1), 6)) == (0, 1.2)
    assert (round(next_move_s(3, 0), 6), round(next_move_s(3, 1), 6)) == (0.3, 0.6)
