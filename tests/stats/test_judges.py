"""Agreement of two judges: κ, rank correlations and preferences."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, bootstrap, kendalltau, spearmanr
from sklearn.metrics import cohen_kappa_score

from promptsweep.stats import kappa, kendall, mean_interval, preferred, spearman

labels = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=2, max_size=30)
ratings = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=2, max_size=30)
scores = st.lists(st.tuples(st.integers(1, 5), st.sampled_from([0, 0.25, 1 / 3, 0.5, 1])), min_size=5)


def judged(n, error, seed=0):
    """Right-or-wrong labels of two judges of whom one errs."""
    random = np.random.default_rng(seed)
    truth = random.random(n) < 0.7
    return truth.astype(int), (truth ^ (random.random(n) < error)).astype(int)


@settings(deadline=None)
@given(labels)
def test_kappa_of_labels_is_scikit_learns(pairs):
    one, other = zip(*pairs, strict=True)
    assume(len({*one, *other}) > 1)

    assert kappa(one, other).value == pytest.approx(cohen_kappa_score(one, other), abs=1e-9)


@settings(deadline=None)
@given(ratings)
def test_kappa_of_ratings_is_scikit_learns_with_quadratic_weights(pairs):
    one, other = zip(*pairs, strict=True)
    assume(len({*one, *other}) > 1)
    expected = cohen_kappa_score(one, other, weights="quadratic", labels=[1, 2, 3, 4, 5])

    found = kappa(one, other, width=4)

    assert found.value == pytest.approx(expected, abs=1e-9)
    assert -1 <= found.low <= found.value <= found.high <= 1


def test_kappa_of_a_case_worked_by_hand():
    one, other = [1] * 25 + [0] * 25, [1] * 20 + [0] * 5 + [1] * 10 + [0] * 15

    assert kappa(one, other).value == pytest.approx(0.4)  # (35/50 − .5)/(1 − .5)


def test_the_interval_of_kappa_is_about_scipys_bootstrap_of_scikit_learns_kappa():
    one, other = judged(150, 0.15)
    expected = bootstrap(
        (one, other),
        cohen_kappa_score,
        paired=True,
        vectorized=False,
        method="percentile",
        n_resamples=500,
        rng=1,
    ).confidence_interval

    found = kappa(one, other)

    assert found.low == pytest.approx(expected.low, abs=0.04)
    assert found.high == pytest.approx(expected.high, abs=0.06)


def test_perfect_agreement_of_few_is_not_sure():
    few, many = kappa([0, 1] * 5, [0, 1] * 5), kappa([0, 1] * 100, [0, 1] * 100)

    assert few.value == many.value == few.high == 1
    assert few.low < 0.5
    assert 0.95 < many.low < 1


@pytest.mark.parametrize("statistic", [kappa, spearman, kendall])
def test_a_judge_without_a_view_or_no_things_leave_it_undefined(statistic):
    for one, other in (([], []), ([1] * 9, [1] * 9)):
        found = statistic(one, other)
        assert math.isnan(found.value)
        assert (found.low, found.high, found.n) == (-1, 1, len(one))


@settings(deadline=None)
@given(scores)
def test_rank_correlations_are_scipys(pairs):
    one, other = zip(*pairs, strict=True)
    assume(len(set(one)) > 1 and len(set(other)) > 1)

    for found, expected in (
        (spearman(one, other), spearmanr(one, other)),
        (kendall(one, other), kendalltau(one, other)),
    ):
        assert found.value == pytest.approx(expected.statistic, abs=1e-9)
        assert -1 <= found.low <= found.value <= found.high <= 1


@pytest.mark.parametrize(("statistic", "reference"), [(spearman, spearmanr), (kendall, kendalltau)])
def test_their_intervals_are_about_scipys_bootstrap(statistic, reference):
    random = np.random.default_rng(2)
    true = random.normal(size=120)
    one, other = np.clip(np.round(3 + true), 1, 5), true + random.normal(size=120)

    def value(one, other):
        return reference(one, other).statistic

    expected = bootstrap(
        (one, other), value, paired=True, vectorized=False, method="percentile", n_resamples=500, rng=1
    ).confidence_interval

    found = statistic(one, other)

    assert found.low == pytest.approx(expected.low, abs=0.04)
    assert found.high == pytest.approx(expected.high, abs=0.04)


def test_four_things_say_nothing_of_an_order():
    assert (spearman([1, 2, 3, 4], [1, 2, 3, 4]).low, kendall([1, 2, 3, 4], [1, 2, 3, 4]).high) == (-1, 1)


@pytest.mark.parametrize("statistic", [kappa, spearman, kendall])
def test_repeats_of_a_sample_are_no_further_evidence(statistic):
    one, other = judged(30, 0.2)
    repeated, samples = np.tile([one, other], 4), np.tile(np.arange(30), 4)

    alone, together = statistic(one, other), statistic(*repeated, samples)

    assert together.n == alone.n == 30
    assert together.value == pytest.approx(alone.value)
    assert together.high - together.low == pytest.approx(alone.high - alone.low, rel=0.1)


def test_rank_correlations_of_many_distinct_scores_take_little_memory():
    random = np.random.default_rng(0)
    one, other = random.integers(1, 6, 3_000), random.random(3_000)

    tracemalloc.start()
    kendall(one, other)
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert used < 200e6


@given(st.lists(st.sampled_from([-1, 0, 1]), min_size=1))
def test_preferences_are_a_net_win_rate_and_a_sign_test(values):
    found = preferred(values)

    wins, losses = values.count(1), values.count(-1)
    assert (found.wins, found.ties, found.losses) == (wins, values.count(0), losses)
    assert found.net.value == pytest.approx((wins - losses) / len(values))
    assert found.net == mean_interval(values, bounds=(-1, 1))
    expected = binomtest(wins, wins + losses).pvalue if wins + losses else 1
    assert found.p == pytest.approx(expected, abs=1e-9)


def test_preferences_of_what_belongs_together_count_as_one():
    found = preferred([1, 1, -1, 0], ["page", "page", "page", "alone"])

    assert (found.wins, found.ties, found.losses, found.net.n) == (1, 1, 0, 2)
    assert found.net.value == pytest.approx(0.25)


def test_no_preferences_say_nothing():
    found = preferred([])

    assert (found.wins, found.ties, found.losses, found.p, found.net.n) == (0, 0, 0, 1, 0)
