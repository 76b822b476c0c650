"""How much of the machine a process uses."""

from meeting_system.media.effort import Effort


def test_the_share_is_that_of_all_cores_since_the_last_measurement() -> None:
    clock, processor = [0.0], [0.0]
    effort = Effort(lambda: clock[0], lambda: processor[0], cores=4)
    clock[0], processor[0] = 2.0, 4.0
    assert effort.measure() == 0.5
    clock[0], processor[0] = 3.0, 4.0
    assert effort.measure() == 0.0


def test_over_a_moment_nothing_is_measured() -> None:
    clock, processor = [0.0], [0.0]
    effort = Effort(lambda: clock[0], lambda: processor[0], cores=1)
    clock[0], processor[0] = 1.0, 0.25
    assert effort.measure() == 0.25
    clock[0], processor[0] = 1.001, 0.26
    assert effort.measure() == 0.25
