"""What the arms of many runs measured of one figure: a few queries, however many runs there are."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from promptsweep.reports import schema
from promptsweep.reports.arms import arm_of, stored_metrics, within
from promptsweep.reports.evidence import of_values
from promptsweep.reports.grown import planned_repeats
from promptsweep.reports.measured import counted, measured, own_value
from promptsweep.reports.readings import ARMS
from promptsweep.reports.store import Store
from promptsweep.reports.summary import interval_of_sums, metric_interval
from promptsweep.reports.waiting import waiting
from promptsweep.runners.gates import OWN_FIGURES, QUANTILES, RATES
from promptsweep.stats import Interval, mean_interval_from_sums, proportion_interval

records, scores = schema.records, schema.scores


class _Asked(NamedTuple):
    """An arm, and what is asked of it."""

    run: str
    arm: Any
    repeats: int
    kind: str
    """The metric's, or that of one of `OWN_FIGURES`."""
    place: int | None
    """The metric's in the arm's list; None for one of `OWN_FIGURES`."""

    @property
    def adds_up(self) -> bool:
        """Whether sums over the arm's records say it all, so that memory stays flat."""
        return self.kind not in {"aggregate", "quantile"} and self.repeats == 1 and self.arm.cluster is None


def values(store: Store, runs: Sequence[str], dataset: str, figure: str) -> dict[str, dict[str, Interval]]:
    """Run → label → what each arm over a dataset measured of a metric, or of one of `OWN_FIGURES`.

    Arms that measured nothing are absent, as are those of which nobody knows it (the price of a model).
    """
    asked = list(_asked(store, runs, dataset, figure))
    with store.engine.connect() as connection:
        known = _summed(connection, [one for one in asked if one.adds_up], figure)
        known |= {one.arm.id: _single(store, connection, one, figure) for one in asked if not one.adds_up}
    found: dict[str, dict[str, Interval]] = {run: {} for run in runs}
    for one in asked:
        interval = known.get(one.arm.id)
        if interval is not None and not math.isnan(interval.value):
            found[one.run][one.arm.label] = interval
    return found


def _asked(store: Store, runs: Sequence[str], dataset: str, figure: str) -> Iterator[_Asked]:
    arms = store.arms_of(runs)
    for run in store.runs(runs):
        for arm in arms[run.id]:
            metric = next((one for one in stored_metrics(arm) if one.name == figure), None)
            own = metric or OWN_FIGURES.get(figure)
            if own is not None and arm.dataset == dataset:
                place = None if metric is None else metric.place
                yield _Asked(run.id, arm, planned_repeats(run, arm.label), own.kind, place)


def _single(store: Store, connection: Connection, one: _Asked, figure: str) -> Interval | None:
    if one.place is not None:
        return metric_interval(store, one.arm, one.place, one.repeats)
    if one.kind == "quantile":
        found = waiting(connection, one.arm)
        return None if found is None else {0.5: found.p50, 0.95: found.p95}[QUANTILES[figure]]
    rows = measured(connection, one.arm, OWN_FIGURES[figure])
    known = all(row.value is not None for row in rows)
    return of_values(rows, OWN_FIGURES[figure], 0.0, None).interval if known else None


def _summed(connection: Connection, asked: Sequence[_Asked], figure: str) -> dict[int, Interval | None]:
    """Arm's number → its interval; arms without a record that counts are absent."""
    by_place: dict[int | None, dict[int, _Asked]] = {}
    for one in asked:
        by_place.setdefault(one.place, {})[one.arm.id] = one
    found: dict[int, Interval | None] = {}
    for place, some in by_place.items():
        for row in _sums(connection, [one.arm for one in some.values()], place, figure):
            own = place is None
            found[row.arm] = _own(row, figure) if own else interval_of_sums(some[row.arm].kind, *row[2:])
    return found


def _sums(connection: Connection, arms: Sequence[Any], place: int | None, figure: str) -> Iterator[Any]:
    """An arm's number, how many records count, how many have a value, and the sums and ends of these."""
    if place is None:
        number, value, own = records.c.id, own_value(OWN_FIGURES[figure]), counted(OWN_FIGURES[figure])
    else:
        number, value, own = scores.c.record, scores.c.value, scores.c.metric == place
    arm = arm_of(number).label("arm")
    sums = (func.sum(value).label("total"), func.sum(value * value).label("squares"))
    query = select(arm, func.count().label("n"), func.count(value).label("known"), *sums)
    query = query.add_columns(func.min(value), func.max(value))
    for start in range(0, len(arms), ARMS):
        some = within(number, arms[start : start + ARMS])
        yield from connection.execute(query.where(some, own).group_by(arm_of(number)))


def _own(row: Any, figure: str) -> Interval | None:
    """An amount or a rate, as gates measure it; None where nobody knows it."""
    if row.known < row.n:
        return None
    if figure in RATES:
        return proportion_interval(round(row.total), row.n)
    return mean_interval_from_sums(row.n, float(row.total), float(row.squares), bounds=None)
