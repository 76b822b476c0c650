"""How far a process is behind the logs of its rooms."""

from meeting_system.signaling.lag import LogLag, Position


def at(top: int, told: int, *, epoch: str = "a", told_epoch: str = "a") -> Position:
    return Position(epoch, top, told_epoch, told)


def test_what_is_on_its_way_counts_but_for_no_time() -> None:
    lag = LogLag()
    assert lag.look({"r": at(10, 7)}, now=0) == (3, 0)
    assert lag.look({"r": at(20, 20)}, now=2) == (0, 0)


def test_the_time_counts_until_what_was_seen_waiting_is_told() -> None:
    lag = LogLag()
    lag.look({"r": at(10, 7)}, now=0)
    assert lag.look({"r": at(30, 9)}, now=2) == (21, 2)
    assert lag.look({"r": at(30, 9)}, now=4) == (21, 4)
    # The entry that waited is told; what came later is newly seen.
    assert lag.look({"r": at(40, 10)}, now=6) == (30, 0)
    assert lag.look({"r": at(40, 39)}, now=8) == (1, 2)


def test_rooms_add_up_and_the_worst_tells_the_time() -> None:
    lag = LogLag()
    lag.look({"r": at(10, 7)}, now=0)
    lag.look({"r": at(10, 7), "s": at(5, 4)}, now=3)
    assert lag.look({"r": at(10, 7), "s": at(5, 4)}, now=4) == (4, 4)
    assert lag.look({"s": at(5, 4)}, now=5) == (1, 2)
    assert lag.look({}, now=6) == (0, 0)


def test_in_another_epoch_nothing_was_told() -> None:
    lag = LogLag()
    assert lag.look({"r": at(3, 50, epoch="b")}, now=0) == (3, 0)
    assert lag.look({"r": at(3, 50, epoch="b")}, now=2) == (3, 2)
    assert lag.look({"r": at(3, 3, epoch="b", told_epoch="b")}, now=4) == (0, 0)
