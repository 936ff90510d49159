"""Totals extrapolated from a part."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.stats.totals import total_interval

amounts = st.lists(st.floats(0, 1e6), min_size=1, max_size=30)


def test_equal_amounts_leave_no_doubt():
    interval = total_interval([2.0, 2.0, 2.0], more=7)

    assert (interval.value, interval.low, interval.high) == (20.0, 20.0, 20.0)


@given(amounts)
def test_a_whole_that_is_known_is_certain(values):
    interval = total_interval(values, more=0)

    assert interval.value == interval.low == interval.high == math.fsum(values)


@given(amounts, st.integers(1, 10_000))
def test_the_interval_holds_its_value_and_never_less_than_what_is_known(values, more):
    interval = total_interval(values, more)

    assert math.fsum(values) <= interval.low <= interval.value <= interval.high


def test_one_amount_says_nothing_of_the_upper_end():
    interval = total_interval([3.0], more=9)

    assert (interval.value, interval.low, interval.high) == (30.0, 3.0, math.inf)


def test_no_amount_says_nothing():
    interval = total_interval([], more=9)

    assert math.isnan(interval.value)
    assert (interval.low, interval.high, interval.n) == (0.0, math.inf, 0)


@pytest.mark.parametrize(("n", "more"), [(5, 20), (10, 990), (40, 10)])
def test_nineteen_of_twenty_intervals_hold_the_true_total(n, more):
    random = np.random.default_rng(7)
    held = 0
    for _ in range(2_000):
        values = np.maximum(0, random.normal(100, 15, n + more))
        interval = total_interval(values[:n].tolist(), more)
        held += interval.low <= values.sum() <= interval.high

    assert held / 2_000 == pytest.approx(0.95, abs=0.015)
