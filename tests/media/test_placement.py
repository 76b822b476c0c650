"""Where a participant is placed: a table."""

import pytest

from meeting_system.media.placement import Share, Standing, place

EMPTY = Standing(load=0.0)
FULL = Standing(load=1.0, full=True)
LEAVING = Standing(load=0.0, draining=True)
SPREAD = 10


OTHER = Standing(load=0.0, relay_format=1)


def busy(load: float) -> Standing:
    return Standing(load=load)


@pytest.mark.parametrize(
    ("why", "present", "shares", "nodes", "expected"),
    [
        ("the first of a meeting goes to the least loaded", None, [], {"a": busy(0.5), "b": busy(0.1)}, "b"),
        ("of two alike the choice is always the same", None, [], {"b": EMPTY, "a": EMPTY}, "a"),
        ("others follow to the home", None, [("b", 3)], {"a": EMPTY, "b": busy(0.9)}, "b"),
        ("who is placed stays", "a", [("b", 3), ("a", 1)], {"a": busy(0.9), "b": EMPTY}, "a"),
        ("who is placed stays where it is full", "a", [("b", 1), ("a", 1)], {"a": FULL, "b": EMPTY}, "a"),
        ("who is placed on a dead node moves", "x", [("b", 3)], {"b": EMPTY}, "b"),
        ("who is placed on a draining node moves", "a", [("a", 9)], {"a": LEAVING, "b": EMPTY}, "b"),
        ("beyond the limit another node helps", None, [("a", SPREAD)], {"a": EMPTY, "b": busy(0.9)}, "b"),
        (
            "of those that have the meeting the least loaded helps first",
            None,
            [("a", SPREAD), ("b", 1), ("c", 1)],
            {"a": EMPTY, "b": busy(0.5), "c": busy(0.4), "d": EMPTY},
            "c",
        ),
        ("a full home sends on", None, [("a", 3)], {"a": FULL, "b": busy(0.9)}, "b"),
        ("a draining home sends on", None, [("a", 3)], {"a": LEAVING, "b": EMPTY}, "b"),
        (
            "a home that is not full any more is home again",
            None,
            [("a", 9), ("b", 5)],
            {"a": EMPTY, "b": EMPTY},
            "a",
        ),
        (
            "where all are at the limit the least loaded takes more",
            None,
            [("a", SPREAD), ("b", SPREAD)],
            {"a": busy(0.5), "b": busy(0.2)},
            "b",
        ),
        ("a single node has no limit", None, [("a", 99)], {"a": busy(0.5)}, "a"),
        ("a busy node takes somebody all the same", None, [], {"a": busy(1.2), "b": busy(1.1)}, "b"),
        (
            "a node takes more than its share before one that can't be relayed to it",
            None,
            [("a", SPREAD)],
            {"a": busy(0.9), "b": OTHER},
            "a",
        ),
        (
            "of the others one that can be relayed helps",
            None,
            [("a", SPREAD)],
            {"a": EMPTY, "b": OTHER, "c": busy(0.9)},
            "c",
        ),
        ("a full meeting goes to any node", None, [("a", 3)], {"a": FULL, "b": OTHER}, "b"),
        ("a drained one too", "a", [("a", 3)], {"a": LEAVING, "b": OTHER}, "b"),
        ("where all are full nobody takes them", None, [("a", 1)], {"a": FULL, "b": LEAVING}, None),
        ("without nodes nobody takes them", None, [], {}, None),
    ],
)
def test_a_participant_is_placed(
    why: str,
    present: str | None,
    shares: list[tuple[str, int]],
    nodes: dict[str, Standing],
    expected: str | None,
) -> None:
    found = place(present, [Share(*each) for each in shares], nodes, spread_after=SPREAD)
    assert found == expected, why
