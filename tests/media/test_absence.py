"""Who has hung up on the bus, in virtual time."""

from meeting_system.media.absence import HUNG_UP_S, TRUSTED_AFTER_S, Absences


def listening(now_s: float = 0.0) -> Absences:
    """One who has listened long enough to be believed from `now_s` + TRUSTED_AFTER_S on."""
    absences = Absences()
    assert absences.see(set(), "me", now_s) == set()
    return absences


def test_who_has_hung_up_for_a_while_is_dead() -> None:
    absences = listening()
    assert absences.see({"b"}, "me", 5.0) == set()
    assert absences.see({"b"}, "me", 5.0 + HUNG_UP_S / 2) == set()
    assert absences.see({"b"}, "me", 5.0 + HUNG_UP_S) == {"b"}


def test_who_is_back_at_once_lives() -> None:
    absences = listening()
    absences.see({"b"}, "me", 5.0)
    absences.see(set(), "me", 5.2)
    assert absences.see({"b"}, "me", 5.0 + HUNG_UP_S) == set()


def test_where_everybody_had_hung_up_nobody_is_dead_before_they_could_be_back() -> None:
    absences = listening()
    absences.see({"b"}, "me", 5.0)
    assert absences.see({"b", "me"}, "me", 6.0) == set()
    assert absences.see({"b"}, "me", 6.5) == set()
    assert absences.see({"b"}, "me", 6.5 + TRUSTED_AFTER_S - 0.1) == set()
    assert absences.see({"b"}, "me", 6.5 + TRUSTED_AFTER_S) == {"b"}


def test_a_look_that_failed_begins_anew() -> None:
    absences = listening()
    absences.see({"b"}, "me", 5.0)
    absences.forget()
    assert absences.see({"b"}, "me", 6.0) == set()
