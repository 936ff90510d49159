"""Ratios of means on the same samples."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.stats.ratios import ratio_interval

times = st.lists(st.floats(0.1, 10), min_size=2, max_size=30)


@given(times, st.floats(0.1, 10))
def test_a_constant_ratio_has_no_width(values, factor):
    found = ratio_interval([factor * value for value in values], values)

    assert (found.value, found.low, found.high) == pytest.approx((factor,) * 3)


@given(times)
def test_turned_around_it_is_the_same_interval(values):
    others = values[::-1]

    one, other = ratio_interval(values, others), ratio_interval(others, values)

    assert (1 / other.high, 1 / other.low) == pytest.approx((one.low, one.high))


def test_it_holds_the_truth_as_often_as_it_says():
    random = np.random.default_rng(0)
    held = 0
    for _ in range(1_000):
        common = random.lognormal(0, 0.5, 40)
        found = ratio_interval(
            2 * common * random.lognormal(0, 0.3, 40), common * random.lognormal(0, 0.3, 40)
        )
        held += found.low <= 2 <= found.high

    assert 0.92 <= held / 1_000 <= 0.98


def test_samples_of_a_cluster_count_together():
    over, under = [2.0, 2.2, 4.0, 4.4], [1.0, 1.0, 1.0, 1.0]

    assert ratio_interval(over, under, ["a", "a", "b", "b"]).n == 2
    assert ratio_interval(over, under, ["a"] * 4).high == math.inf


@pytest.mark.parametrize(("over", "under"), [([], []), ([0.0], [1.0]), ([1.0], [0.0])])
def test_nothing_measured_is_no_ratio(over, under):
    assert ratio_interval(over, under) is None
