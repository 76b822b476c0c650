"""Cursors are opaque, and those that we did not give are refused."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meeting_system.kit.paging import CursorInvalid, decode_cursor, encode_cursor


@given(st.text(max_size=100))
def test_a_cursor_leads_back_to_its_position(position: str) -> None:
    try:
        encoded = position.encode()
    except UnicodeEncodeError:
        return
    assert encoded.decode() == decode_cursor(encode_cursor(position))


@given(st.text(max_size=50))
def test_any_text_is_a_cursor_or_refused(text: str) -> None:
    with suppress(CursorInvalid):
        assert isinstance(decode_cursor(text), str)


@pytest.mark.parametrize("text", ["é", "a b", "====", "_w", "x" * 5])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(CursorInvalid) as caught:
        decode_cursor(text)
    assert caught.value.errors[0].pointer == "/query/cursor"
