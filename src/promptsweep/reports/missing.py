"""Honest denominators: what of an arm has no score, and how far that could move its figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from promptsweep.metrics import RANGES
from promptsweep.reports import counts, schema
from promptsweep.reports.arms import StoredMetric, per_sample, within
from promptsweep.reports.grown import planned_repeats
from promptsweep.reports.store import Store, loads
from promptsweep.runners.judging import NOTES
from promptsweep.types import Outcome
from promptsweep.words import say

records, scores = schema.records, schema.scores


@dataclass(frozen=True, slots=True)
class Missing:
    """An arm of which not all is scored."""

    arm: str
    """The arm's label."""
    repeats: int
    planned: int
    """Records of the finished run: samples × repeats."""
    errors: int
    """Records that ended in an error."""
    undone: int
    """Records that do not exist: the run stopped before them."""
    metric: str | None
    """The arm's first metric whose scores lie between 0 and 1; None when it has none."""
    low: float | None
    """Its mean over all that is planned, with every missing score counted as 0."""
    high: float | None
    """The same with every missing score counted as 1."""
    unjudged: Mapping[str, int]
    """Judge → answers that it was asked about and gave no score: errors of that score alone."""

    def __str__(self) -> str:
        """The one line that a leaderboard prints below itself."""
        parts = [self._scored()] if self.errors or self.undone else []
        for judge, count in self.unjudged.items():
            parts.append(_unjudged_of(judge, count))
        return f"{self.arm}: {'; '.join(parts)}"

    def _scored(self) -> str:
        scored = f"{self.planned - self.errors - self.undone:,}"
        planned = f"{self.planned:,}"
        parts = [
            say("{scored} of {planned} scored", scored=scored, planned=planned)
            if self.repeats == 1
            else say("{scored} of {planned} attempts scored", scored=scored, planned=planned)
        ]
        if self.errors:
            parts.append(counts.errors(self.errors))
        if self.undone:
            parts.append(say("{count} not done", count=f"{self.undone:,}"))
        line = ", ".join(parts)
        if self.metric is None:
            return line
        bounds = say(
            "{metric} {low} with the missing counted as 0, {high} as 1",
            metric=self.metric,
            low=f"{self.low:.3f}",
            high=f"{self.high:.3f}",
        )
        return f"{line}; {bounds}"


def _unjudged_of(judge: str, count: int) -> str:
    if count == 1:
        return say("1 answer without a score of {judge}", judge=judge)
    return say("{count} answers without a score of {judge}", count=f"{count:,}", judge=judge)


def missing(store: Store, run: str) -> list[Missing]:
    """The arms of a run of which not all is scored, in order; empty when nothing is missing."""
    row = store.find_run(run)
    with store.engine.connect() as connection:
        found = [_missing(connection, arm, row) for arm in store.arms(row.id)]
    return [one for one in found if one.errors or one.undone or one.unjudged]


def _missing(connection: Connection, arm: Any, run: Any) -> Missing:
    failed = func.count().filter(records.c.outcome == Outcome.ERROR.value)
    attempts, errors = connection.execute(
        select(func.count(), failed).where(within(records.c.id, [arm]))
    ).one()
    repeats = planned_repeats(run, arm.label)
    planned = arm.planned * repeats
    lacking = planned - attempts + errors
    found: tuple[str | None, float | None, float | None] = (None, None, None)
    for metric in per_sample(arm):
        limits = (
            None if metric.kind in {"descriptive", *RANGES} else _limits(connection, arm, metric, lacking)
        )
        if limits is not None:
            found = metric.name, *limits
            break
    unjudged = dict(_unjudged(connection, arm))
    return Missing(arm.label, repeats, planned, errors, planned - attempts, *found, unjudged)


def _unjudged(connection: Connection, arm: Any) -> Iterator[tuple[str, int]]:
    for metric in per_sample(arm):
        if metric.kind not in RANGES:
            continue
        scored = (scores.c.record == records.c.id) & (scores.c.metric == metric.place)
        query = select(records.c.details).select_from(records.outerjoin(scores, scored))
        silent = scores.c.record.is_(None) & records.c.details.is_not(None)
        rows = connection.scalars(query.where(within(records.c.id, [arm]), silent))
        if count := sum("errors" in loads(row).get(NOTES, {}).get(metric.name, {}) for row in rows):
            yield metric.name, count


def _limits(
    connection: Connection, arm: Any, metric: StoredMetric, lacking: int
) -> tuple[float, float] | None:
    """The mean with the missing counted as 0 and as 1; None for scores beyond these."""
    value = scores.c.value
    query = select(func.count(), func.sum(value), func.min(value), func.max(value))
    own = within(scores.c.record, [arm]) & (scores.c.metric == metric.place)
    count, total, least, most = connection.execute(query.where(own)).one()
    if not count:
        return 0.0, 1.0
    if least < 0 or most > 1:
        return None
    return total / (count + lacking), (total + lacking) / (count + lacking)
