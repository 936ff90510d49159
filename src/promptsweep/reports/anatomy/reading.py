"""An arm's records as the anatomies read them: in the order of evaluation, with the first metric's score."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, func, null, select

from promptsweep.reports import schema
from promptsweep.reports.arms import StoredMetric, match_arm, per_sample, within
from promptsweep.reports.calls import origin, reply_text
from promptsweep.reports.store import Store, loads
from promptsweep.stats import Interval, mean_interval
from promptsweep.stats.intervals import Bounds
from promptsweep.types import JSON, Outcome, Sample

records, samples, scores = schema.records, schema.samples, schema.scores
MOST = 2_000
"""Records whose texts are read, the first in the order of evaluation: nobody waits for a long run."""
SHOWN = 200
"""Samples to choose from."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One record without an error."""

    id: int
    sample: Sample
    unit: str
    """What is independent of other units: the sample, or its cluster."""
    answer: str | None
    reply: str | None
    """What the strategy returned; None where the text was pruned."""
    score: float | None
    """Of the arm's first metric that judges; None where it has none."""
    details: Mapping[str, JSON]


class Known(NamedTuple):
    """A sample to choose."""

    id: str
    input: str
    """Its beginning."""
    repeat: int
    """The first that ended without an error."""


def judged_by(arm: Any) -> StoredMetric | None:
    """The first of an arm's metrics that calls one answer better or worse than another; None without any."""
    return next((one for one in per_sample(arm) if one.higher_is_better is not None), None)


def merit(metric: StoredMetric, score: float) -> float:
    """The score where 1 is best, whatever the metric's direction."""
    return 1 - score if metric.higher_is_better is False else score


def attempts(store: Store, run: Any, arm: Any, limit: int = MOST) -> Iterator[Attempt]:
    """The first `limit` records of an arm (both as stored) that ended without an error, streamed."""
    columns = (
        samples.c.input,
        samples.c.targets,
        samples.c.fields,
        reply_text(origin(store, run)).label("text"),
    )
    query = judged(arm, records.c.sample_id, records.c.answer, records.c.reply, records.c.details, *columns)
    with store.engine.connect() as connection:
        rows = connection.execution_options(yield_per=500).execute(query.limit(limit))
        yield from (_attempt(row, arm) for row in rows)


def finished(store: Store, arm: Any) -> int:
    """How many records of an arm ended without an error."""
    with store.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(records).where(own(arm))) or 0


def examples(store: Store, run: str, arm: str) -> list[Known]:
    """The first samples that an arm answered, in the order of evaluation, at most `SHOWN`.

    Raises ConfigError for an unknown run or arm.
    """
    found = match_arm(store.arms(store.find_run(run).id), arm)
    start = func.substr(samples.c.input, 1, 200).label("input")
    query = select(records.c.id, records.c.sample_id, start).where(own(found)).order_by(records.c.id)
    query = query.join(samples, samples.c.digest == records.c.sample).limit(SHOWN)
    known: dict[str, Known] = {}
    with store.engine.connect() as connection:
        for row in connection.execute(query):
            known.setdefault(row.sample_id, Known(row.sample_id, row.input, schema.unpacked(row.id)[1]))
    return list(known.values())


def own(*arms: Any) -> ColumnElement[bool]:
    """The condition that a record belongs to one of the arms and ended without an error."""
    return and_(within(records.c.id, arms), records.c.outcome != Outcome.ERROR.value)


def sample_means(
    connection: Connection, arms: Sequence[Any], metric: StoredMetric
) -> tuple[list[float], list[str] | None]:
    """Each sample's mean score over repeats and arms, and its cluster (None where there are none)."""
    joined = records.join(scores, scores.c.record == records.c.id)
    query = select(
        records.c.sample_id,
        func.min(records.c.sample).label("digest"),
        func.avg(scores.c.value).label("value"),
    )
    query = query.select_from(joined).where(own(*arms), scores.c.metric == metric.place)
    inner = query.group_by(records.c.sample_id).subquery()
    field = arms[0].cluster
    if field is None:
        return [float(row.value) for row in connection.execute(select(inner.c.value))], None
    rows = connection.execute(
        select(inner.c.value, samples.c.fields).join(samples, samples.c.digest == inner.c.digest)
    ).all()
    return [float(row.value) for row in rows], [str(loads(row.fields).get(field)) for row in rows]


def interval_over(
    values: Iterable[tuple[Attempt, float | None]], bounds: Bounds | None = (0.0, 1.0)
) -> Interval:
    """The mean of a value, repeats averaged within a sample first; attempts without one are left out."""
    by_sample: dict[str, list[float]] = {}
    units: dict[str, str] = {}
    for attempt, value in values:
        if value is not None:
            by_sample.setdefault(attempt.sample.id, []).append(value)
            units[attempt.sample.id] = attempt.unit
    means = [sum(each) / len(each) for each in by_sample.values()]
    return mean_interval(means, list(units.values()), bounds=bounds)


def judged(arm: Any, *columns: Any) -> Select[Any]:
    """An arm's records without an error, in order: id, `columns`, and `score` of the metric that judges."""
    metric = judged_by(arm)
    query = select(records.c.id, *columns)
    joined = records.join(samples, samples.c.digest == records.c.sample)
    if metric is None:
        query = query.add_columns(null().label("score"))
    else:
        same = (scores.c.record == records.c.id) & (scores.c.metric == metric.place)
        joined = joined.outerjoin(scores, same)
        query = query.add_columns(scores.c.value.label("score"))
    return query.select_from(joined).where(own(arm)).order_by(records.c.id)


def _attempt(row: Any, arm: Any) -> Attempt:
    sample = Sample(row.sample_id, row.input, tuple(loads(row.targets)), loads(row.fields))
    return Attempt(
        id=row.id,
        sample=sample,
        unit=sample.id if arm.cluster is None else str(sample.fields.get(arm.cluster)),
        answer=row.answer,
        reply=row.text if row.reply is None else row.reply,
        score=row.score,
        details=loads(row.details) or {},
    )
