"""Access tokens: ours are accepted, everything else is refused."""

import base64
import json
from dataclasses import replace
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from meeting_system.kernel.clock import ManualClock
from meeting_system.kernel.ids import MeetingId, ParticipantId, UserId
from meeting_system.kernel.principal import Account, AccountRole, Guest
from meeting_system.kit.tokens import (
    AUDIENCE,
    ISSUER,
    LEEWAY_S,
    TYPE,
    SignedTokens,
    TokenExpired,
    TokenInvalid,
    load_or_make_secret,
)

SECRET = "a secret for these tests, long enough"
ALICE = Account(UserId("u1"), AccountRole.USER, "Alice 爱丽丝", "f1")
GUEST = Guest(MeetingId("m1"), ParticipantId("p1"), "Guest")


@pytest.fixture
def tokens(clock: ManualClock) -> SignedTokens:
    return SignedTokens({"k1": SECRET}, clock)


def forge(claims: dict[str, object], header: dict[str, object] | None = None, secret: str = SECRET) -> str:
    """Return a token as somebody with `secret` could make it."""
    protected = {"alg": "HS256", "kid": "k1", "typ": TYPE} | (header or {})
    protected = {name: value for name, value in protected.items() if value is not None}
    return jwt.encode(protected, claims, OctKey.import_key(secret), algorithms=["HS256", "HS512"])


def claims(clock: ManualClock, **changes: object) -> dict[str, object]:
    """Return the claims of a valid token, with changes; None takes one away."""
    valid: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "exp": int(clock.now().timestamp()) + 60,
        "sub": "u1",
        "role": "user",
        "name": "Alice",
        "fam": "f1",
    }
    return {name: value for name, value in (valid | changes).items() if value is not None}


PROGRAM = Account(UserId("u1"), AccountRole.USER, "Alice", "c1", frozenset({"meeting:read", "profile:read"}))

PICTURED = replace(ALICE, avatar_url="/api/v1/users/u1/avatar/0123")


@pytest.mark.parametrize("principal", [ALICE, GUEST, PROGRAM, PICTURED])
def test_a_token_says_whose_it_is(tokens: SignedTokens, principal: Account | Guest) -> None:
    assert tokens.verify(tokens.issue(principal)) == principal


def test_a_token_expires_after_a_quarter_of_an_hour(tokens: SignedTokens, clock: ManualClock) -> None:
    token = tokens.issue(ALICE)
    assert tokens.lifetime_s == 900
    clock.advance(900 + LEEWAY_S - 1)
    tokens.verify(token)
    clock.advance(1)
    with pytest.raises(TokenExpired):
        tokens.verify(token)


def test_the_forger_of_these_tests_can_make_a_valid_one(tokens: SignedTokens, clock: ManualClock) -> None:
    assert isinstance(tokens.verify(forge(claims(clock))), Account)


@pytest.mark.parametrize("name", ["exp", "aud", "iss", "sub", "role", "fam"])
def test_a_token_without_a_required_claim_is_refused(
    tokens: SignedTokens, clock: ManualClock, name: str
) -> None:
    with pytest.raises(TokenInvalid):
        tokens.verify(forge(claims(clock, **{name: None})))


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "elsewhere"},
        {"aud": "another/api"},
        {"aud": [AUDIENCE, "x"]},
        {"role": "emperor"},
        {"exp": "tomorrow"},
        {"exp": True},
        {"exp": 9e99},
    ],
)
def test_a_token_with_another_claim_is_refused(
    tokens: SignedTokens, clock: ManualClock, change: dict[str, object]
) -> None:
    with pytest.raises(TokenInvalid):
        tokens.verify(forge(claims(clock, **change)))


@pytest.mark.parametrize(
    "header", [{"typ": None}, {"typ": "JWT"}, {"kid": None}, {"kid": "k9"}, {"alg": "HS512"}]
)
def test_a_token_with_another_header_is_refused(
    tokens: SignedTokens, clock: ManualClock, header: dict[str, object]
) -> None:
    with pytest.raises(TokenInvalid):
        tokens.verify(forge(claims(clock), header))


def test_a_token_of_another_secret_is_refused(tokens: SignedTokens, clock: ManualClock) -> None:
    with pytest.raises(TokenInvalid):
        tokens.verify(forge(claims(clock), secret="another secret for these tests, as long"))


def test_an_unsigned_token_is_refused(tokens: SignedTokens, clock: ManualClock) -> None:
    def part(value: dict[str, object]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    header = {"alg": "none", "kid": "k1", "typ": TYPE}
    with pytest.raises(TokenInvalid):
        tokens.verify(f"{part(header)}.{part(claims(clock))}.")


def test_a_token_signed_by_a_public_key_scheme_is_refused(tokens: SignedTokens, clock: ManualClock) -> None:
    key = RSAKey.generate_key(2048)
    token = jwt.encode({"alg": "RS256", "kid": "k1", "typ": TYPE}, claims(clock), key)
    with pytest.raises(TokenInvalid):
        tokens.verify(token)


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "é.é.é", "x" * 100_000, "null", "{}", "\ud800.a.b"])
def test_rubbish_is_refused(tokens: SignedTokens, text: str) -> None:
    with pytest.raises(TokenInvalid):
        tokens.verify(text)


def test_a_changed_token_is_refused_whatever_letter_changed(tokens: SignedTokens) -> None:
    token = tokens.issue(ALICE)
    # The last letter of a part carries bits that mean nothing.
    ends = {position - 1 for position, letter in enumerate(token) if letter == "."} | {len(token) - 1}
    for position, letter in enumerate(token):
        if letter != "." and position not in ends:
            changed = token[:position] + ("A" if letter != "A" else "B") + token[position + 1 :]
            with pytest.raises(TokenInvalid):
                tokens.verify(changed)


def test_the_previous_secret_is_accepted_and_the_first_one_signs(clock: ManualClock) -> None:
    old = SignedTokens({"old": SECRET}, clock)
    both = SignedTokens({"new": SECRET[::-1], "old": SECRET}, clock)
    assert both.verify(old.issue(ALICE)) == ALICE
    with pytest.raises(TokenInvalid):
        old.verify(both.issue(ALICE))


def test_a_short_secret_is_refused(clock: ManualClock) -> None:
    with pytest.raises(ValueError, match="shorter than 32"):
        SignedTokens({"k1": "short"}, clock)


def test_a_secret_is_made_once_and_for_us_alone(tmp_path: Path) -> None:
    file = tmp_path / "secrets" / "tokens"
    secret = load_or_make_secret(file)
    assert len(secret) >= 48
    assert load_or_make_secret(file) == secret
    assert file.stat().st_mode & 0o077 == 0


def test_a_damaged_secret_file_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text("short")
    with pytest.raises(ValueError, match="damaged"):
        load_or_make_secret(file)
    assert file.read_text() == "short"
