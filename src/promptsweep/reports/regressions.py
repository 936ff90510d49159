"""Where a sweep's history goes down: runs whose arms are worse than before, or fail a gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any, Literal

from promptsweep.errors import ConfigError, NotComparableError
from promptsweep.reports.arms import StoredMetric, stored_metrics
from promptsweep.reports.baselines import Baseline
from promptsweep.reports.compare import Comparison, compare_opponents
from promptsweep.reports.gates import judge
from promptsweep.reports.history import PastRun
from promptsweep.reports.measured import stored_arm
from promptsweep.reports.store import Store, loads
from promptsweep.reports.verdicts import GateResult, Verdict
from promptsweep.runners.demands import demands_of
from promptsweep.runners.gates import Demand, Gate, NoRegression


@dataclass(frozen=True, slots=True)
class Regression:
    """An arm of a run that did worse."""

    run: str
    arm: str
    """The arm's label."""
    against: Literal["run", "gate"]
    what: str
    """The earlier run's id, or the gate's rule with its slice."""
    value: float
    low: float
    """Of the difference from the earlier run or the baseline; of the value, for a threshold."""
    high: float
    difference: float | None
    """New minus old, paired by sample; None for a threshold."""
    p_adjusted: float | None
    """Holm's, over the arms of the run; None for a gate."""


def runs_before(past: Sequence[PastRun], dataset: str) -> dict[str, dict[str, str]]:
    """Run → arm's label → the newest earlier run that has the arm; `past` is the oldest first."""
    last: dict[str, str] = {}
    found = {}
    for run in past:
        labels = [arm.arm for arm in run.over(dataset)]
        found[run.id] = {label: last[label] for label in labels if label in last}
        last |= dict.fromkeys(labels, run.id)
    return found


def worse_than_before(store: Store, run: str, before: Mapping[str, str], metric: str) -> list[Regression]:
    """The arms of a run that the paired test calls worse than in the earlier run; see `compare_opponents`.

    `before` is arm's label → that run's id. Arms that share no sample scored with the metric are not judged.
    """
    now = {arm.label: arm for arm in store.arms(run)}
    then = {one: {arm.label: arm for arm in store.arms(one)} for one in set(before.values())}
    pairs = [(then[earlier][label], now[label]) for label, earlier in before.items()]
    try:
        found = compare_opponents(store, pairs, metric, flips=0) if pairs else []
    except (ConfigError, NotComparableError):
        return []
    return [_compared(run, before[one.b], one) for one in found if one.verdict == "worse"]


def _compared(run: str, earlier: str, one: Comparison) -> Regression:
    paired = one.paired
    return Regression(
        run, one.b, "run", earlier, one.score_b, paired.low, paired.high, paired.difference, one.p_adjusted
    )


def failed_gates(
    store: Store, run: str, dataset: str, figure: str, baseline: Baseline | None
) -> list[Regression]:
    """The gates on a figure that the arms of a run over a dataset fail; see `gates_on`.

    Gates that do not fit the run's arms are left out.
    """
    gates = gates_on(store, run, dataset, figure, baseline)
    if not gates:
        return []
    try:
        check = judge(store, run, gates, baseline, broken=0)
    except ConfigError:
        return []
    labels = {arm.label for arm in store.arms(run) if arm.dataset == dataset}
    return [
        _gated(run, one) for one in check.results if one.verdict is Verdict.REGRESSED and one.arm in labels
    ]


def _gated(run: str, one: GateResult) -> Regression:
    what = f"{one.rule} ({one.slice})" if one.slice else one.rule
    return Regression(run, one.arm, "gate", what, one.value, one.low, one.high, one.difference, None)


def gates_on(store: Store, run: str, dataset: str, figure: str, baseline: Baseline | None) -> list[Gate]:
    """The gates on a figure in the sweep that is stored with a run.

    Where none of them compares with the baseline, though that has the metric, one with the usual margin is
    added. Without a baseline that can tell, none compares.
    """
    from pydantic import TypeAdapter

    row = store.find_run(run)
    given = TypeAdapter(list[Gate]).validate_python(loads(row.sweep).get("gates") or [])
    gates = [gate for gate in given if gate.metric == figure and gate.dataset in (None, dataset)]
    metric = _metric(store, row.id, dataset, figure)
    if not _comparable(baseline, metric, figure):
        gates = [replace(gate, no_regression=None) for gate in gates]
    elif metric is not None and not any(gate.no_regression for gate in gates):
        gates.append(Gate(metric=figure, dataset=dataset, no_regression=NoRegression()))
    return [gate for gate in gates if (gate.min, gate.max, gate.no_regression) != (None, None, None)]


def _metric(store: Store, run: str, dataset: str, name: str) -> StoredMetric | None:
    """The metric as any arm over the dataset has it; None for what is no metric, or neither good nor bad."""
    own = (one for arm in store.arms(run) if arm.dataset == dataset for one in stored_metrics(arm))
    return next((one for one in own if one.name == name and one.higher_is_better is not None), None)


def _comparable(baseline: Baseline | None, metric: StoredMetric | None, figure: str) -> bool:
    if baseline is None:
        return False
    if metric is not None and metric.kind == "aggregate":
        return any(arm.answers for arm in baseline.arms)
    return any(figure in arm.columns for arm in baseline.arms)


def thresholds(store: Store, run: str, dataset: str, figure: str) -> list[Demand]:
    """The least and greatest values that the run's gates demand of a figure over a dataset, unsliced."""
    gates = gates_on(store, run, dataset, figure, None)
    arms = [stored_arm(arm) for arm in store.arms(run) if arm.dataset == dataset]
    try:
        found = demands_of(gates, arms)
    except ConfigError:
        return []
    return [demand for demand in found if demand.rule != "no_regression" and demand.slice is None]


def baseline_means(baseline: Baseline, dataset: str, figure: str) -> dict[str, float]:
    """Label → the mean of what the baseline keeps of a figure; arms of which it keeps none are absent."""
    kept: dict[str, Any] = {
        arm.label: arm.column(figure).values() for arm in baseline.arms if arm.dataset == dataset
    }
    return {label: fmean(found) for label, found in kept.items() if found}
