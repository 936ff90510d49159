"""Where a sweep's history goes down: runs whose arms are worse than before, or fail a gate."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from statistics import fmean
from typing import Any, Literal

from promptsweep.errors import ConfigError, NotComparableError
from promptsweep.reports.arms import StoredMetric, stored_metrics
from promptsweep.reports.baselines import Baseline
from promptsweep.reports.compare import Comparison, differing
from promptsweep.reports.gates import verdicts
from promptsweep.reports.history import PastRun
from promptsweep.reports.measured import stored_arm
from promptsweep.reports.pairing import Duel, duels_of, wanted_of
from promptsweep.reports.readings import Reader
from promptsweep.reports.store import Store, loads
from promptsweep.reports.verdicts import GateResult, Verdict
from promptsweep.runners.demands import demands_of
from promptsweep.runners.gates import Demand, Gate, NoRegression, gates_of


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


def worse_than_before(
    store: Store, before: Mapping[str, Mapping[str, str]], metric: str
) -> dict[str, list[Regression]]:
    """Run → those of its arms that the paired test calls worse than in the earlier run.

    `before` is run → arm's label → that earlier run's id: see `compare_opponents`. Arms that share no sample
    scored with the metric are not judged, nor is a run with an arm whose metric was computed in another way.
    """
    earlier = {run for labels in before.values() for run in labels.values()}
    arms = {
        run: {arm.label: arm for arm in own}
        for run, own in store.arms_of(sorted({*before, *earlier})).items()
    }
    duels: dict[str, list[Duel]] = {}
    for run, labels in before.items():
        now = arms[run]
        pairs = [(arms[then][label], now[label]) for label, then in labels.items() if label in now]
        with contextlib.suppress(NotComparableError):
            duels[run] = duels_of(pairs, metric)
    found: dict[str, list[Regression]] = {run: [] for run in before}
    with store.engine.connect() as connection:
        reader = Reader(connection, wanted_of(chain.from_iterable(duels.values())))
        for run, own in duels.items():
            compared = differing(reader, own)
            found[run] = [
                _compared(run, before[run][one.b], one) for one in compared if one.verdict == "worse"
            ]
    return found


def _compared(run: str, earlier: str, one: Comparison) -> Regression:
    paired = one.paired
    return Regression(
        run, one.b, "run", earlier, one.score_b, paired.low, paired.high, paired.difference, one.p_adjusted
    )


def failed_gates(
    store: Store, runs: Sequence[str], dataset: str, figure: str, baseline: Baseline | None
) -> dict[str, list[Regression]]:
    """Run → the gates on a figure that its arms over a dataset fail; see `gates_on`.

    Gates that do not fit the run's arms are left out.
    """
    found: dict[str, list[Regression]] = {run: [] for run in runs}
    arms = store.arms_of(runs)
    with store.engine.connect() as connection:
        for row in store.runs(runs):
            own = arms[row.id]
            gates = gates_on(row, own, dataset, figure, baseline)
            if gates:
                with contextlib.suppress(ConfigError):
                    results = verdicts(connection, row, own, gates, baseline)
                    labels = {arm.label for arm in own if arm.dataset == dataset}
                    found[row.id] = [_gated(row.id, one) for one in _failed(results, labels)]
    return found


def _failed(results: Iterable[GateResult], labels: Collection[str]) -> Iterator[GateResult]:
    return (one for one in results if one.verdict is Verdict.REGRESSED and one.arm in labels)


def _gated(run: str, one: GateResult) -> Regression:
    what = f"{one.rule} ({one.slice})" if one.slice else one.rule
    return Regression(run, one.arm, "gate", what, one.value, one.low, one.high, one.difference, None)


def gates_on(
    run: Any, arms: Sequence[Any], dataset: str, figure: str, baseline: Baseline | None
) -> list[Gate]:
    """The gates on a figure in the sweep that is stored with a run, given by its row and those of its arms.

    Where none of them compares with the baseline, though that has the metric, one with the usual margin is
    added. Without a baseline that can tell, none compares.
    """
    given = gates_of(loads(run.sweep))
    gates = [gate for gate in given if gate.metric == figure and gate.dataset in (None, dataset)]
    metric = _metric(arms, dataset, figure)
    if not _comparable(baseline, metric, figure):
        gates = [replace(gate, no_regression=None) for gate in gates]
    elif metric is not None and not any(gate.no_regression for gate in gates):
        gates.append(Gate(metric=figure, dataset=dataset, no_regression=NoRegression()))
    return [gate for gate in gates if (gate.min, gate.max, gate.no_regression) != (None, None, None)]


def _metric(arms: Sequence[Any], dataset: str, name: str) -> StoredMetric | None:
    """The metric as any arm over the dataset has it; None for what is no metric, or neither good nor bad."""
    own = (one for arm in arms if arm.dataset == dataset for one in stored_metrics(arm))
    return next((one for one in own if one.name == name and one.higher_is_better is not None), None)


def _comparable(baseline: Baseline | None, metric: StoredMetric | None, figure: str) -> bool:
    if baseline is None:
        return False
    if metric is not None and metric.kind == "aggregate":
        return any(arm.answers for arm in baseline.arms)
    return any(figure in arm.columns for arm in baseline.arms)


def thresholds(store: Store, run: str, dataset: str, figure: str) -> list[Demand]:
    """The least and greatest values that the run's gates demand of a figure over a dataset, unsliced."""
    row, arms = store.find_run(run), store.arms(run)
    gates = gates_on(row, arms, dataset, figure, None)
    try:
        found = demands_of(gates, [stored_arm(arm) for arm in arms if arm.dataset == dataset])
    except ConfigError:
        return []
    return [demand for demand in found if demand.rule != "no_regression" and demand.slice is None]


def baseline_means(baseline: Baseline, dataset: str, figure: str) -> dict[str, float]:
    """Label → the mean of what the baseline keeps of a figure; arms of which it keeps none are absent."""
    kept: dict[str, Any] = {
        arm.label: arm.column(figure).values() for arm in baseline.arms if arm.dataset == dataset
    }
    return {label: fmean(found) for label, found in kept.items() if found}
