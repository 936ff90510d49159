"""McNemar's exact test and the sign-flip permutation test."""

from __future__ import annotations

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, norm, permutation_test
from statsmodels.stats.contingency_tables import mcnemar as reference_mcnemar

from promptsweep.stats import mcnemar, sign_flip

differences = st.lists(st.sampled_from([-1, -0.75, -0.5, -0.1, 0, 0.1, 0.3, 0.5, 1]), max_size=40)


@given(st.integers(0, 400), st.integers(0, 400))
def test_mcnemar_equals_statsmodels(b, c):
    p = mcnemar(b, c)

    if b + c:
        assert p == pytest.approx(reference_mcnemar([[0, b], [c, 0]], exact=True).pvalue, abs=1e-9)
    assert 0 < p <= 1
    assert p == mcnemar(c, b)


def test_mcnemar_without_discordant_pairs_is_1():
    assert mcnemar(0, 0) == 1


@given(st.lists(st.integers(-4, 4), max_size=8))
def test_few_differences_are_tested_against_every_pattern_of_signs(values):
    patterns = itertools.product((-1, 1), repeat=len(values))
    sums = [abs(sum(s * v for s, v in zip(signs, values, strict=True))) for signs in patterns]

    p = sign_flip([value / 4 for value in values])

    assert p == np.mean([total >= abs(sum(values)) for total in sums])


@pytest.mark.parametrize("seed", range(5))
def test_few_differences_are_tested_as_scipy_does(seed):
    values = np.random.default_rng(seed).normal(0.3, 1, 9)
    reference = permutation_test((values,), np.mean, permutation_type="samples", n_resamples=np.inf)

    assert sign_flip(values) == pytest.approx(reference.pvalue, abs=1e-9)


def test_on_right_or_wrong_scores_the_flips_agree_with_mcnemar():
    assert sign_flip([1.0] * 12 + [-1.0] * 3 + [0.0] * 50) == pytest.approx(mcnemar(3, 12), abs=1e-12)
    assert sign_flip([1.0] * 20 + [-1.0] * 8) == pytest.approx(mcnemar(8, 20), abs=0.01)


@given(differences)
def test_p_is_a_probability_the_same_for_either_order_and_every_time(values):
    p = sign_flip(values, seed=3)

    assert 0 < p <= 1
    assert p == sign_flip([-value for value in values], seed=3) == sign_flip(values, seed=3)


def test_equal_arms_and_no_arms_are_not_different():
    assert sign_flip([0.0] * 30) == sign_flip([]) == 1


def test_a_cluster_is_flipped_as_one():
    values, clusters = [0.5] * 12, [i // 4 for i in range(12)]

    assert sign_flip(values) == 2 / 2**12
    assert sign_flip(values, clusters) == sign_flip([1, 1, 1]) == 2 / 2**3


def test_sampled_flips_never_claim_more_than_they_saw():
    assert sign_flip([1.0] * 200) == 1 / 10_000


@pytest.mark.parametrize("n", [60_000, 210_000])
@pytest.mark.parametrize("z", [0.5, 2.0])
def test_very_many_differences_follow_the_normal_law_sampled_or_not(n, z):
    values = np.random.default_rng(5).normal(0, 0.3, n)
    values += z * 0.3 / n**0.5 - values.mean()

    observed = abs(values.sum()) / np.sqrt((values**2).sum())

    assert sign_flip(values) == pytest.approx(2 * norm.sf(observed), abs=0.015 if n < 200_000 else 1e-9)


def test_memory_stays_flat_with_many_differences():
    values = np.random.default_rng(5).normal(0, 1, 20_000)
    sign_flip(values[:100])

    tracemalloc.start()
    sign_flip(values)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 40_000_000


@pytest.mark.parametrize("pairs", [5, 12, 40, 200])
def test_mcnemar_raises_no_more_false_alarms_than_the_level(pairs):
    b = np.arange(pairs + 1)
    alarms = np.array([mcnemar(int(count), pairs - int(count)) <= 0.05 for count in b])

    assert binom.pmf(b, pairs, 0.5)[alarms].sum() <= 0.05


@pytest.mark.parametrize(("n", "runs"), [(10, 1500), (60, 400)])
def test_sign_flips_raise_no_more_false_alarms_than_the_level(n, runs):
    random = np.random.default_rng(17)
    equal = [random.beta(2, 1, n) - random.beta(2, 1, n) for _ in range(runs)]

    alarms = np.mean([sign_flip(values) <= 0.05 for values in equal])

    assert alarms <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / runs)


def test_sign_flips_of_clusters_raise_no_more_false_alarms_than_the_level():
    random, runs, ids = np.random.default_rng(18), 1500, np.repeat(np.arange(11), 4)
    shared = random.normal(0, 1, (runs, 11)).repeat(4, axis=1)  # what a cluster's samples have in common
    equal = shared + random.normal(0, 0.3, shared.shape)

    whole = np.mean([sign_flip(values, ids) <= 0.05 for values in equal])
    apart = np.mean([sign_flip(values) <= 0.05 for values in equal[:150]])

    assert whole <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / runs)
    assert apart > 0.2  # taken one by one, they would pass for more evidence than they are
