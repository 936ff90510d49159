"""What an arm's samples measured of a figure that a gate demands: the rows that verdicts rest on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, case, func, select, true

from promptsweep.reports import schema
from promptsweep.reports.arms import stored_metrics, within
from promptsweep.reports.readings import AT_ONCE
from promptsweep.reports.slices import slice_of
from promptsweep.reports.store import loads
from promptsweep.runners.demands import GatedArm
from promptsweep.runners.gates import RATES, Figure
from promptsweep.types import Outcome, Sample

records, scores, samples = schema.records, schema.scores, schema.samples
DIGITS = 6
"""Significant digits of a stored value: what a baseline keeps is what is compared."""
MARK = 16
"""Hex digits of a sample's digest that tell whether two rows are the same: 64 bits."""


class Measured(NamedTuple):
    """One sample's value: the mean over its repeats."""

    sample_id: str
    mark: str
    """The beginning of the digest of its content."""
    position: int
    """Its place in the arm's order of evaluation."""
    value: float | None
    """None where nobody knows it, as the price of a model."""
    cluster: str | None = None
    slice: str | None = None
    """`language=ko`; None where nothing is sliced."""


class Given(NamedTuple):
    """What an arm answered to a sample in one repeat: what aggregates are computed of."""

    sample: Sample
    """Id and targets."""
    mark: str
    answer: str | None
    cluster: str
    """What is drawn as one: its cluster, or the sample alone."""
    slice: str | None


def stored_arm(arm: Any) -> GatedArm:
    """What gates need to know of a stored arm."""
    found = stored_metrics(arm)
    return GatedArm(
        arm.label,
        arm.dataset,
        {one.name: Figure(one.name, one.kind, one.higher_is_better) for one in found},  # type: ignore[arg-type]
    )


def rounded(value: float) -> float:
    """The value as baselines keep it: six significant digits."""
    return float(f"{value:.{DIGITS}g}")


def measured(connection: Connection, arm: Any, figure: Figure, by: str | None = None) -> list[Measured]:
    """An arm's samples that have a value of `figure`, in their order of evaluation.

    `by` slices them; clusters are those of the arm's dataset. An aggregate has none: see `given_answers`.
    """
    query = _query(arm, figure)
    if arm.cluster is None and by is None:
        rows: Iterator[Any] = iter(connection.execute(query))
        found = [Measured(row.sample_id, row.digest[:MARK], _place(row), _value(row)) for row in rows]
    else:
        found = list(_described(connection, arm, query, by))
    return sorted(found, key=lambda one: one.position)


def asked(connection: Connection, arm: Any) -> Iterator[tuple[str, str]]:
    """Id and mark of every sample that an arm has a record of, errors included."""
    query = select(records.c.sample_id, records.c.sample).where(within(records.c.id, [arm])).distinct()
    for row in connection.execute(query):
        yield row.sample_id, row.sample[:MARK]


def attempts(connection: Connection, arm: Any, by: str | None = None) -> list[tuple[float, str | None]]:
    """Seconds of the critical path, and the slice, of every attempt that ended without an error."""
    query = select(
        records.c.critical_seconds, records.c.sample_id, samples.c.input, samples.c.targets, samples.c.fields
    )
    joined = query.select_from(records.join(samples, samples.c.digest == records.c.sample))
    rows = connection.execution_options(yield_per=AT_ONCE).execute(
        joined.where(within(records.c.id, [arm]), _finished())
    )
    return [(row.critical_seconds, None if by is None else _slice(_sample(row), by)) for row in rows]


def given_answers(connection: Connection, arm: Any, by: str | None = None) -> list[Given]:
    """What an arm answered, attempt by attempt; only samples with a target, and no errors."""
    joined = records.join(samples, samples.c.digest == records.c.sample)
    columns = (records.c.sample_id, records.c.sample.label("digest"), records.c.answer)
    query = select(*columns, samples.c.input, samples.c.targets, samples.c.fields).select_from(joined)
    query = query.where(within(records.c.id, [arm]), _finished()).order_by(records.c.id)
    found = []
    for row in connection.execution_options(yield_per=AT_ONCE).execute(query):
        whole = _sample(row)
        if whole.targets:
            unit = whole.id if arm.cluster is None else _cluster(arm, whole)
            sample = Sample(whole.id, "", whole.targets)
            found.append(Given(sample, row.digest[:MARK], row.answer, unit, _slice(whole, by)))
    return found


def _query(arm: Any, figure: Figure) -> Select[Any]:
    """Sample, digest, mean value, and the number of the sample's first record."""
    place = next((one.place for one in stored_metrics(arm) if one.name == figure.name), None)
    first = func.min(records.c.id).label("first")
    keys = (records.c.sample_id, records.c.sample.label("digest"), first)
    own = within(records.c.id, [arm])
    if place is not None:
        joined = records.join(scores, scores.c.record == records.c.id)
        query = select(*keys, func.avg(scores.c.value).label("value"), func.count().label("known"))
        query = query.select_from(joined).where(own, scores.c.metric == place)
    else:
        value = own_value(figure)
        query = select(*keys, func.avg(value).label("value"), func.count(value).label("known")).where(own)
        query = query.where(counted(figure))
    query = query.add_columns(func.count().label("attempts"))
    return query.group_by(records.c.sample_id, records.c.sample)


def own_value(figure: Figure) -> ColumnElement[Any]:
    """An attempt's value of an amount or a rate that every arm has, as a column of records."""
    if figure.name in RATES:
        return case((records.c.outcome == RATES[figure.name].value, 1.0), else_=0.0)
    if figure.name == "tokens":
        return (records.c.prompt_tokens + records.c.completion_tokens) * 1.0
    return records.c.cost if figure.name == "cost_usd" else records.c.critical_seconds


def counted(figure: Figure) -> ColumnElement[bool]:
    """Which attempts such a figure is of: all of them for errors, those without an error for the others."""
    return true() if figure.name == "error_rate" else _finished()


def _finished() -> ColumnElement[bool]:
    return records.c.outcome != Outcome.ERROR.value


def _value(row: Any) -> float | None:
    return None if row.value is None or row.known < row.attempts else rounded(row.value)


def _place(row: Any) -> int:
    return schema.unpacked(row.first)[2]


def _described(connection: Connection, arm: Any, query: Select[Any], by: str | None) -> Iterator[Measured]:
    inner = query.subquery()
    contents = (samples.c.input, samples.c.targets, samples.c.fields)
    joined = select(inner, *contents).join(samples, samples.c.digest == inner.c.digest)
    for row in connection.execution_options(yield_per=AT_ONCE).execute(joined):
        whole = _sample(row)
        cluster = None if arm.cluster is None else _cluster(arm, whole)
        yield Measured(row.sample_id, row.digest[:MARK], _place(row), _value(row), cluster, _slice(whole, by))


def _sample(row: Any) -> Sample:
    return Sample(row.sample_id, row.input, tuple(loads(row.targets)), loads(row.fields))


def _cluster(arm: Any, sample: Sample) -> str:
    return str(sample.fields.get(arm.cluster))


def _slice(sample: Sample, by: str | None) -> str | None:
    return None if by is None else f"{by}={slice_of(sample, by)}"


def clusters_of(rows: Sequence[Measured]) -> list[str] | None:
    """The rows' clusters; None where their dataset has none."""
    return [str(row.cluster) for row in rows] if rows and rows[0].cluster is not None else None
