"""The best of many arms: its corrected score, and its rivals."""

from __future__ import annotations

import tracemalloc
import warnings

import numpy as np
import pytest
from arch.bootstrap import MCS
from hypothesis import given, settings
from hypothesis import strategies as st

from promptsweep.stats import corrected_best, indistinguishable, mean_interval
from promptsweep.stats.confidence_set import confidence_set_p_values, eliminate

LEVEL = 0.95
shapes = st.tuples(st.integers(2, 5), st.integers(12, 40))


def right_or_wrong(seed, chances, n):
    return (np.random.default_rng(seed).random((len(chances), n)) < np.array(chances)[:, None]) * 1.0


def test_ten_equal_arms_show_a_best_five_points_too_good_and_the_corrected_one_is_within_a_point():
    found = [corrected_best(right_or_wrong(run, [0.8] * 10, 100), seed=run) for run in range(120)]

    assert np.mean([best.observed for best in found]) == pytest.approx(0.8 + 0.05, abs=0.015)
    assert np.mean([best.corrected for best in found]) == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize("chances", [[0.8] * 10, [0.8] * 9 + [0.85], [0.8, 0.8], [0.7, 0.74, 0.78, 0.8]])
def test_the_interval_holds_the_true_score_of_the_arm_that_was_picked(chances):
    found = [corrected_best(right_or_wrong(run, chances, 100), seed=run) for run in range(120)]

    assert np.mean([best.low <= chances[best.index] <= best.high for best in found]) >= 0.93


def test_a_clear_winner_keeps_its_score():
    scores = right_or_wrong(3, [0.5, 0.5, 0.95], 300)

    best = corrected_best(scores)

    assert best.index == 2
    assert best.observed == scores[2].mean()
    assert best.corrected == pytest.approx(best.observed, abs=1e-9)
    assert (best.low, best.high) == pytest.approx(
        (mean_interval(scores[2]).low, mean_interval(scores[2]).high)
    )


@settings(max_examples=20, deadline=None)
@given(shapes, st.integers(0, 99))
def test_the_corrected_score_is_a_score_within_its_interval_and_repeats_with_the_seed(shape, seed):
    scores = np.random.default_rng(seed).random(shape)

    best = corrected_best(scores, seed=seed)

    assert best == corrected_best(scores, seed=seed)
    assert scores.min() <= best.corrected <= scores.max()
    assert 0 <= best.low <= best.corrected <= best.high <= 1
    assert best.observed == scores.mean(axis=1).max()
    assert best.index in indistinguishable(scores, seed=seed)


def test_scores_of_which_less_is_better_are_negated():
    losses = -np.random.default_rng(1).random((4, 50))

    best = corrected_best(losses, bounds=(-1, 0))

    assert best.index == losses.mean(axis=1).argmax()
    assert -1 <= best.low <= best.corrected <= best.high <= 0


def test_one_arm_was_not_picked_from_several():
    scores = right_or_wrong(2, [0.7], 40)

    best, interval = corrected_best(scores), mean_interval(scores[0])

    assert (best.observed, best.corrected) == (interval.value, interval.value)
    assert (best.low, best.high) == (interval.low, interval.high)


def test_one_sample_tells_nothing():
    assert corrected_best([[0.2], [0.9]]).index == 1
    assert (corrected_best([[0.2], [0.9]]).low, corrected_best([[0.2], [0.9]]).high) == (0, 1)
    assert indistinguishable([[0.2], [0.9]]) == {0, 1}


def test_repeats_in_clusters_do_not_pass_for_more_samples():
    single = right_or_wrong(5, [0.7, 0.75, 0.8], 40)
    repeated, ids = np.repeat(single, 5, axis=1), np.repeat(np.arange(40), 5)

    one, other = corrected_best(repeated, ids), corrected_best(single)
    assert (one.index, one.n) == (other.index, 40)
    assert (one.observed, one.corrected, one.low, one.high) == pytest.approx(
        (other.observed, other.corrected, other.low, other.high)
    )
    assert confidence_set_p_values(repeated, ids) == confidence_set_p_values(single)


@pytest.mark.parametrize("seed", range(6))
def test_the_set_is_that_of_arch_on_the_same_resamples(seed):
    random = np.random.default_rng(seed)
    scores = random.random((6, 80)) + np.linspace(0, 0.05 * seed, 6)[:, None]
    reference = MCS(
        -scores.T, size=0.05, reps=500, block_size=1, method="max", bootstrap="circular", seed=seed
    )
    reference.compute()

    drawn = np.array(reference._bootstrap_indices)
    ours = eliminate(scores.mean(axis=1), scores[:, drawn].mean(axis=2).T)

    expected = reference.pvalues.Pvalue.sort_index()
    assert ours == pytest.approx(expected.to_numpy(), abs=1e-9)
    assert [arm for arm, p in enumerate(ours) if p > 0.05] == reference.included


def test_arms_that_are_all_alike_stay_without_a_warning():
    scores = np.tile(right_or_wrong(4, [0.7], 50), (4, 1))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert confidence_set_p_values(scores) == [1.0] * 4
        assert indistinguishable([[1.0] * 20, [1.0] * 20, [0.0] * 20]) == {0, 1}


def test_fewer_than_ten_samples_rule_nobody_out():
    assert indistinguishable([[1.0] * 9, [0.0] * 9]) == {0, 1}


@pytest.mark.parametrize("chances", [[0.8] * 5, [0.6, 0.6, 0.9, 0.9]])
def test_the_set_holds_all_that_are_truly_best_in_93_of_100_runs(chances):
    best = {arm for arm, chance in enumerate(chances) if chance == max(chances)}

    held = [best <= indistinguishable(right_or_wrong(run, chances, 100), seed=run) for run in range(150)]

    assert np.mean(held) >= 0.93


def test_a_higher_level_keeps_more_arms():
    scores = right_or_wrong(8, [0.6, 0.68, 0.72, 0.8], 200)

    assert (
        indistinguishable(scores, 0.5) <= indistinguishable(scores, 0.9) <= indistinguishable(scores, 0.999)
    )
    assert len(indistinguishable(scores, 0.5)) < len(indistinguishable(scores, 0.999))


def test_memory_stays_flat_with_many_samples():
    scores = right_or_wrong(8, [0.6, 0.68], 20_000)
    corrected_best(scores[:, :100])

    tracemalloc.start()
    corrected_best(scores)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 80_000_000


@pytest.mark.parametrize(
    ("scores", "clusters", "message"),
    [
        ([0.1, 0.2], None, "a row for each arm"),
        ([[0.1, np.nan]], None, "finite"),
        ([[0.1, 7.0], [0.2, 0.3]], None, "outside the bounds"),
        ([[0.1, 0.2]], ["a"], "1 cluster labels do not fit 2 samples"),
    ],
)
def test_scores_that_are_no_table_are_refused(scores, clusters, message):
    with pytest.raises(ValueError, match=message):
        corrected_best(scores, clusters)
