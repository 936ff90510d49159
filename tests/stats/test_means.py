"""Intervals of mean scores, alone and in clusters."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from promptsweep.stats import mean_interval, mean_interval_from_sums, wilson
from promptsweep.stats.units import Units

scores = st.lists(st.floats(0, 1), min_size=2, max_size=40)
levels = st.floats(0.5, 0.999)


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=40).filter(lambda s: np.std(s) > 1e-3), levels)
def test_without_bounds_it_is_students_interval(values, level):
    interval = mean_interval(values, level=level, bounds=None)

    expected = scipy_stats.t.interval(level, len(values) - 1, np.mean(values), scipy_stats.sem(values))
    assert (interval.low, interval.high) == pytest.approx(expected, abs=1e-9)


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 5)), min_size=3, max_size=40))
def test_the_clustered_error_is_that_of_a_regression_on_the_constant(rows):
    values, clusters = map(list, zip(*rows, strict=True))
    units = Units.of(values, clusters)
    if len(units) < 2:
        return

    fit = sm.OLS(values, np.ones(len(values))).fit()
    robust = fit.get_robustcov_results("cluster", groups=np.array(clusters), df_correction=True)

    # statsmodels multiplies by (n − 1)/(n − k) as well, which for a lone constant is 1.
    assert units.variance / len(units) == pytest.approx(robust.cov_params()[0, 0], abs=1e-9)


def test_repeats_of_a_sample_do_not_pass_for_more_samples():
    values, clusters = [1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1], [f"s{i // 3}" for i in range(12)]

    assert mean_interval(values, clusters) == mean_interval([1, 0, 1, 1])
    assert mean_interval(values, clusters).n == 4


@given(scores, levels)
def test_sums_give_what_the_values_give(values, level):
    total, squares = float(np.sum(values)), float(np.sum(np.square(values)))

    streamed = mean_interval_from_sums(len(values), total, squares, level)

    expected = mean_interval(values, level=level)
    assert (streamed.value, streamed.low, streamed.high) == pytest.approx(
        (expected.value, expected.low, expected.high), abs=1e-6
    )


@given(scores, levels, levels)
def test_it_holds_the_mean_mirrors_the_scale_and_grows_with_the_level(values, one, other):
    narrow, wide = (mean_interval(values, level=level) for level in sorted((one, other)))
    mirror = mean_interval([1 - value for value in values], level=max(one, other))

    assert 0 <= wide.low <= narrow.low + 1e-12
    assert narrow.low <= narrow.value <= narrow.high <= wide.high + 1e-12
    assert wide.high <= 1
    assert (1 - mirror.high, 1 - mirror.low) == pytest.approx((wide.low, wide.high), abs=1e-7)


@pytest.mark.parametrize("score", [0.0, 0.4, 1.0])
def test_equal_scores_leave_room_for_doubt_that_shrinks_with_more_of_them(score):
    widths = [(i := mean_interval([score] * n)).high - i.low for n in (5, 20, 100, 1000)]

    assert widths == sorted(widths, reverse=True)
    assert 0 < widths[-1] < 0.01


def test_right_or_wrong_scores_never_get_less_than_wilson_gives():
    for right in range(21):
        interval, reference = mean_interval([1.0] * right + [0.0] * (20 - right)), wilson(right, 20)

        assert interval.low <= reference.low + 1e-12
        assert interval.high >= reference.high - 1e-12


def test_bounds_scale_the_interval_with_the_scores():
    values = np.array([0.2, 0.9, 0.4, 1.0, 0.7])
    unit, rubric = mean_interval(values), mean_interval(1 + 4 * values, bounds=(1, 5))

    assert (rubric.low, rubric.high) == pytest.approx((1 + 4 * unit.low, 1 + 4 * unit.high))


@pytest.mark.parametrize(("values", "n"), [([], 0), ([0.7], 1)])
def test_fewer_than_two_samples_allow_everything(values, n):
    total, squares = sum(values), sum(value**2 for value in values)
    for interval in (mean_interval(values), mean_interval_from_sums(n, total, squares)):
        assert (interval.low, interval.high, interval.n) == (0, 1, n)
        assert math.isnan(interval.value) == (n == 0)
    assert mean_interval(values, bounds=None).high == math.inf


@pytest.mark.parametrize(
    ("values", "message"),
    [([0.5, 1.5], "score 1.5 lies outside the bounds 0 to 1"), ([0.5, math.nan], "finite")],
)
def test_a_score_that_cannot_be_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        mean_interval(values)


def test_rounding_beyond_a_bound_is_forgiven():
    assert mean_interval([1 + 2e-16, 1.0]).high >= 1


@pytest.mark.parametrize("n", [20, 100, 1000])
@pytest.mark.parametrize("p", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("kind", ["binary", "partial credit", "judge", "skewed"])
def test_it_covers_the_true_mean_in_93_of_100_runs(kind, p, n):
    random, shape = np.random.default_rng(11), (1500, n)
    right = random.random(shape) < p
    runs, truth = {
        "binary": (right * 1.0, p),
        "partial credit": (np.where(right, 1.0, random.random(shape)), p + (1 - p) / 2),
        "judge": (np.where(right, 0.75, 0.0), 0.75 * p),
        "skewed": (random.beta(5 * p, 5 * (1 - p), shape), p),
    }[kind]
    sums = zip(runs.sum(axis=1), (runs**2).sum(axis=1), strict=True)
    intervals = [mean_interval_from_sums(n, float(total), float(squares)) for total, squares in sums]

    assert np.mean([i.low <= truth <= i.high for i in intervals]) >= 0.93
