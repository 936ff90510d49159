"""Gates on stored runs: errors, clusters, prices, slices, and what cannot be compared."""

from __future__ import annotations

from dataclasses import replace

import pytest

from promptsweep.errors import ConfigError, ExitCode
from promptsweep.reports.baselines import make_baseline
from promptsweep.reports.gates import judge
from promptsweep.reports.summary import summarise
from promptsweep.runners.gates import Gate, NoRegression

REGRESSION = NoRegression(margin=0.1)


def results(house, run, *gates, baseline=None):
    return judge(house.store, run, gates, baseline).results


def test_a_threshold_has_the_interval_of_the_leaderboard(house):
    found = results(house, "twice", Gate(metric="accuracy", min=0.5), Gate(metric="macro_f1", min=0.5))
    summaries = {one.arm: one.metrics for one in summarise(house.store, house.store.find_run("twice").id, 2)}

    assert len(found) == 4
    for one in found:
        shown = summaries[one.arm][one.metric]
        assert (one.value, one.low, one.high, one.n) == pytest.approx(
            (shown.value, shown.low, shown.high, shown.n), abs=1e-5
        )


def test_an_incomplete_run_says_so_and_ends_with_4_unless_a_gate_failed(house):
    passed = judge(house.store, "plain", [Gate(metric="accuracy", arm="few_shot", min=0.5)])
    failed = judge(house.store, "plain", [Gate(metric="accuracy", arm="zero_shot", min=0.9)])

    assert passed.incomplete.startswith("1 of 66 records ended in an error")
    assert (passed.exit_code, failed.exit_code) == (ExitCode.INCOMPLETE, ExitCode.GATE_FAILED)
    assert replace(failed, interrupted=True).exit_code == ExitCode.INTERRUPTED


def test_rates_count_errors_apart(house):
    rates = [Gate(metric=f"{kind}_rate", arm="few_shot", max=0.9) for kind in ("error", "unparsed")]

    errors, unparsed = results(house, "plain", *rates)

    assert (errors.n, errors.value) == (30, pytest.approx(1 / 30))
    assert (unparsed.n, unparsed.value) == (29, pytest.approx(1 / 29, abs=1e-5))


def test_clusters_of_a_dataset_are_the_independent_samples(house):
    [found] = results(house, "plain", Gate(metric="token_f1", arm="zero_shot", dataset="facts", min=0.5))

    assert found.n == 2


def test_latency_is_that_of_the_critical_path_and_its_end_is_open_for_few(house):
    median, late = results(
        house, "plain",
        Gate(metric="p50_seconds", arm="few_shot", max=1), Gate(metric="p95_seconds", arm="few_shot", max=1),
    )  # fmt: skip

    assert (median.value, median.verdict, median.n) == (0.25, "PASS", 29)
    assert (late.value, late.verdict) == (0.25, "INCONCLUSIVE")
    assert "0.25 [0.25, ∞]" in late.reason


def test_an_unknown_price_is_no_price_of_zero(own_house):
    own_house.run("free", lambda _: "good", datasets="lines", strategies="zero_shot", fresh=True)
    gates = [Gate(metric="cost_usd", max=1.0)]

    [found] = results(own_house, "free", *gates)

    assert found.verdict == "INCONCLUSIVE"
    assert found.reason.startswith("not comparable: the price of a reply is unknown")


def test_a_regression_is_found_on_the_samples_that_both_have(own_house):
    few = [{"few_shot": {"k": 2}}]
    own_house.run("before", datasets="lines", strategies=few)
    baseline = make_baseline(own_house.store, "before", force=True, answers=True)
    own_house.run("after", lambda _: "good", datasets="lines", strategies=few, fresh=True)
    gate = Gate(metric="accuracy", no_regression=REGRESSION)

    [found] = results(own_house, "after", gate, baseline=baseline)

    assert found.verdict == "REGRESSED"
    assert (found.n, found.baseline, found.value) == (29, pytest.approx(28 / 29), pytest.approx(14 / 29))
    assert "Compared on the 29 of 30 samples that are the same in the baseline." in found.reason
    assert [(flip.sample_id, flip.answer_a, flip.answer_b) for flip in found.broken[:2]] == [
        ("line-0", "bad", "good"),
        ("line-2", "bad", "good"),
    ]
    assert {flip.sample_id for flip in found.broken} == {f"line-{i}" for i in range(0, 30, 2) if i != 8}


def test_another_way_to_score_is_not_compared(own_house):
    own_house.run("before", datasets="facts", strategies="zero_shot")
    baseline = make_baseline(own_house.store, "before")
    [arm] = baseline.arms
    other = replace(baseline, arms=(replace(arm, metrics={**arm.metrics, "token_f1": "v0"}),))
    lacking = replace(baseline, arms=(replace(arm, columns=("squad_em", "x", "words")),))
    gate = Gate(metric="token_f1", slice="page", no_regression=REGRESSION)

    [unlike], [absent] = (results(own_house, "before", gate, baseline=one) for one in (other, lacking))

    assert "token_f1 was computed in another way ('v0' then," in unlike.reason
    assert (unlike.slice, unlike.verdict) == ("page=*", "INCONCLUSIVE")
    assert absent.reason == "not comparable: the baseline has no token_f1 of this arm; save it anew."


def test_slices_are_in_the_order_people_count(house):
    found = results(house, "plain", Gate(metric="token_f1", arm="zero_shot", slice="page", min=0.1))

    assert [(one.slice, one.n) for one in found] == [("page=a", 1), ("page=b", 1)]


def test_every_result_has_an_id_of_its_own(house):
    gates = [
        Gate(metric="accuracy", min=0.1, max=0.9),
        Gate(metric="accuracy", slice="label", min=0.1),
        Gate(metric="tokens", max=99),
    ]
    found = [one.id for one in results(house, "plain", *gates)]

    assert len(set(found)) == len(found) == 12


@pytest.mark.parametrize(
    ("gates", "message"),
    [
        ([], "sweep 'plain' has no gates to check"),
        ([Gate(metric="acuracy", min=1)], "unknown metric 'acuracy'. Did you mean 'accuracy'"),
        (
            [Gate(metric="accuracy", no_regression=REGRESSION)],
            "sweep 'plain' has no baseline to compare with",
        ),
    ],
)
def test_what_cannot_be_judged_is_one_line(house, gates, message):
    with pytest.raises(ConfigError, match=message.replace("?", ".")):
        judge(house.store, "plain", gates)
