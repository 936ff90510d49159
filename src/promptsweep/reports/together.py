"""Gates on metrics that are computed over all answers together, such as macro-F1."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection

from promptsweep import metrics as metric_room
from promptsweep.metrics import Aggregate
from promptsweep.metrics.resampling import contrast
from promptsweep.reports.arms import StoredMetric
from promptsweep.reports.baselines import BaselineArm
from promptsweep.reports.evidence import Evidence
from promptsweep.reports.measured import Given, given_answers
from promptsweep.reports.needed import scaled_needed
from promptsweep.reports.slices import natural
from promptsweep.reports.store import loads
from promptsweep.stats import Interval
from promptsweep.stats.intervals import t_value, unknown, within


class Difference(NamedTuple):
    """A metric of two arms on the samples that both have answered."""

    evidence: Evidence
    value: float
    before: float
    shared: int
    """Samples."""
    scored: int
    """Samples of the new run."""


def values(
    connection: Connection, arm: Any, metric: StoredMetric, by: str | None, at: float
) -> Iterator[tuple[str | None, Evidence]]:
    """The metric of each slice, with its bootstrap interval."""
    aggregate = _aggregate(arm, metric)
    for part, rows in _sliced(given_answers(connection, arm, by)):
        found = _value(aggregate, rows)
        yield part, Evidence(found, partial(scaled_needed, found, at))


def differences(
    connection: Connection,
    arm: Any,
    before: BaselineArm,
    metric: StoredMetric,
    by: str | None,
    at: float,
    alpha: float,
) -> Iterator[tuple[str | None, Difference | None]]:
    """New minus baseline for each slice, on the shared samples; None for a slice without any.

    The interval is that of a bootstrap that draws samples (whole clusters) with all their repeats.
    """
    aggregate = _aggregate(arm, metric)
    for part, rows in _sliced(given_answers(connection, arm, by)):
        shared = [row for row in rows if (row.sample.id, row.mark) in before.answers]
        if not shared:
            yield part, None
            continue
        old = _before(shared, before.answers)
        evidence, value, base = _contrast(aggregate, old, shared, at, alpha)
        counts = (len({row.sample.id for row in some}) for some in (shared, rows))
        yield part, Difference(evidence, value, base, *counts)


def _aggregate(arm: Any, metric: StoredMetric) -> Aggregate:
    [found] = metric_room.resolve([loads(arm.metrics)[metric.place]["spec"]], arm.task, Path.cwd())
    assert isinstance(found, Aggregate)
    return found


def _sliced(rows: Sequence[Given]) -> list[tuple[str | None, list[Given]]]:
    groups: dict[str | None, list[Given]] = {} if rows else {None: []}
    for row in rows:
        groups.setdefault(row.slice, []).append(row)
    return sorted(groups.items(), key=lambda pair: natural((pair[0] or "").partition("=")[2]))


def _value(aggregate: Aggregate, rows: Sequence[Given]) -> Interval:
    if not rows:
        return Interval(math.nan, -math.inf, math.inf, 0)
    answers, samples = [row.answer for row in rows], [row.sample for row in rows]
    low, high = aggregate.interval(answers, samples)
    return Interval(aggregate.compute(answers, samples), low, high, len({row.cluster for row in rows}))


def _before(rows: Sequence[Given], answers: Mapping[tuple[str, str], Sequence[str | None]]) -> list[Given]:
    """The baseline's answers to the same samples, each sample once."""
    once = {(row.sample.id, row.mark): row for row in rows}
    return [row._replace(answer=answer) for key, row in once.items() for answer in answers[key]]


def _contrast(
    aggregate: Aggregate, old: Sequence[Given], new: Sequence[Given], at: float, alpha: float
) -> tuple[Evidence, float, float]:
    rows = [*old, *new]
    resampling = aggregate.resampling([row.answer for row in rows], [row.sample for row in rows])
    found = contrast(resampling, [row.cluster for row in rows], len(old))
    difference, count = found.b - found.a, found.clusters
    if count < 2:
        interval = unknown(difference, None, count)
    else:
        interval = within(difference, _limits(found.drawn_b - found.drawn_a, count, alpha), None, count)
    return Evidence(interval, lambda: scaled_needed(interval, at)), found.b, found.a


def _limits(drawn: Any, count: int, alpha: float) -> tuple[float, float]:
    """Percentiles, expanded for few clusters as Hesterberg (2015) does: z becomes √(C/(C−1))·t."""
    import numpy as np
    from scipy import special

    tail = float(special.ndtr(-t_value(1 - alpha, count - 1) * math.sqrt(count / (count - 1))))
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return float(low), float(high)
