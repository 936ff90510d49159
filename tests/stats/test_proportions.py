"""Wilson's interval and Newcombe's difference of paired proportions."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special
from scipy.stats import binom
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from promptsweep.stats import mean_interval, mean_interval_from_sums, proportion_interval, wilson
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


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), levels)
def test_newcombe_without_correlation_is_statsmodels_interval_of_two_samples(one, other, third, level):
    # both·neither = only_a·only_b: the arms are uncorrelated, so pairing gains nothing.
    both, only_a, only_b, neither = one * other, one * third, other * third, third * third
    n = both + only_a + only_b + neither

    interval = newcombe(both, only_a, only_b, neither, level)

    expected = confint_proportions_2indep(
        both + only_b, n, both + only_a, n, method="newcomb", compare="diff", alpha=1 - level
    )
    assert (interval.low, interval.high) == pytest.approx(expected, abs=1e-9)


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


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (99, 100, 0.9455, 0.999487),  # 1 − λ/100, where exp(−λ) = 0.95
        (1, 20, 0.002565, 0.2361),  # λ/20
        (17, 20, 0.6396, 0.9476),  # three of 20 are not rare: Wilson's own
        (97, 100, 0.9155, 0.991823),  # 1 − λ/100, where exp(−λ)·(1 + λ + λ²/2) = 0.95
        (5, 5, 0.5655, 1.0),
        (50, 100, 0.4038, 0.5962),
    ],
)
def test_the_interval_of_tables_is_wilsons_but_for_a_few_successes_or_failures(successes, n, low, high):
    interval = proportion_interval(successes, n)

    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)


@given(counts, levels)
def test_the_interval_of_tables_holds_wilsons_and_mirrors_failures(count, level):
    successes, n = count
    interval, plain = proportion_interval(successes, n, level), wilson(successes, n, level)
    mirror = proportion_interval(n - successes, n, level)

    assert 0 <= interval.low <= plain.low + 1e-12
    assert plain.high - 1e-12 <= interval.high <= 1
    assert (1 - mirror.high, 1 - mirror.low) == pytest.approx((interval.low, interval.high), abs=1e-12)


@given(counts)
def test_the_mean_of_right_or_wrong_scores_gets_the_interval_of_tables(count):
    successes, n = count
    if n < 2:
        return

    streamed = mean_interval_from_sums(n, successes, successes)
    rubric = mean_interval([5.0] * successes + [1.0] * (n - successes), bounds=(1, 5))

    expected = proportion_interval(successes, n)
    assert (streamed.low, streamed.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert ((rubric.low - 1) / 4, (rubric.high - 1) / 4) == pytest.approx(
        (expected.low, expected.high), abs=1e-9
    )


def coverage(n, p):
    """The exact chance that the interval of n right-or-wrong scores, each right with chance p, holds p."""
    intervals = [mean_interval_from_sums(n, right, right) for right in range(n + 1)]
    low, high = (np.array(ends) for ends in zip(*((i.low, i.high) for i in intervals), strict=True))
    holds = (low <= np.reshape(p, (-1, 1)) + 1e-12) & (np.reshape(p, (-1, 1)) <= high + 1e-12)
    return (binom.pmf(np.arange(n + 1), n, np.reshape(p, (-1, 1))) * holds).sum(axis=1)


GRID = np.arange(1, 100) / 100


def test_the_interval_of_tables_covers_93_of_100_and_95_on_average_over_p_and_n():
    found = {n: coverage(n, [0.5, 0.9, 0.99]) for n in (20, 100, 1000)}

    assert min(values.min() for values in found.values()) >= 0.93
    assert np.mean(list(found.values())) == pytest.approx(0.95, abs=0.015)
    assert found[20] == pytest.approx([0.9586, 0.9568, 0.9831], abs=1e-4)
    assert found[100] == pytest.approx([0.9431, 0.9364, 0.9816], abs=1e-4)
    assert found[1000] == pytest.approx([0.9463, 0.9491, 0.9635], abs=1e-4)


@pytest.mark.parametrize(
    ("n", "mean", "least"), [(20, 0.9548, 0.9245), (100, 0.9505, 0.9332), (1000, 0.9498, 0.9457)]
)
def test_averaged_over_p_from_1_to_99_percent_the_coverage_is_95(n, mean, least):
    found = coverage(n, GRID)

    assert found.mean() == pytest.approx(0.95, abs=0.015)
    assert (found.mean(), found.min()) == pytest.approx((mean, least), abs=1e-4)


def paired_coverage(n, overlap, runs=800):
    """How often Newcombe's interval holds p_B − p_A, for pairs of proportions from 10 to 90 %."""
    random, grid = np.random.default_rng(19), (0.1, 0.3, 0.5, 0.7, 0.9)
    for p_a, p_b in itertools.product(grid, grid):
        together = (1 - overlap) * p_a * p_b + overlap * min(p_a, p_b)
        chances = np.array([together, p_a - together, p_b - together, 1 - p_a - p_b + together])
        seen, times = np.unique(random.multinomial(n, chances, size=runs), axis=0, return_counts=True)
        intervals = [newcombe(*map(int, table)) for table in seen]
        holds = [i.low - 1e-12 <= p_b - p_a <= i.high + 1e-12 for i in intervals]
        yield times[holds].sum() / runs


@pytest.mark.parametrize("overlap", [0.0, 0.25, 0.5, 0.75])  # from independent arms to nearly the same
@pytest.mark.parametrize("n", [20, 100, 1000])
def test_averaged_over_both_proportions_newcombe_covers_95_of_100(n, overlap):
    found = list(paired_coverage(n, overlap))

    # Where 20 samples hardly differ, only few differences can be seen at all, and the interval is cautious.
    assert 0.935 <= np.mean(found) <= (0.975 if n == 20 else 0.965)
    assert min(found) >= 0.93 - 3 * np.sqrt(0.93 * 0.07 / 800)


@given(st.sampled_from([1, 2, 3]), levels)
def test_the_rate_of_few_successes_is_that_of_the_incomplete_gamma_function(count, level):
    expected = special.gammaincinv(count, 1 - level) / 1000
    low = min(expected, wilson(count, 1000, level).low)
    assert proportion_interval(count, 1000, level).low == pytest.approx(low, rel=1e-8)
