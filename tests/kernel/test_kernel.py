"""The vocabulary: ids, clock, errors, personal data."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meeting_system import __version__
from meeting_system.kernel.clock import ManualClock, SystemClock
from meeting_system.kernel.errors import AppError, RemoteError, Unavailable
from meeting_system.kernel.ids import is_id, new_id, new_secret
from meeting_system.kernel.pii import Private


@given(st.lists(st.integers(0, 1 << 40), min_size=2, unique=True))
def test_ids_sort_by_their_time_of_birth(milliseconds: list[int]) -> None:
    ids = [new_id(each / 1000) for each in sorted(milliseconds)]
    # Two floats may round to the same millisecond; those two may be in any order.
    assert [each[:13] for each in sorted(ids)] == [each[:13] for each in ids]


def test_an_id_is_a_uuid_of_version_7_in_its_canonical_form() -> None:
    one = new_id(1_700_000_000.0)
    assert is_id(one)
    assert (one[14], one[19] in "89ab") == ("7", True)
    assert one != new_id(1_700_000_000.0)


@pytest.mark.parametrize(
    "text", ["", "x", "0194C3A2-0000-7000-8000-00000000000A", "{0194c3a2-0000-7000-8000-000000000000}"]
)
def test_what_is_no_id_is_told(text: str) -> None:
    assert not is_id(text)


def test_secrets_have_128_bits() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert {len(each) for each in secrets} == {22}


def test_a_manual_clock_moves_when_told() -> None:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    clock.advance(1.5)
    assert clock.now() == datetime(2026, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)
    assert clock.monotonic() == 1.5


def test_the_system_clock_is_in_utc_and_never_goes_back() -> None:
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() <= clock.monotonic()


def subclasses(kind: type[AppError]) -> set[type[AppError]]:
    return {kind}.union(*(subclasses(each) for each in kind.__subclasses__()))


def test_only_what_is_unavailable_may_be_tried_again_as_it_is() -> None:
    for kind in subclasses(AppError) - {RemoteError}:
        assert kind.retryable == issubclass(kind, Unavailable)
    assert RemoteError("x", status=503, code="unavailable").retryable
    assert not RemoteError("x", status=404, code="not_found").retryable


def test_personal_data_prints_redacted() -> None:
    email = Private("alice@example.org")
    assert "alice" not in f"{email} {email!r} {[email]}"
    assert email.reveal() == "alice@example.org"


def test_the_version_is_that_of_the_distribution() -> None:
    from importlib.metadata import version

    assert version("meeting-system") == __version__
