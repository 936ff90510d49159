"""An arm's figure while its run goes on: its mean so far, and what can be said of where it will end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, func, select

from promptsweep.reports import schema
from promptsweep.reports.arms import StoredMetric, per_sample, within
from promptsweep.reports.evidence import grows, of_values
from promptsweep.reports.grown import planned_repeats
from promptsweep.reports.growth import looks_of
from promptsweep.reports.measured import Measured, measured
from promptsweep.runners.gates import Figure

records, scores = schema.records, schema.scores

Limits = Literal["anytime", "certain", "none"]
"""What the ends are: those of an interval that holds at every look; those between which the run ends for
certain; or not known, as the metric has no least and greatest value."""


@dataclass(frozen=True, slots=True)
class SoFar:
    """A metric over what is done of an arm."""

    metric: str
    mean: float
    """Over the records that have a score."""
    low: float
    high: float
    limits: Limits


def so_far(connection: Connection, run: Any, arm: Any) -> SoFar | None:
    """The arm's first metric of single samples that has a better and a worse; None before the first score.

    Where the samples come in random order (a check that may ask for more draws it), the ends are those of
    the betting confidence sequence for the mean over all samples that could have been asked. Where they come
    in the order of the file, what is done is no random part of what is planned, so no interval holds: the
    ends are what the mean will be if all that is missing scores 0, and if it scores 1.
    """
    for metric in per_sample(arm):
        if metric.kind != "descriptive":
            return _so_far(connection, run, arm, metric)
    return None


def _so_far(connection: Connection, run: Any, arm: Any, metric: StoredMetric) -> SoFar | None:
    value = scores.c.value
    query = select(func.count(), func.sum(value), func.min(value), func.max(value))
    own = within(scores.c.record, [arm]) & (scores.c.metric == metric.place)
    count, total, least, most = connection.execute(query.where(own)).one()
    if not count:
        return None
    mean = total / count
    if least < 0 or most > 1:
        return SoFar(metric.name, mean, mean, mean, "none")
    interval = _anytime(connection, run, arm, metric)
    if interval is not None:
        return interval
    planned = max(count, arm.planned * planned_repeats(run, arm.label))
    return SoFar(metric.name, mean, total / planned, (total + planned - count) / planned, "certain")


def _anytime(connection: Connection, run: Any, arm: Any, metric: StoredMetric) -> SoFar | None:
    """None where the samples come in no random order, or too few are done."""
    looks = looks_of(run, arm)
    if looks is None:
        return None
    figure = Figure(metric.name, metric.kind, metric.higher_is_better)  # type: ignore[arg-type]
    rows = _settled(connection, run, arm, measured(connection, arm, figure))
    values = [row.value for row in rows if row.value is not None]
    if not values or not grows(figure, values):
        return None
    found = of_values(rows, figure, 0.5, looks).interval
    return SoFar(metric.name, found.value, found.low, found.high, "anytime")


def _settled(connection: Connection, run: Any, arm: Any, rows: list[Measured]) -> list[Measured]:
    """The samples before the first that is still under way; a cluster only when it is whole.

    Quick replies overtake slow ones: who counted them as they come would not see a random order.
    """
    identities = connection.scalars(select(records.c.id).where(within(records.c.id, [arm])))
    attempts = Counter(schema.unpacked(identity)[2] for identity in identities)
    repeats = planned_repeats(run, arm.label)
    front = next(place for place in range(arm.planned + 1) if attempts[place] < repeats)
    rows = [row for row in rows if row.position < front]
    if front == arm.planned or not rows or rows[-1].cluster is None:
        return rows
    return [row for row in rows if row.cluster != rows[-1].cluster]
