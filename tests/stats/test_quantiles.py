"""Intervals of quantiles from the order of the values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, quantile_test

from promptsweep.stats import nearest_rank, quantile_interval, quantile_ranks

values = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60)
shares = st.floats(0.02, 0.98)
levels = st.sampled_from([0.8, 0.9, 0.95, 0.99])


@given(values, shares)
def test_the_value_is_numpys_inverse_of_the_distribution(sample, share):
    expected = np.quantile(sample, share, method="inverted_cdf")

    assert quantile_interval(sample, share).value == expected


def test_a_decimal_share_is_not_pushed_up_a_rank_by_rounding():
    assert 0.55 * 100 > 55
    assert (nearest_rank(100, 0.55), nearest_rank(20, 0.95), nearest_rank(1, 0.01)) == (55, 19, 1)


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=60, unique=True), shares, levels)
def test_the_ends_are_those_of_scipys_quantile_test(sample, share, level):
    interval = quantile_interval(sample, share, level)

    expected = quantile_test(sample, p=share).confidence_interval(level)
    ours = (interval.low, interval.high)
    for end, reference, none in zip(ours, expected, (-math.inf, math.inf), strict=True):
        assert end == (none if math.isnan(reference) else reference)


@pytest.mark.parametrize("n", [6, 20, 100, 1000])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_at_least_95_of_100_intervals_hold_the_true_quantile(n, share):
    low, high = quantile_ranks(n, share)

    below = np.arange(n + 1)  # so many of the values lie below the true quantile
    held = (below >= (low or 0)) & (below < (high or n + 1))

    assert binom.pmf(below, n, share)[held].sum() >= 0.95
    assert binom.pmf(below, n, share)[held].sum() <= 0.985 or n < 100


@pytest.mark.parametrize(("share", "n"), [(0.5, 6), (0.95, 72), (0.99, 368)])
def test_an_upper_end_needs_enough_values(share, n):
    assert quantile_ranks(n - 1, share)[1] is None
    assert quantile_ranks(n, share)[1] == n
    assert quantile_interval(range(n - 1), share).high == math.inf
    assert quantile_ranks(n, 1 - share)[0] == 1
    assert quantile_ranks(n - 1, 1 - share)[0] is None


def test_ranks_serve_a_caller_that_reads_single_values():
    seconds = np.random.default_rng(4).lognormal(0, 1, 200)
    low, high = quantile_ranks(200, 0.95)

    interval = quantile_interval(seconds, 0.95)

    assert (interval.low, interval.high) == (np.sort(seconds)[low - 1], np.sort(seconds)[high - 1])
    assert (low, high) == (184, 197)


def test_no_value_says_nothing():
    interval = quantile_interval([], 0.5)

    assert math.isnan(interval.value)
    assert (interval.low, interval.high, interval.n) == (-math.inf, math.inf, 0)


@pytest.mark.parametrize(
    ("sample", "share", "message"),
    [([1, 2], 1.0, "share"), ([1, 2], 0.0, "share"), ([1, math.nan], 0.5, "finite")],
)
def test_what_has_no_quantile_is_refused(sample, share, message):
    with pytest.raises(ValueError, match=message):
        quantile_interval(sample, share)
