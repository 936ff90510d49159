"""A sweep over time: its runs, what their arms measured, where it went down, and what was edited."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from promptsweep.reports import summarise
from promptsweep.reports.baseline_files import read_baseline, write_baseline
from promptsweep.reports.baselines import make_baseline
from promptsweep.reports.between import edits_between, edits_since
from promptsweep.reports.evidence import of_values
from promptsweep.reports.history import (
    arms_of,
    datasets_of,
    figures_of,
    history,
    newest_within,
    run_count,
)
from promptsweep.reports.measured import measured
from promptsweep.reports.over_time import values
from promptsweep.reports.regressions import (
    baseline_means,
    failed_gates,
    gates_on,
    runs_before,
    thresholds,
    worse_than_before,
)
from promptsweep.runners.gates import AMOUNTS, OWN_FIGURES, RATES
from promptsweep.types import Completion, Usage
from reports.conftest import furnish

ZERO, FEW = "zero_shot | m | lines", "few_shot(k=2) | m | lines"
GATES = [
    {"metric": "accuracy", "arm": "zero_shot", "min": 0.7},
    {"metric": "accuracy", "no_regression": {"margin": 0.05}},
    {"metric": "tokens", "max": 100},
]


def right(request):
    """Right for every line."""
    question = request.messages[-1].content
    return Completion("good" if "sunny" in question else "bad", usage=Usage(10, 2), seconds=0.25, cost=0.001)


def wrong(request):
    """`good` for every line: half of them right."""
    return Completion("good", usage=Usage(10, 2), seconds=0.5, cost=0.001)


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    """Four runs of `daily`: right; wrong; wrong with one arm more; and an edited template and row."""
    made = furnish(tmp_path_factory.mktemp("past"))
    root, sweep = made.workspace.root, {"fresh": True, "datasets": "lines", "gates": GATES}
    first = made.run("daily", right, strategies="zero_shot", **sweep)
    second = made.run("daily", wrong, strategies="zero_shot", **sweep)
    both = ["zero_shot", {"few_shot": {"k": 2}}]
    third = made.run("daily", wrong, strategies=both, **sweep)
    lines = root / "datasets" / "lines.test.jsonl"
    lines.write_text(lines.read_text(encoding="utf-8").replace("Line 3 is", "Line 3 was"), encoding="utf-8")
    fourth = made.run("daily", wrong, strategies=both, **sweep)
    made.run("other", right, strategies="zero_shot", datasets="lines")
    write_baseline(make_baseline(made.store, first), root / "daily.json")
    return SimpleNamespace(
        store=made.store, ids=[first, second, third, fourth], baseline=read_baseline(root / "daily.json")
    )


def values_of(store, run, dataset, figure):
    return values(store, [run], dataset, figure)[run]


def worse(store, run, before, metric):
    return worse_than_before(store, {run: before}, metric)[run]


def failed(store, run, figure, baseline):
    return failed_gates(store, [run], "lines", figure, baseline)[run]


def gates(store, run, figure, baseline):
    return gates_on(store.find_run(run), store.arms(run), "lines", figure, baseline)


def test_a_history_is_of_one_sweep_the_oldest_first_and_the_newest_when_short(past):
    found = history(past.store, "daily", 10)

    assert [run.id for run in found] == past.ids
    assert [len(run.arms) for run in found] == [1, 1, 2, 2]
    assert [run.id for run in history(past.store, "daily", 2)] == past.ids[2:]
    assert run_count(past.store, "daily") == 4
    assert (history(past.store, "none", 10), run_count(past.store, "none")) == ([], 0)


def test_what_can_be_followed(past):
    found = history(past.store, "daily", 10)

    assert datasets_of(found) == ["lines"]
    assert [arm.arm for arm in arms_of(found, "lines")] == [ZERO, FEW]
    assert figures_of(found, "lines") == ["accuracy", "macro_f1", *OWN_FIGURES]
    assert figures_of([], "lines") == list(OWN_FIGURES)


def test_only_as_many_runs_as_can_be_read_quickly(past):
    found = history(past.store, "daily", 10)

    assert [run.id for run in newest_within(found, 150)] == past.ids[1:]
    assert [run.id for run in newest_within(found, 1)] == past.ids[3:]
    assert newest_within(found, 10_000) == found
    assert newest_within([], 10) == []


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
def test_a_metric_is_what_the_leaderboard_says(past, metric):
    found = values_of(past.store, past.ids[2], "lines", metric)

    arms = summarise(past.store, past.ids[2], 1)
    assert found == {arm.arm: arm.metrics[metric] for arm in arms}


@pytest.mark.parametrize(
    ("figure", "value"),
    [("cost_usd", 0.001), ("tokens", 12), ("p50_seconds", 0.5), ("p95_seconds", 0.5), ("error_rate", 0)],
)
def test_what_every_arm_has(past, figure, value):
    found = values_of(past.store, past.ids[2], "lines", figure)

    assert found.keys() == {ZERO, FEW}
    assert found[ZERO].value == pytest.approx(value)
    assert found[ZERO].low <= found[ZERO].value <= found[ZERO].high


@pytest.mark.parametrize("figure", [*AMOUNTS, *RATES])
def test_sums_in_the_database_say_what_gates_measure(past, figure):
    [zero, _] = past.store.arms(past.ids[2])
    with past.store.engine.connect() as connection:
        rows = measured(connection, zero, OWN_FIGURES[figure])
    expected = of_values(rows, OWN_FIGURES[figure], 0.0, None).interval

    found = values_of(past.store, past.ids[2], "lines", figure)[ZERO]

    assert (found.value, found.low, found.high) == pytest.approx(
        (expected.value, expected.low, expected.high), abs=1e-9
    )
    assert found.n == expected.n


def test_repeats_are_averaged_within_a_sample(house):
    found = values_of(house.store, house.store.find_run("twice").id, "lines", "error_rate")[FEW]

    assert found.n == 30
    assert found.value == pytest.approx(0.5 / 30)


def test_runs_that_are_read_together_are_as_those_that_are_read_alone(past):
    before = runs_before(history(past.store, "daily", 10), "lines")

    for figure in ("accuracy", "macro_f1", "tokens", "p95_seconds"):
        assert values(past.store, past.ids, "lines", figure) == {
            run: values_of(past.store, run, "lines", figure) for run in past.ids
        }
    for metric in ("accuracy", "macro_f1"):
        assert worse_than_before(past.store, before, metric) == {
            run: worse(past.store, run, before[run], metric) for run in past.ids
        }
    together = failed_gates(past.store, past.ids, "lines", "accuracy", past.baseline)
    assert together == {run: failed(past.store, run, "accuracy", past.baseline) for run in past.ids}
    assert sum(map(len, together.values())) > 2


def test_arms_of_two_kinds_are_read_together(house):
    runs = [house.store.find_run(name).id for name in ("plain", "twice")]

    found = values(house.store, runs, "lines", "accuracy")

    for run, repeats in zip(runs, (1, 2), strict=True):
        arms = [arm for arm in summarise(house.store, run, repeats) if arm.dataset == "lines"]
        assert found[run] == {arm.arm: arm.metrics["accuracy"] for arm in arms}


def test_what_nobody_knows_is_absent(own_house):
    def unpriced(request):
        return Completion("good", usage=Usage(10, 2), seconds=0.1)

    run = own_house.run("unknown", unpriced, datasets="lines", strategies="zero_shot", fresh=True)

    assert values_of(own_house.store, run, "lines", "cost_usd") == {}
    assert values_of(own_house.store, run, "lines", "no_such_metric") == {}
    assert values_of(own_house.store, run, "nowhere", "accuracy") == {}


def test_the_run_before_is_the_newest_that_has_the_arm(past):
    first, second, third, fourth = past.ids

    found = runs_before(history(past.store, "daily", 10), "lines")

    assert found == {
        first: {},
        second: {ZERO: first},
        third: {ZERO: second},
        fourth: {ZERO: third, FEW: third},
    }


def test_an_arm_that_the_paired_test_calls_worse_is_marked(past):
    first, second, third, _ = past.ids

    [found] = worse(past.store, second, {ZERO: first}, "accuracy")

    assert (found.run, found.arm, found.against, found.what) == (second, ZERO, "run", first)
    assert (found.value, found.difference) == (0.5, -0.5)
    assert found.low < found.high < 0
    assert found.p_adjusted < 0.001
    assert worse(past.store, third, {ZERO: second}, "accuracy") == []
    assert worse(past.store, first, {}, "accuracy") == []
    assert worse(past.store, second, {ZERO: first}, "tokens") == []


def test_an_aggregate_is_tested_as_a_whole(past):
    first, second, *_ = past.ids

    [found] = worse(past.store, second, {ZERO: first}, "macro_f1")

    assert found.difference == pytest.approx(1 / 3 - 1)


def test_failed_gates_are_marked_with_their_rules(past):
    threshold, regression = failed(past.store, past.ids[1], "accuracy", past.baseline)

    assert (threshold.against, threshold.what, threshold.difference) == ("gate", "≥ 0.7", None)
    assert threshold.value == 0.5
    assert threshold.high < 0.7
    assert (regression.what, regression.difference) == ("no regression beyond 0.05", -0.5)
    assert failed(past.store, past.ids[0], "accuracy", past.baseline) == []


def test_without_a_baseline_only_thresholds_are_judged(past):
    [found] = failed(past.store, past.ids[1], "accuracy", None)

    assert found.what == "≥ 0.7"
    assert failed(past.store, past.ids[1], "macro_f1", None) == []


def test_a_metric_without_a_gate_is_held_against_the_baseline_by_the_usual_margin(own_house):
    own_house.run("free", right, datasets="lines", strategies="zero_shot", fresh=True)
    before = make_baseline(own_house.store, "free")
    run = own_house.run("free", wrong, datasets="lines", strategies="zero_shot", fresh=True)

    [found] = failed(own_house.store, run, "accuracy", before)

    assert found.what == "no regression beyond 0.02"
    assert gates(own_house.store, run, "tokens", before) == []
    assert gates(own_house.store, run, "macro_f1", before) == []  # it keeps no answers


def test_thresholds_are_drawn_and_baselines_have_a_mean(past):
    [least] = thresholds(past.store, past.ids[1], "lines", "accuracy")
    [most] = thresholds(past.store, past.ids[1], "lines", "tokens")

    assert (least.arm, least.rule, least.limit) == (ZERO, "min", 0.7)
    assert (most.rule, most.limit) == ("max", 100)
    assert baseline_means(past.baseline, "lines", "accuracy") == {ZERO: 1.0}
    assert baseline_means(past.baseline, "lines", "macro_f1") == {}
    assert baseline_means(past.baseline, "nowhere", "accuracy") == {}


def test_edits_between_two_runs(past):
    _, second, third, fourth = past.ids

    added = edits_between(past.store, second, third)
    edited = edits_between(past.store, third, fourth)
    back = edits_between(past.store, third, second)

    assert (added.arms, added.added, added.removed) == ({ZERO: ()}, (FEW,), ())
    assert set(edited.arms) == {ZERO, FEW}
    assert edited.arms[ZERO] == ("1 row of lines changed: line-3",)
    assert (back.added, back.removed) == ((), (FEW,))


def test_lines_of_two_runs_do_not_speak_of_a_baseline(own_house):
    lines = own_house.workspace.root / "datasets" / "lines.test.jsonl"
    text = lines.read_text(encoding="utf-8")
    sweep = {"datasets": "lines", "strategies": "zero_shot"}
    one = own_house.run("rows", right, fresh=True, **sweep)
    lines.write_text("".join(text.splitlines(keepends=True)[1:]), encoding="utf-8")
    other = own_house.run("rows", right, fresh=True, **sweep)

    assert edits_between(own_house.store, one, other).arms[ZERO] == (
        "1 row of lines only in the earlier run: line-0",
    )
    assert edits_between(own_house.store, other, one).arms[ZERO] == (
        "1 row of lines not in the earlier run: line-0",
    )


def test_edits_since_the_baseline(past):
    found = edits_since(past.store, past.baseline, past.ids[3])

    assert found.arms == {ZERO: ("1 row of lines changed: line-3",)}
    assert found.added == (FEW,)
