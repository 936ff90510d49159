"""Two arms by an aggregate: the same draws for both, and swaps between them."""

from __future__ import annotations

import random

import numpy as np
import pytest
from sklearn.metrics import f1_score

from promptsweep.metrics import resolve
from promptsweep.metrics.resampling import Resampling, contrast
from promptsweep.stats import sign_flip
from promptsweep.types import Sample


def mean_of(values):
    """The mean as if it were an aggregate: sums of scores and of ones."""
    table = np.column_stack([values, np.ones(len(values))]).astype(float)
    return Resampling(table, lambda sums: sums[:, 0] / sums[:, 1])


def ids(*sizes):
    return [str(place) for size in sizes for place in range(size)]


def test_the_swap_test_of_a_mean_is_the_sign_flip_test():
    generator = np.random.default_rng(4)
    a, b = generator.normal(0.5, 0.2, 40), generator.normal(0.58, 0.2, 40)

    found = contrast(mean_of([*a, *b]), ids(40, 40), 40)

    assert (found.a, found.b) == (pytest.approx(a.mean()), pytest.approx(b.mean()))
    assert found.p == pytest.approx(sign_flip(b - a), abs=0.02)


def test_the_bootstrap_draws_the_same_samples_for_both_arms():
    a = np.arange(30.0)

    found = contrast(mean_of([*a, *(a + 3)]), ids(30, 30), 30)

    assert found.drawn_b - found.drawn_a == pytest.approx(3.0)
    assert found.drawn_a.std() == pytest.approx(a.std() / 30**0.5, rel=0.1)


def test_equal_arms_have_p_1():
    assert contrast(mean_of([0, 1, 1, 0, 1, 1]), ids(3, 3), 3).p == 1.0


def test_a_cluster_is_drawn_and_swapped_whole():
    a, b = [0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]

    alone = contrast(mean_of([*a, *b]), ids(4, 4), 4)
    together = contrast(mean_of([*a, *b]), ["x", "x", "y", "y"] * 2, 4)

    assert (alone.clusters, together.clusters) == (4, 2)
    assert alone.p == pytest.approx(2 / 16, abs=0.03)
    assert together.p == pytest.approx(2 / 4, abs=0.05)


@pytest.mark.parametrize("name", ["macro_f1", "mcc", "kappa", "corpus_bleu", "corpus_chrf"])
def test_the_values_of_both_arms_are_those_of_each_alone(name):
    chance = random.Random(7)
    labels = ["긍정", "부정", "중립"]
    targets = [chance.choice(labels) for _ in range(50)]
    one, other = ([chance.choice([target, *labels, None]) for target in targets] for _ in range(2))
    samples = [Sample(str(place), "", (target,)) for place, target in enumerate(targets)]
    [aggregate] = resolve([name], "classification", None)

    found = contrast(aggregate.resampling([*one, *other], samples * 2), ids(50, 50), 50)

    assert found.a == pytest.approx(aggregate.compute(one, samples))
    assert found.b == pytest.approx(aggregate.compute(other, samples))


def test_the_same_seed_gives_the_same_figures():
    generator = np.random.default_rng(1)
    values = generator.random(60)
    whole = contrast(mean_of(values), ids(30, 30), 30, seed=5)
    again = contrast(mean_of(values), ids(30, 30), 30, seed=5)

    assert (whole.p, *whole.drawn_a) == (again.p, *again.drawn_a)


def test_macro_f1_of_both_arms_equals_scikit_learn():
    targets = ["a", "b", "c", "a", "b", "c"]
    one, other = ["a", "b", "b", "a", "c", "c"], ["a", "a", "a", "a", "b", "c"]
    samples = [Sample(str(place), "", (target,)) for place, target in enumerate(targets)]
    [aggregate] = resolve(["macro_f1"], "classification", None)

    found = contrast(aggregate.resampling([*one, *other], samples * 2), ids(6, 6), 6)

    expected = [f1_score(targets, given, average="macro", zero_division=0) for given in (one, other)]
    assert [found.a, found.b] == pytest.approx(expected)
