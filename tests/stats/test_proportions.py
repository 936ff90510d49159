"""Wilson's interval and Newcombe's difference of paired proportions."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom
from statsmodels.stats.proportion import proportion_confint

from promptsweep.stats import wilson
from promptsweep.stats.proportions import newcombe

counts = st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
tables = st.tuples(*[st.integers(0, 300)] * 4).filter(any)
levels = st.floats(0.5, 0.999)
CASES = list(itertools.product((20, 100, 1000), (0.5, 0.9, 0.99)))


@given(counts, levels)
def test_wilson_equals_statsmodels(count, level):
    successes, n = count

    interval = wilson(successes, n, level)

    expected = proportion_confint(successes, n, alpha=1 - level, method="wilson")
    assert (interval.low, interval.high) == pytest.approx(expected, abs=1e-9)
    assert (interval.value, interval.n) == (successes / n, n)


def test_five_of_five_may_still_be_a_prompt_that_fails_four_times_in_ten():
    interval = wilson(5, 5)

    assert interval.low == pytest.approx(0.5655, abs=1e-4)
    assert interval.high == 1


def test_no_sample_says_nothing():
    interval = wilson(0, 0)

    assert math.isnan(interval.value)
    assert (interval.low, interval.high, interval.n) == (0, 1, 0)


@given(counts, levels, levels)
def test_wilson_holds_the_share_mirrors_failures_and_grows_with_the_level(count, one, other):
    successes, n = count
    narrow, wide = wilson(successes, n, min(one, other)), wilson(successes, n, max(one, other))
    mirror = wilson(n - successes, n, max(one, other))

    assert 0 <= wide.low <= narrow.low <= narrow.value <= narrow.high <= wide.high <= 1
    assert (1 - mirror.high, 1 - mirror.low) == pytest.approx((wide.low, wide.high), abs=1e-12)


@pytest.mark.parametrize(("n", "p"), CASES)
def test_wilson_covers_the_truth_in_93_of_100_runs_but_for_its_one_known_dip(n, p):
    successes = np.arange(n + 1)
    intervals = [wilson(int(count), n) for count in successes]
    holds = np.array([interval.low <= p <= interval.high for interval in intervals])

    coverage = float(binom.pmf(successes, n, p)[holds].sum())

    if (n, p) == (100, 0.99):
        assert coverage == pytest.approx(0.9206, abs=1e-4)
    else:
        assert coverage >= 0.93


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ((20, 12, 2, 16), (-0.2, -0.3292, -0.0562)),  # φ = (296 − 25)/√(32·18·22·28) = 0.455
        ((20, 0, 0, 0), (0.0, -0.1611, 0.1611)),
        ((0, 0, 10, 0), (1.0, 0.6075, 1.0)),
    ],
)
def test_newcombe_gives_the_hand_worked_difference(table, expected):
    interval = newcombe(*table)

    assert (interval.value, interval.low, interval.high) == pytest.approx(expected, abs=5e-5)


@given(tables, levels, levels)
def test_newcombe_holds_the_difference_turns_with_the_arms_and_grows_with_the_level(table, one, other):
    both, only_a, only_b, neither = table
    narrow, wide = newcombe(*table, min(one, other)), newcombe(*table, max(one, other))
    turned = newcombe(both, only_b, only_a, neither, max(one, other))

    assert -1 <= wide.low <= narrow.low + 1e-12
    assert narrow.low <= narrow.value <= narrow.high <= wide.high + 1e-12
    assert wide.high <= 1
    assert (-turned.high, -turned.low) == pytest.approx((wide.low, wide.high), abs=1e-12)


@pytest.mark.parametrize("overlap", [0.0, 0.5])
@pytest.mark.parametrize(("n", "p_a"), CASES)
def test_newcombe_covers_the_true_difference_in_93_of_100_runs(n, p_a, overlap):
    for p_b in (0.5, 0.9, 0.99):
        together = (1 - overlap) * p_a * p_b + overlap * min(p_a, p_b)
        chances = [together, p_a - together, p_b - together, 1 - p_a - p_b + together]
        runs = np.random.default_rng(7).multinomial(n, chances, size=3000)
        seen, times = np.unique(runs, axis=0, return_counts=True)
        intervals = [newcombe(*map(int, table)) for table in seen]
        holds = [i.low - 1e-12 <= p_b - p_a <= i.high + 1e-12 for i in intervals]

        assert times[holds].sum() / times.sum() >= 0.93
