"""R2: after a link that was down for less than five minutes a session goes on, after more it begins anew."""

import pytest

from .outages import OUTAGES_S, run_outage


@pytest.mark.parametrize("outage_s", OUTAGES_S)
def test_nothing_is_lost_doubled_or_reordered_by_a_link_that_is_down(outage_s: float) -> None:
    assert run_outage(outage_s) == OUTAGES_S[outage_s]
