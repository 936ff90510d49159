"""The runs of a sweep over time, and what an arm measured in each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, select

from promptsweep.reports import schema
from promptsweep.reports.arms import StoredMetric, stored_metrics, within
from promptsweep.reports.evidence import of_values
from promptsweep.reports.grown import planned_repeats
from promptsweep.reports.measured import counted, measured, own_value
from promptsweep.reports.store import Store, loads
from promptsweep.reports.summary import metric_interval
from promptsweep.reports.waiting import waiting
from promptsweep.runners.gates import OWN_FIGURES, QUANTILES, RATES, Figure
from promptsweep.stats import Interval, mean_interval_from_sums, proportion_interval
from promptsweep.types import Status

runs, arms, records = schema.runs, schema.arms, schema.records


@dataclass(frozen=True, slots=True)
class PastArm:
    """An arm of a run, without what it measured."""

    arm: str
    """The arm's label, unique in its run."""
    dataset: str
    planned: int
    """Samples."""
    metrics: Mapping[str, StoredMetric]
    """By name, in order."""


@dataclass(frozen=True, slots=True)
class PastRun:
    """One run of a sweep."""

    id: str
    status: Status
    created: datetime
    """When it began, UTC."""
    commit: str | None
    """Of the workspace, where that is a git repository."""
    arms: tuple[PastArm, ...]
    """In the sweep's order."""

    def over(self, dataset: str) -> tuple[PastArm, ...]:
        """The arms over a dataset."""
        return tuple(arm for arm in self.arms if arm.dataset == dataset)


def history(store: Store, sweep: str, limit: int) -> list[PastRun]:
    """The newest runs of the sweep of this name, the oldest of them first. Two queries, no record read."""
    columns = (runs.c.id, runs.c.status, runs.c.created, runs.c.versions)
    newest = select(*columns).where(runs.c.name == sweep)
    newest = newest.order_by(runs.c.created.desc(), runs.c.id.desc()).limit(limit)
    chosen = newest.subquery()
    own = select(arms.c.run, arms.c.label, arms.c.dataset, arms.c.planned, arms.c.metrics)
    own = own.join(chosen, chosen.c.id == arms.c.run).order_by(arms.c.id)
    by_run: dict[str, list[PastArm]] = {}
    with store.engine.connect() as connection:
        rows = connection.execute(newest).all()
        for arm in connection.execute(own):
            by_run.setdefault(arm.run, []).append(_past_arm(arm))
    return [_past_run(row, by_run.get(row.id, ())) for row in reversed(rows)]


def run_count(store: Store, sweep: str) -> int:
    """How many runs of the sweep the store holds."""
    with store.engine.connect() as connection:
        found = connection.execute(select(func.count()).select_from(runs).where(runs.c.name == sweep))
        return int(found.scalar_one())


def _past_arm(row: Any) -> PastArm:
    return PastArm(row.label, row.dataset, row.planned, {one.name: one for one in stored_metrics(row)})


def _past_run(row: Any, own: Iterable[PastArm]) -> PastRun:
    commit = loads(row.versions).get("commit")
    created = datetime.fromtimestamp(row.created, UTC)
    return PastRun(row.id, Status(row.status), created, commit, tuple(own))


def datasets_of(past: Sequence[PastRun]) -> list[str]:
    """The datasets of all runs, those of the newest first."""
    return list(dict.fromkeys(arm.dataset for run in reversed(past) for arm in run.arms))


def figures_of(past: Sequence[PastRun], dataset: str) -> list[str]:
    """What can be followed: the metrics over a dataset, those of the newest run first, then `OWN_FIGURES`."""
    names = (name for run in reversed(past) for arm in run.over(dataset) for name in arm.metrics)
    return list(dict.fromkeys([*names, *OWN_FIGURES]))


def arms_of(past: Sequence[PastRun], dataset: str) -> list[PastArm]:
    """The arms over a dataset in any of the runs, those of the newest first; each as it was last."""
    found: dict[str, PastArm] = {}
    for run in reversed(past):
        for arm in run.over(dataset):
            found.setdefault(arm.arm, arm)
    return list(found.values())


def newest_within(past: Sequence[PastRun], samples: int) -> list[PastRun]:
    """The newest runs with at most so many planned samples in all, the oldest first; one at least."""
    taken, total = 0, 0
    for run in reversed(past):
        total += sum(arm.planned for arm in run.arms)
        if taken and total > samples:
            break
        taken += 1
    return list(past[len(past) - taken :])


def values(store: Store, run: str, dataset: str, figure: str) -> dict[str, Interval]:
    """Label → what each arm over a dataset measured of a metric, or of one of `OWN_FIGURES`.

    Arms that measured nothing are absent, as are those of which nobody knows it (the price of a model).
    """
    row = store.find_run(run)
    own = [arm for arm in store.arms(row.id) if arm.dataset == dataset]
    with store.engine.connect() as connection:
        found = {arm.label: _value(store, connection, row, arm, figure) for arm in own}
    return {label: one for label, one in found.items() if one is not None and not math.isnan(one.value)}


def _value(store: Store, connection: Connection, run: Any, arm: Any, name: str) -> Interval | None:
    metric = next((one for one in stored_metrics(arm) if one.name == name), None)
    if metric is not None:
        return metric_interval(store, arm, metric.place, planned_repeats(run, arm.label))
    if name not in OWN_FIGURES:
        return None
    if name in QUANTILES:
        found = waiting(connection, arm)
        return None if found is None else {0.5: found.p50, 0.95: found.p95}[QUANTILES[name]]
    return _own(connection, arm, OWN_FIGURES[name], planned_repeats(run, arm.label))


def _own(connection: Connection, arm: Any, figure: Figure, repeats: int) -> Interval | None:
    """An amount or a rate, as gates measure it; None where nobody knows it.

    With one attempt at each sample the database adds up, so that memory stays flat.
    """
    if repeats > 1 or arm.cluster is not None:
        rows = measured(connection, arm, figure)
        known = all(row.value is not None for row in rows)
        return of_values(rows, figure, 0.0, None).interval if known else None
    value = own_value(figure)
    sums = select(func.count(), func.count(value), func.sum(value), func.sum(value * value))
    own = within(records.c.id, [arm]) & counted(figure)
    n, known, total, squares = connection.execute(sums.where(own)).one()
    if not n or known < n:
        return None
    if figure.name in RATES:
        return proportion_interval(round(total), n)
    return mean_interval_from_sums(n, float(total), float(squares), bounds=None)
