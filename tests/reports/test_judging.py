"""From what was measured to a verdict: hand-worked cases, and false alarms by simulation."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsweep.reports.evidence import Looks, Pair, of_pairs, of_values, sequence
from promptsweep.reports.judging import figure, judge_difference, judge_limit
from promptsweep.reports.measured import Measured
from promptsweep.reports.verdicts import Verdict
from promptsweep.runners.gates import Demand, Figure
from promptsweep.stats import Interval

ACCURACY = Figure("accuracy", "binary", True)
COST = Figure("cost_usd", "amount", False)
RATE = Figure("error_rate", "rate", False)
LUCK = ": chance does not explain it."
FEW = ": 60 samples are too few to tell; about 400 would settle it."
FEWER = " than the baseline, with 0.02 allowed: 15 samples are too few to tell; about 190 would settle it."


def demand(rule, limit, figure=ACCURACY, **changes):
    return Demand("arm", figure, None, rule, limit, **changes)


def measured(values, clusters=None):
    clusters = clusters or [None] * len(values)
    return [
        Measured(f"s-{i}", f"{i:016x}", i, value, cluster)
        for i, (value, cluster) in enumerate(zip(values, clusters, strict=True))
    ]


def pairs(before, after, clusters=None):
    rows = measured(after, clusters)
    return [Pair(row, row.value, float(old)) for row, old in zip(rows, before, strict=True)]


def verdict(before, after, margin=0.02, alpha=0.05, looks=None, figure=ACCURACY):
    rule = demand("no_regression", margin, figure, alpha=alpha)
    at = -margin if figure.higher_is_better else margin
    evidence = of_pairs(pairs(before, after), figure, at, looks, alpha)
    return judge_difference(evidence.interval, rule, evidence.needed)


@pytest.mark.parametrize(
    ("interval", "rule", "limit", "expected", "reason"),
    [
        ((0.91, 0.86, 0.95), "min", 0.8, "PASS", "0.91 [0.86, 0.95] lies above 0.8 as a whole."),
        ((0.91, 0.86, 0.95), "min", 0.86, "PASS", "0.91 [0.86, 0.95] lies above 0.86 as a whole."),
        ((0.6, 0.5, 0.7), "min", 0.8, "REGRESSED", "0.6 [0.5, 0.7] lies below 0.8 as a whole" + LUCK),
        ((0.82, 0.7, 0.9), "min", 0.8, "INCONCLUSIVE", "0.82 [0.7, 0.9] reaches to both sides of 0.8" + FEW),
        ((0.6, 0.5, 0.7), "max", 0.8, "PASS", "0.6 [0.5, 0.7] lies below 0.8 as a whole."),
        ((0.9, 0.85, 0.95), "max", 0.8, "REGRESSED", "0.9 [0.85, 0.95] lies above 0.8 as a whole" + LUCK),
        ((2.0, 1.5, math.inf), "max", 2.5, "INCONCLUSIVE", "2 [1.5, ∞] reaches to both sides of 2.5" + FEW),
        ((math.nan, 0, 1), "min", 0.8, "INCONCLUSIVE", "No sample has a score."),
    ],
)  # fmt: skip
def test_a_threshold_is_judged_by_its_interval(interval, rule, limit, expected, reason):
    ruling = judge_limit(Interval(*interval, 60), demand(rule, limit), lambda: 400)

    assert (ruling.verdict, ruling.reason) == (expected, reason)
    assert ruling.needed == (400 if "400" in reason else None)


@pytest.mark.parametrize(
    ("rule", "value", "expected", "reason"),
    [
        ("min", 0.8, "PASS", "0.8 is at least 0.8, by the estimate alone."),
        ("min", 0.79, "REGRESSED", "0.79 is below 0.8, by the estimate alone."),
        ("max", 0.8, "PASS", "0.8 is at most 0.8, by the estimate alone."),
        ("max", 0.81, "REGRESSED", "0.81 is above 0.8, by the estimate alone."),
    ],
)
def test_by_estimate_the_value_alone_decides(rule, value, expected, reason):
    found = judge_limit(Interval(value, 0, 1, 3), demand(rule, 0.8, by_estimate=True), lambda: None)

    assert (found.verdict, found.reason) == (expected, reason)


@pytest.mark.parametrize(
    ("figure", "low", "high", "expected", "reason"),
    [
        (ACCURACY, -0.01, 0.05, "PASS", "At worst 0.01 worse than the baseline; 0.02 is allowed."),
        (ACCURACY, 0.01, 0.05, "PASS", "Better than the baseline by at least 0.01."),
        (ACCURACY, -0.2, -0.03, "REGRESSED", "Worse than the baseline by at least 0.03; 0.02 is allowed."),
        (ACCURACY, -0.12, 0.08, "INCONCLUSIVE", "Between 0.12 worse and 0.08 better" + FEWER),
        (ACCURACY, -0.12, -0.01, "INCONCLUSIVE", "Between 0.12 worse and 0.01 worse" + FEWER),
        (COST, 0.03, 0.2, "REGRESSED", "Worse than the baseline by at least 0.03; 0.02 is allowed."),
        (COST, -0.05, 0.01, "PASS", "At worst 0.01 worse than the baseline; 0.02 is allowed."),
        (COST, -0.05, -0.01, "PASS", "Better than the baseline by at least 0.01."),
    ],
)  # fmt: skip
def test_a_difference_is_judged_by_the_margin(figure, low, high, expected, reason):
    found = Interval((low + high) / 2, low, high, 15)
    ruling = judge_difference(found, demand("no_regression", 0.02, figure), lambda: 190)

    assert (ruling.verdict, ruling.reason) == (expected, reason)


def test_without_a_number_nobody_promises_one():
    found = judge_limit(Interval(0.8, 0.1, 0.9, 1), demand("min", 0.8), lambda: None)

    assert found.reason == "0.8 [0.1, 0.9] reaches to both sides of 0.8: 1 sample is too few to tell."


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.8571, "0.857"), (12.34, "12.3"), (1204.4, "1,204"), (1.4e-05, "1.4e-05"), (-math.inf, "-∞")],
)
def test_figures_have_three_digits(value, shown):
    assert figure(value) == shown


@pytest.mark.parametrize("size", [15, 60, 300])
@pytest.mark.parametrize(("right", "flipped"), [(1.0, 0), (0.8, 0), (0.8, 2), (0.5, 4)])
def test_the_number_needed_settles_it_if_more_samples_are_like_these(size, right, flipped):
    before = np.array([1.0] * round(size * right) + [0.0] * (size - round(size * right)))
    after = before.copy()
    after[:flipped] = 1 - after[:flipped]
    after[-flipped or size :] = 1 - after[-flipped or size :]
    ruling = verdict(before, after)
    if ruling.verdict is not Verdict.INCONCLUSIVE:
        return

    times = math.ceil(ruling.needed / size)

    assert ruling.needed > size
    assert verdict(np.tile(before, times), np.tile(after, times)).verdict is Verdict.PASS


@given(st.lists(st.floats(0, 1), min_size=2, max_size=40), st.floats(0.01, 0.99))
def test_a_threshold_on_any_scores_has_a_verdict(values, limit):
    evidence = of_values(measured(values), Figure("f", "graded", True), limit, None)
    ruling = judge_limit(evidence.interval, demand("min", limit), evidence.needed)

    assert ruling.reason.endswith(".")
    assert (ruling.needed is None) or ruling.needed > len(values)
    if ruling.verdict is Verdict.PASS:
        assert evidence.interval.low >= limit


def test_amounts_are_compared_too_and_more_is_worse():
    random = np.random.default_rng(1)
    before = random.gamma(2, 0.001, 200)

    assert verdict(before, before * 1.5, 0.0005, figure=COST).verdict is Verdict.REGRESSED
    assert verdict(before, before * 1.01, 0.0005, figure=COST).verdict is Verdict.PASS
    assert verdict(np.zeros(200), np.repeat([0, 1], 100), 0.05, figure=RATE).verdict is Verdict.REGRESSED


def test_clusters_count_as_one_sample():
    before, after = np.ones(60), np.array([0] * 30 + [1] * 30)
    clusters = [str(i // 10) for i in range(60)]

    alone = of_pairs(pairs(before, after), ACCURACY, -0.02, None, 0.05)
    together = of_pairs(pairs(before, after, clusters), ACCURACY, -0.02, None, 0.05)

    assert (alone.interval.n, together.interval.n) == (60, 6)
    assert together.interval.low < alone.interval.low


LOOKS = Looks((20, 30, 45, 68, 102))


def simulated(random, difference, size=102, flips=0.2):
    """Right or wrong before and after; a share `flips` differs, the rest is alike."""
    kind = random.random(size)
    lost, won = (flips - difference) / 2, (flips + difference) / 2
    before = np.where(kind < lost, 1.0, np.where(kind < flips, 0.0, (random.random(size) < 0.7) * 1.0))
    return before, np.where(kind < lost, 0.0, np.where(kind < lost + won, 1.0, before))


@pytest.mark.parametrize(("difference", "margin"), [(0.0, 0.001), (-0.05, 0.05)])
def test_however_often_a_check_looks_it_fails_at_most_five_of_a_hundred_times(difference, margin):
    """At no true difference, and at the very edge of the margin. A later look never takes a verdict back."""
    random, runs = np.random.default_rng(7), 250
    failed = [
        verdict(*simulated(random, difference), margin, looks=LOOKS).verdict is Verdict.REGRESSED
        for _ in range(runs)
    ]

    assert sum(failed) <= 0.05 * runs


def test_a_verdict_stands_when_more_samples_come():
    random = np.random.default_rng(3)
    for _ in range(12):
        before, after = simulated(random, -0.15)
        at = [
            verdict(before[:size], after[:size], looks=Looks(LOOKS.sizes[: place + 1])).verdict
            for place, size in enumerate(LOOKS.sizes)
        ]
        settled = [one for one in at if one is not Verdict.INCONCLUSIVE]
        assert settled == at[len(at) - len(settled) :]
        assert len(set(settled)) <= 1


def test_looking_again_with_an_interval_for_one_look_would_not_do():
    random, runs = np.random.default_rng(7), 200

    def fails(looks):
        before, after = simulated(random, 0.0)
        return any(verdict(before[:size], after[:size], 0.001).verdict is Verdict.REGRESSED for size in looks)

    assert sum(fails([102]) for _ in range(runs)) <= 0.05 * runs
    assert sum(fails(range(20, 103, 6)) for _ in range(runs)) > 0.05 * runs


def test_a_real_loss_is_found_with_few_samples():
    random = np.random.default_rng(5)
    found = [verdict(*simulated(random, -0.3, flips=0.3), looks=LOOKS).verdict for _ in range(40)]

    assert found.count(Verdict.REGRESSED) >= 38


def test_each_epoch_of_repeats_has_its_share_of_alpha():
    once, twice = Looks((20,)), Looks((20, 30), epoch=1, epochs=True)

    assert (once.level(0.05), Looks((20,), epochs=True).level(0.05), twice.level(0.05)) == (
        0.05,
        0.025,
        0.0125,
    )
    assert (once.count, twice.count) == (1, 3)


def test_what_the_anytime_test_cannot_judge_is_judged_once_on_the_first_look():
    rows = measured([0.001] * 20 + [5.0] * 30)

    found = of_values(rows, COST, 0.01, Looks((20, 30, 45, 50)))

    assert found.interval.n == 20
    assert found.note == "Judged once, on the samples of the first look."


def test_a_cluster_enters_the_test_once_as_it_was_first_seen():
    rows = measured([0.0] * 6, ["a", "b", "a", "a", "c", "b"])

    assert sequence([1, 2, 3, 4, 5, 6], rows, (3, 5, 6)) == [2, 2, 5]
    assert sequence([1, 2, 3, 4, 5, 6], rows, (6,)) == [8 / 3, 4, 5]


def test_thresholds_are_anytime_valid_too():
    look = partial(of_values, figure=ACCURACY, at=0.8, looks=LOOKS)

    low, high = (look(measured([value] * 102)).interval for value in (0.0, 1.0))

    assert high.low > 0.9
    assert low.high < 0.1
    assert (low.value, high.value) == (0.0, 1.0)
