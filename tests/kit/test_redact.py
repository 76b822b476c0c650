"""What must not be read in a log is not."""

import time

import pytest

from meeting_system.kit.redact import MOST, redact, redact_field

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("for alice@example.org today", "alice@example.org"),
        ("DETAIL:  Key (name)=(Alice Liddell) already exists.", "Alice Liddell"),
        ("[type=string_too_short, input_value='hunter2', input_type=str]", "hunter2"),
        ("Authorization: Bearer abc.def-123", "abc.def-123"),
        (f"token {JWT} refused", JWT),
        ("postgresql+asyncpg://meeting:s3cret/x@db.internal/meeting", "s3cret"),
        ("redis://:s3cret@cache:6379/0", "s3cret"),
        ("GET /ws/signaling?meeting_id=1&token=AbC-12_x&peer_id=2", "AbC-12_x"),
        ('{"password": "correct horse"}', "horse"),
        ("{'new_password': 'correct horse'}", "horse"),
        ("mailto:alice@example.org", "alice"),
        ("refresh_token=AbC-12_x; path=/", "AbC-12_x"),
        ("password='hunter2'", "hunter2"),
        ("resume_token: AbC-12_x", "AbC-12_x"),
    ],
)
def test_a_secret_is_blotted_out(text: str, secret: str) -> None:
    assert secret not in redact(text)
    assert "‹redacted›" in redact(text)


def test_a_field_with_the_name_of_a_secret_tells_nothing() -> None:
    for name in ("password", "refresh_token", "Authorization", "ticket"):
        assert redact_field(name, "abc") == "‹redacted›"
        assert redact_field("more", {name: ["abc"]}) == {name: ["‹redacted›"]}
    assert redact_field("meeting_id", "abc") == "abc"
    assert redact_field("ticket", None) is None


@pytest.mark.parametrize(
    "part", ["a.", "token", "eyJ-", "://a:", "x@", "password=", 'secret="', "input_value=", "Bearer ", "a@b."]
)
def test_a_hostile_text_takes_no_time_to_speak_of_and_has_an_end(part: str) -> None:
    started = time.process_time()
    assert len(redact(part * 200_000)) < 12 * MOST
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "text",
    [
        "peer_joined",
        "the database is away, try again",
        "http://localhost:8800/api/v1/meetings/{reference}",
        "2026-11-26T10:00:00.000000Z",
        "0190f3a2-7c1e-7000-8000-000000000000",
        'File "/srv/meeting_system/user/tokens.py", line 12, in rotate',
        "this ticket is unknown, used or too old: join again",
        "DELETE FROM kit.outbox WHERE id IN (1, 2)",
    ],
)
def test_what_helps_a_reader_stays(text: str) -> None:
    assert redact(text) == text
