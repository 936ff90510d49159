"""Two arms compared on the same samples."""

from __future__ import annotations

import itertools
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t

from promptsweep.errors import NotComparableError
from promptsweep.stats import mcnemar, paired, paired_p, sample_size, sample_size_binary, sign_flip
from promptsweep.stats.proportions import newcombe

binary = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=60)
graded = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=14)


def columns(rows):
    return [row[0] for row in rows], [row[1] for row in rows]


def test_right_or_wrong_scores_get_mcnemar_and_newcombe():
    a, b = [1] * 50 + [1] * 4 + [0] * 16 + [0] * 30, [1] * 50 + [0] * 4 + [1] * 16 + [0] * 30

    result = paired(a, b)

    expected = newcombe(both=50, only_a=4, only_b=16, neither=30)
    assert (result.difference, result.low, result.high) == (0.12, expected.low, expected.high)
    assert result.p == mcnemar(4, 16)
    assert (result.only_a, result.only_b, result.n) == (4, 16, 100)
    assert result.method == "exact McNemar test, Newcombe interval"
    assert result.correlation == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert result.needed == sample_size_binary(0.12, 0.20)
    assert result.minimum_detectable == pytest.approx(0.1206, abs=1e-4)


def test_graded_scores_get_sign_flips_and_the_bootstrap():
    random = np.random.default_rng(8)
    a = random.beta(4, 4, 80)
    b = np.clip(a + random.normal(0.05, 0.1, 80), 0, 1)

    result = paired(a, b, seed=5)

    assert result.method == "sign-flip permutation test, BCa bootstrap interval"
    assert result.p == sign_flip(b - a, seed=5)
    assert result.low < result.difference < result.high
    assert result.needed == sample_size(result.difference, np.var(b - a, ddof=1))
    assert result.high - result.low == pytest.approx(2 * 1.99 * np.std(b - a) / 80**0.5, rel=0.1)


@given(binary)
def test_swapping_right_or_wrong_arms_turns_the_result(rows):
    assert_turned(*columns(rows))


@settings(max_examples=25, deadline=None)
@given(graded)
def test_swapping_graded_arms_turns_the_result(rows):
    assert_turned(*columns(rows))


def assert_turned(a, b):
    there, back = paired(a, b), paired(b, a)

    assert (there.difference, there.low, there.high) == pytest.approx(
        (-back.difference, -back.high, -back.low), abs=1e-9
    )
    assert (there.p, there.only_a, there.only_b) == (back.p, back.only_b, back.only_a)
    assert -1 <= there.low <= there.difference <= there.high <= 1
    assert 0 < there.p <= 1


@settings(max_examples=15, deadline=None)
@given(graded, st.floats(0.5, 0.999), st.floats(0.5, 0.999))
def test_a_higher_level_gives_a_wider_interval(rows, one, other):
    narrow, wide = (paired(*columns(rows), level=level) for level in sorted((one, other)))

    assert wide.low <= narrow.low + 1e-9
    assert narrow.high <= wide.high + 1e-9


@pytest.mark.parametrize("score", [1.0, 0.6])
def test_equal_arms_are_not_proven_equal_by_few_samples(score):
    result = paired([score] * 20, [score] * 20)

    assert -0.2 < result.low < -0.1
    assert 0.1 < result.high < 0.2
    assert (result.difference, result.p) == (0, 1)
    assert (result.minimum_detectable, result.needed, result.correlation) == (None, None, None)


def test_clusters_count_as_one_sample_each():
    random = np.random.default_rng(6)
    a, b = random.random(15), random.random(15)
    ids = np.repeat(list("abcdefghijklmno"), 4)

    repeated, averaged = paired(np.repeat(a, 4), np.repeat(b, 4), ids), paired(a, b)

    assert repeated.n == 15
    assert (repeated.low, repeated.high) == pytest.approx((averaged.low, averaged.high))
    assert (repeated.p, repeated.needed) == (averaged.p, averaged.needed)


