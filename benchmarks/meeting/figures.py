"""Percentiles and counters, as the benchmarks report them."""

import math
from collections.abc import Sequence

from prometheus_client.parser import text_string_to_metric_families


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` of the values don't exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def counter(metrics: str, name: str) -> float:
    """Return the sum of a counter over its labels, from Prometheus' text format."""
    samples = [
        sample.value
        for family in text_string_to_metric_families(metrics)
        for sample in family.samples
        if sample.name == name
    ]
    if not samples:
        raise LookupError(f"the server does not count {name}")
    return sum(samples)
