"""JSON from outside."""

import pytest

from meeting_system.kit.json import DEEPEST, JsonInvalid, read_json


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b'{"a": NaN}',
        b"[Infinity]",
        b'"\\ud800"',
        b'"\xff"',
        b"[" * 100_000,
        b"[" * (DEEPEST + 2) + b"]" * (DEEPEST + 2),
        b'{"a":' * (DEEPEST + 2) + b"1" + b"}" * (DEEPEST + 2),
        "\ud800",
        b"01",
        b"{'a': 1}",
    ],
)
def test_what_is_not_json_or_too_deep_is_refused(text: bytes | str) -> None:
    with pytest.raises(JsonInvalid):
        read_json(text)


def test_deep_enough_for_everything_in_earnest() -> None:
    assert read_json(b"[" * DEEPEST + b"]" * DEEPEST)
    assert read_json("[" * 0 + "[[], [], {}]" * 1) == [[], [], {}]
    many = b"[" + b",".join([b"[]"] * 1000) + b"]"
    assert len(read_json(many)) == 1000