def in_clusters(runs, clusters=15, size=4):
    """Pairs of equal arms whose samples in a cluster share most of their luck, and the clusters."""
    random = np.random.default_rng(26)
    luck = random.normal(0, 0.15, (runs, clusters)).repeat(size, axis=1)
    a = random.random(luck.shape) * 0.4 + 0.3
    return (
        a,
        np.clip(a + luck + random.normal(0, 0.05, luck.shape), 0, 1),
        np.repeat(np.arange(clusters), size),
    )


def test_equal_arms_in_clusters_are_called_different_in_5_of_100_runs_and_covered_in_93():
    a, b, ids = in_clusters(runs=300)
    found = [paired(one, other, ids, seed=run) for run, (one, other) in enumerate(zip(a, b, strict=True))]

    assert np.mean([result.p <= 0.05 for result in found]) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 300)
    assert np.mean([result.low <= 0 <= result.high for result in found]) >= 0.93


def test_taken_one_by_one_clustered_samples_would_raise_false_alarms():
    a, b, _ = in_clusters(runs=60)

    assert np.mean([paired(one, other).p <= 0.05 for one, other in zip(a, b, strict=True)]) > 0.2


def test_equal_graded_arms_are_called_different_in_5_of_100_runs_at_most():
    random, runs = np.random.default_rng(27), 500
    a, b = random.beta(3, 1, (2, runs, 12))

    assert np.mean([paired(one, other).p <= 0.05 for one, other in zip(a, b, strict=True)]) <= 0.07


@pytest.mark.parametrize(("n", "p", "together"), [(20, 0.5, 0.4), (100, 0.9, 0.85), (60, 0.7, 0.49)])
def test_equal_right_or_wrong_arms_are_called_different_in_5_of_100_runs_at_most(n, p, together):
    chances = [together, p - together, p - together, 1 - 2 * p + together]
    runs = np.random.default_rng(28).multinomial(n, chances, size=3000)

    alarms = [mcnemar(int(only_a), int(only_b)) <= 0.05 for _, only_a, only_b, _ in runs]

    assert np.mean(alarms) <= 0.05


def test_the_order_of_samples_and_the_names_of_clusters_do_not_matter():
    a, b, ids = in_clusters(runs=1, clusters=12)
    order = np.random.default_rng(1).permutation(len(ids))
    names = np.array([f"passage {chr(97 + place)}" for place in ids])

    assert paired(a[0], b[0], ids).p == paired(a[0][order], b[0][order], names[order]).p
    assert paired(a[0], b[0], ids).low == pytest.approx(paired(a[0][order], b[0][order], names[order]).low)


def test_right_or_wrong_scores_in_clusters_are_not_counted_one_by_one():
    a, b, ids = [0] * 40, [1] * 20 + [0] * 20, [i // 10 for i in range(40)]

    assert "sign-flip" in paired(a, b, ids).method
    assert paired(a, b, ids).p == 0.5


def test_scores_without_bounds_are_compared_on_their_own_scale():
    result = paired([120, 150, 90, 300], [110, 149, 85, 280], bounds=None)

    assert result.difference == -9
    assert result.low < -9 < result.high < 20


def test_one_sample_settles_nothing():
    result = paired([0.2], [0.9])

    assert (result.low, result.high, result.p, result.needed) == (-1, 1, 1, None)


def test_very_many_samples_are_compared_at_once():
    random = np.random.default_rng(9)
    a, b = random.random(300_000), random.random(300_000)

    result = paired(a, b)

    assert result.method == "sign-flip permutation test, Student interval"
    assert result.high - result.low == pytest.approx(2 * 1.96 * np.std(b - a) / 300_000**0.5, rel=1e-3)


def test_arms_without_a_common_sample_are_not_comparable():
    with pytest.raises(NotComparableError):
        paired([], [])


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([1, 0], [1], "2 scores of A cannot be paired with 1 of B"),
        ([0.1], [7.0], "outside"),
        ([1], [np.nan], "nan"),
    ],
)
def test_scores_that_are_no_pairs_are_refused(a, b, message):
    with pytest.raises(ValueError, match=message):
        paired(a, b)


