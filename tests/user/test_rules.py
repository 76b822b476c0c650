"""The decisions about accounts."""

from datetime import UTC, datetime, timedelta

import pytest

from meeting_system.kernel.email import normal_email
from meeting_system.user.errors import PasswordWeak
from meeting_system.user.rules import Verdict, check_password, judge_refresh

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("Ada@Example.ORG", "ada@example.org"),
        ("  ada@example.org ", "ada@example.org"),
        ("ａｄａ@example.org", "ada@example.org"),
        ("root@localhost", "root@localhost"),
        ("李雷@例子.中国", "李雷@例子.中国"),
    ],
)
def test_an_address_has_one_spelling(written: str, normal: str) -> None:
    assert normal_email(written) == normal


@pytest.mark.parametrize(
    "written",
    [
        *(
            "",
            "ada",
            "@example.org",
            "ada@",
            "a@b@c",
            "a b@c.d",
            "ada@.org",
            "ada@x..y",
            "a\u0000@b.c",
            "a@b,c",
        ),
        *("x" * 65 + "@example.org", "a@" + "b" * 260, "ada@example.org\nbcc:eve@example.org"),
    ],
)
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is not an e-mail address"):
        normal_email(written)


@pytest.mark.parametrize(
    "password",
    [
        *("short", "ninechars", "1234567890", "Password123", "ada.lovelace@example.org", "ADA.LOVELACE"),
        *("aaaaaaaaaaaa", "abababababab", "密码密码密码密码密码", "１２３４５６７８９０"),
    ],
)
def test_what_is_guessed_first_is_no_password(password: str) -> None:
    with pytest.raises(PasswordWeak):
        check_password(password, email="ada.lovelace@example.org")


@pytest.mark.parametrize("password", ["correct horse", "今天天气真好我们去开会", "🐎🔋📎🏠🌂🎩🎻🎺🥁🎲"])
def test_a_long_enough_password_in_any_script_is_taken(password: str) -> None:
    check_password(password, email="ada@example.org")


@pytest.mark.parametrize(
    ("used_s_ago", "age_s", "revoked", "verdict"),
    [
        (None, 0, False, Verdict.ROTATE),
        (None, 99, False, Verdict.ROTATE),
        (None, 100, False, Verdict.EXPIRED),
        (0, 10, False, Verdict.RACE),
        (10, 20, False, Verdict.RACE),
        (10.1, 20, False, Verdict.REUSED),
        (50, 200, False, Verdict.REUSED),
        (None, 0, True, Verdict.REVOKED),
        (50, 60, True, Verdict.REVOKED),
    ],
)
def test_a_refresh_token_rotates_races_or_betrays_a_copy(
    used_s_ago: float | None, age_s: float, revoked: bool, verdict: Verdict
) -> None:
    assert (
        judge_refresh(
            now=NOW,
            used_at=None if used_s_ago is None else NOW - timedelta(seconds=used_s_ago),
            expires_at=NOW + timedelta(seconds=100 - age_s),
            family_expires_at=NOW + timedelta(seconds=1000),
            revoked=revoked,
            grace_s=10,
        )
        is verdict
    )
