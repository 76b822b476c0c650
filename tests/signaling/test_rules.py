"""The pure rules: tokens, buckets, origins, what follows a loss."""

from dataclasses import replace

import pytest

from meeting_system.signaling import rules
from meeting_system.signaling.errors import BadFrame
from meeting_system.signaling.gateway import identify_of, is_origin_allowed
from meeting_system.signaling.room_log import session_record

RECORD = session_record("s", {"gen": "1", "token": "t2", "previous_token": "t1", "epoch": "e", "po": "4"})


def test_the_token_before_counts_until_the_new_one_is_known_to_have_arrived() -> None:
    assert rules.judge_token(RECORD, "t2") == "current"
    assert rules.judge_token(RECORD, "t1") == "previous"
    confirmed = replace(RECORD, previous_token="", older_tokens=rules.retire_token("", "t1".ljust(16, "_")))
    assert rules.judge_token(confirmed, "t1".ljust(16, "_")) == "reused"
    assert rules.judge_token(confirmed, "never seen") == "unknown"


def test_only_so_many_old_tokens_are_remembered() -> None:
    older = ""
    for n in range(100):
        older = rules.retire_token(older, rules.hash_secret(str(n)))
    assert len(older) == rules.OLDER_TOKENS_KEPT * rules.SHORT_HASH


@pytest.mark.parametrize(
    ("epoch", "ro", "po", "why"),
    [
        ("e", 7, 4, None),
        ("other", 7, 4, "epoch"),
        ("e", 9, 4, "ahead"),
        ("e", 7, 5, "ahead"),
        ("e", 2, 4, "trimmed"),
    ],
)
def test_replay_is_refused_for_what_can_not_be_replayed(
    epoch: str, ro: int, po: int, why: str | None
) -> None:
    record = replace(RECORD, admitted_ro=3)
    assert rules.why_not_replay(record, epoch="e", top=8, known_epoch=epoch, ro=ro, po=po) == why


def test_a_bucket_refills_to_its_burst_and_a_grant_is_spent_once() -> None:
    bucket = rules.TokenBucket.full(rate=20, burst=60, now=0)
    bucket.grant(10)
    assert sum(bucket.take(0) for _ in range(100)) == 70
    assert sum(bucket.take(1) for _ in range(100)) == 20
    assert sum(bucket.take(100) for _ in range(100)) == 60


@pytest.mark.parametrize(
    ("has_it", "alive", "away_ms", "media"),
    [
        (True, True, 100, "keep"),
        (True, True, 9000, "ice_restart"),
        (True, False, 1, "rebuild"),
        (False, True, 1, "rebuild"),
    ],
)
def test_media_after_a_loss(has_it: bool, alive: bool, away_ms: int, media: str) -> None:
    assert rules.judge_media(client_has_it=has_it, engine_has_it=alive, away_ms=away_ms) == media


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("https://meet.example", True),
        ("https://MEET.example", True),
        ("https://other.example", False),
        ("https://meet.example.evil", False),
        ("null", False),
        ("https://also.example", True),
    ],
)
def test_pages_of_the_own_host_and_of_named_origins_may_connect(origin: str | None, allowed: bool) -> None:
    assert is_origin_allowed(origin, "meet.example", ["https://also.example"]) is allowed


def test_a_ticket_in_the_url_stands_for_identify() -> None:
    found = identify_of({"meeting_id": "m", "peer_id": "d", "token": "t" * 22})
    assert found is not None
    assert (found.meeting_id, found.device_id) == ("m", "d")
    assert identify_of({}) is None
    with pytest.raises(BadFrame):
        identify_of({"token": "t" * 22})