@settings(max_examples=25, deadline=None)
@given(graded.filter(lambda rows: len(rows) > 1))
def test_the_interval_of_graded_scores_holds_students(rows):
    a, b = columns(rows)
    result, (low, high) = paired(a, b, [*range(len(a))]), student(np.subtract(b, a))

    assert result.low <= max(low, -1) + 1e-9
    assert result.high >= min(high, 1) - 1e-9


@pytest.mark.parametrize(
    ("p_a", "p_b", "n", "runs"),
    [
        (0.5, 0.5, 20, 1500),
        (0.5, 0.9, 20, 1500),
        (0.9, 0.99, 20, 1500),
        (0.5, 0.5, 100, 1500),
        (0.9, 0.99, 100, 1500),
        (0.99, 0.99, 100, 1500),
        (0.9, 0.99, 1000, 500),
    ],
)
def test_the_interval_of_graded_scores_covers_the_truth_in_93_of_100_runs(p_a, p_b, n, runs):
    random, shape = np.random.default_rng(13), (runs, n)
    a, b = (np.where(random.random(shape) < p, 1.0, random.random(shape)) for p in (p_a, p_b))
    truth = (p_b - p_a) / 2
    low, high = student(b - a)

    # The interval holds Student's (above): it need only be computed where Student's misses.
    holds = (low <= truth) & (truth <= high)
    for run in np.flatnonzero(~holds):
        result = paired(a[run], b[run], seed=int(run))
        holds[run] = result.low <= truth <= result.high

    assert holds.mean() >= 0.93


@pytest.mark.parametrize("n", [20, 100])
def test_averaged_over_both_scores_the_interval_of_graded_scores_covers_95_of_100(n):
    held, runs = [], 300
    for p_a, p_b in itertools.product((0.1, 0.5, 0.9), repeat=2):
        random, truth = np.random.default_rng(13), (p_b - p_a) / 2
        a, b = (np.where(random.random((runs, n)) < p, 1.0, random.random((runs, n))) for p in (p_a, p_b))
        low, high = student(b - a)
        holds = (low <= truth) & (truth <= high)
        for run in np.flatnonzero(~holds):
            result = paired(a[run], b[run], seed=int(run))
            holds[run] = result.low <= truth <= result.high
        held.append(holds.mean())

    assert np.mean(held) == pytest.approx(0.95, abs=0.015)


def student(differences):
    n = differences.shape[-1]
    half = t.ppf(0.975, n - 1) * differences.std(axis=-1, ddof=1) / n**0.5
    return differences.mean(axis=-1) - half, differences.mean(axis=-1) + half


def test_importing_the_statistics_loads_no_heavy_package():
    code = "import sys, promptsweep.stats; sys.exit(bool({'numpy', 'scipy', 'pandas'} & set(sys.modules)))"

    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("a", "b", "clusters", "bounds"),
    [
        ([1, 0, 1, 1, 0, 0, 1, 1], [1, 1, 1, 0, 1, 1, 1, 1], None, (0.0, 1.0)),
        ([1, 0, 1, 1, 0, 0, 1, 1], [1, 1, 1, 0, 1, 1, 1, 1], list("aabbccdd"), (0.0, 1.0)),
        ([0.2, 0.5, 0.9] * 9, [0.3, 0.4, 1.0] * 9, None, (0.0, 1.0)),
        ([12, 30, 7], [14, 31, 9], None, None),
    ],
)
def test_the_p_alone_is_that_of_the_whole_comparison(a, b, clusters, bounds):
    assert paired_p(a, b, clusters, bounds=bounds) == paired(a, b, clusters, bounds=bounds).p
