"""Arms compared by metrics over all answers together."""

from __future__ import annotations

import json
import random

import pytest
from sklearn.metrics import f1_score

from promptsweep.errors import NotComparableError
from promptsweep.metrics import resolve
from promptsweep.metrics.resampling import contrast
from promptsweep.reports.aggregates import paired_of
from promptsweep.reports.compare import compare_arms, compare_runs, comparison_json
from promptsweep.types import Sample

[macro_f1_of] = resolve(["macro_f1"], "classification", None)
ZERO, FEW = "zero_shot | m | lines", "few_shot(k=2) | m | lines"


def macro_f1(right, given):
    return f1_score(right, given, labels=["bad", "good"], average="macro", zero_division=0)


def test_the_difference_is_that_of_the_metric_on_the_shared_samples(house):
    [found] = compare_arms(house.store, "plain", metric="macro_f1")

    shared = [place for place in range(30) if place != 7]
    right = ["good" if place % 2 else "bad" for place in shared]
    few = ["(unparsed)" if place == 8 else label for place, label in zip(shared, right, strict=True)]
    assert (found.a, found.b, found.kind, found.shared) == (ZERO, FEW, "aggregate", 29)
    assert (found.n_a, found.n_b) == (30, 29)
    assert found.score_a == pytest.approx(macro_f1(right, ["good"] * 29))
    assert found.score_b == pytest.approx(macro_f1(right, few))
    assert found.paired.difference == pytest.approx(found.score_b - found.score_a)


def test_interval_power_and_verdict_come_with_it(house):
    [found] = compare_arms(house.store, "plain", metric="macro_f1")

    paired = found.paired
    assert 0.4 < paired.low < paired.difference < paired.high < 0.8
    assert (paired.p, paired.n, found.verdict) == (1 / 2_000, 29, "better")
    assert paired.method == "approximate randomisation test, percentile and Student bootstrap interval"
    assert 0.05 < paired.minimum_detectable < 0.4
    assert paired.needed < 29


def test_no_single_sample_is_lost_or_won(house):
    [found] = compare_arms(house.store, "plain", metric="macro_f1")
    [row] = comparison_json([found])

    assert (found.lost, found.won, *found.flips) == (None, None, (), ())
    assert (row["only_a"], row["only_b"]) == (None, None)
    json.dumps(row, allow_nan=False)


def test_arms_of_the_same_answers_do_not_differ(house):
    found = compare_runs(house.store, "plain", "plain", "macro_f1")

    assert [one.paired.difference for one in found] == [0.0, 0.0]
    assert [(one.paired.p, one.paired.needed, one.paired.correlation) for one in found] == [
        (1.0, None, pytest.approx(1.0))
    ] * 2


def test_repeats_are_drawn_together_with_their_sample(house):
    [found] = compare_arms(house.store, "twice", metric="macro_f1")

    assert (found.shared, found.paired.n) == (30, 30)


def test_corpus_metrics_resample_whole_clusters(own_house):
    own_house.run(
        "corpus",
        datasets="facts",
        strategies=["zero_shot", {"self_consistency": {"draws": 2}}],
        metrics=["corpus_chrf"],
    )

    [found] = compare_arms(own_house.store, "corpus", metric="corpus_chrf")

    assert (found.shared, found.paired.n) == (3, 2)


def test_without_a_common_sample_nothing_is_compared(own_house):
    path = own_house.workspace.root / "datasets/lines.test.jsonl"
    path.write_text(path.read_text().replace("Line", "Row"))
    own_house.run("renamed", datasets="lines", strategies="zero_shot")

    with pytest.raises(NotComparableError, match="no sample has a score of the same metric"):
        compare_runs(own_house.store, "plain", "renamed", "macro_f1")


def test_intervals_of_macro_f1_cover_and_its_test_keeps_its_level():
    labels, chance = ("긍정", "부정", "중립"), random.Random(5)
    covered = alarms = 0
    for seed in range(200):
        targets = [chance.choice(labels) for _ in range(30)]
        answers = [target if chance.random() < 0.7 else chance.choice(labels) for target in targets * 2]
        samples = [Sample(str(place), "", (target,)) for place, target in enumerate(targets)]
        resampling = macro_f1_of.resampling(answers, samples * 2)
        found = paired_of(contrast(resampling, [one.id for one in samples * 2], 30, seed))
        covered += found.low <= 0 <= found.high
        alarms += found.p <= 0.05

    assert covered >= 200 * 0.91
    assert alarms <= 200 * 0.09
