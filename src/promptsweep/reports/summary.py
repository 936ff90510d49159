"""One arm in figures: outcomes, metrics with intervals, tokens, cost, time. What a leaderboard shows."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Select, func, select

from promptsweep import metrics as metric_room
from promptsweep.metrics import RANGES, Aggregate
from promptsweep.reports import schema
from promptsweep.reports.store import Store, loads
from promptsweep.stats import (
    Interval,
    mean_interval,
    mean_interval_from_sums,
    nearest_rank,
    proportion_interval,
)
from promptsweep.types import JSON, Outcome, Sample

records, scores, samples = schema.records, schema.scores, schema.samples


@dataclass(frozen=True, slots=True)
class ArmSummary:
    """One line of a leaderboard."""

    arm: str
    """The arm's label, unique in its run."""
    strategy: str
    model: str
    dataset: str
    split: str
    system: str | None
    params: Mapping[str, JSON]
    """Strategy parameters and sampling parameters as the sweep gives them."""
    samples: int
    """Planned."""
    scored: int
    """With a score: the denominator of the metrics. Errors and what is not yet done are outside."""
    outcomes: Mapping[str, int]
    """Records by outcome; with repeats more than there are samples."""
    metrics: Mapping[str, Interval]
    tokens: Mapping[str, int]
    cost_usd: float | None
    """All calls at the price when they were made, stored replies included; None where a price is unknown."""
    seconds: float | None
    """Mean wall time of a record, queueing included; near 0 where replies came from the store."""
    p50_seconds: float | None
    """Median critical path: what a user would have waited, also where replies came from the store."""
    p95_seconds: float | None
    requests: int
    cached: int

    def as_json(self) -> dict[str, JSON]:
        """The documented form of `--json`."""
        return {name: value for name, value in asdict(self).items() if name != "split"}

    @property
    def variant(self) -> str:
        """Strategy and parameters, without model and dataset."""
        return self.arm.removesuffix(f" | {self.model} | {self.dataset}")


def summarise(store: Store, run: str, repeats: int) -> list[ArmSummary]:
    """The arms of a run in the sweep's order, with what is recorded by now."""
    return [_summary(store, arm, repeats) for arm in store.arms(run)]


def metric_names(arms: Sequence[ArmSummary]) -> list[str]:
    """Metrics of all arms, in the order in which they appear."""
    return list(dict.fromkeys(name for arm in arms for name in arm.metrics))


def _summary(store: Store, arm: Any, repeats: int) -> ArmSummary:
    bounds = records.c.id.between(*schema.record_range(arm.id))
    with store.engine.connect() as connection:
        total = connection.execute(_totals().where(bounds)).one()
        outcomes = {outcome.value: int(total._mapping[outcome.value]) for outcome in Outcome}
        finished = sum(outcomes.values()) - outcomes[Outcome.ERROR]
        latency = _quantiles(connection, bounds, finished)
    return ArmSummary(
        arm=arm.label,
        strategy=arm.strategy,
        model=arm.model,
        dataset=arm.dataset,
        split=arm.split,
        system=arm.system,
        params={**loads(arm.strategy_params), **loads(arm.params)},
        samples=arm.planned,
        scored=total.scored,
        outcomes=outcomes,
        metrics=_intervals(store, arm, repeats),
        tokens={"prompt": total.prompt or 0, "completion": total.completion or 0},
        cost_usd=None if total.unpriced else float(total.cost or 0.0),
        seconds=total.seconds,
        p50_seconds=latency[0],
        p95_seconds=latency[1],
        requests=total.requests or 0,
        cached=total.cached or 0,
    )


def _totals() -> Select[*tuple[Any, ...]]:
    """All that one pass over an arm's records can add up; the counts of outcomes by their values."""
    outcomes = [
        func.count().filter(records.c.outcome == outcome.value).label(outcome.value) for outcome in Outcome
    ]
    finished = records.c.outcome != Outcome.ERROR.value
    return select(
        *outcomes,
        func.count(records.c.sample_id.distinct()).filter(finished).label("scored"),
        func.sum(records.c.prompt_tokens).label("prompt"),
        func.sum(records.c.completion_tokens).label("completion"),
        func.sum(records.c.cost).label("cost"),
        func.count().filter(records.c.cost.is_(None)).label("unpriced"),
        func.avg(records.c.seconds).label("seconds"),
        func.sum(records.c.requests).label("requests"),
        func.sum(records.c.cached).label("cached"),
    )


def _quantiles(connection: Any, bounds: Any, count: int) -> tuple[float | None, float | None]:
    """Median and 95th percentile (nearest rank) of the critical path of records without an error."""
    if not count:
        return None, None
    ranks = [nearest_rank(count, share) for share in (0.5, 0.95)]
    seconds = records.c.critical_seconds
    rank = func.row_number().over(order_by=seconds).label("rank")
    sorted_ = select(seconds, rank).where(bounds, records.c.outcome != Outcome.ERROR.value).subquery()
    found = select(sorted_.c.rank, sorted_.c.critical_seconds).where(sorted_.c.rank.in_(ranks))
    at = {row.rank: row.critical_seconds for row in connection.execute(found)}
    return at[ranks[0]], at[ranks[1]]


def _intervals(store: Store, arm: Any, repeats: int) -> dict[str, Interval]:
    names = [metric["name"] for metric in loads(arm.metrics)]
    found = {name: metric_interval(store, arm, place, repeats) for place, name in enumerate(names)}
    return {name: interval for name, interval in found.items() if interval is not None}


def metric_interval(store: Store, arm: Any, place: int, repeats: int) -> Interval | None:
    """What an arm (its row) scored with the metric at a place of its list; None without a score."""
    metric = loads(arm.metrics)[place]
    if metric["kind"] == "aggregate":
        return _aggregate(store, arm, metric["spec"])
    if repeats == 1 and arm.cluster is None:
        return _from_sums(store, arm, place, metric["kind"])
    return _clustered(store, arm, place, metric["kind"])


def _of_metric(arm: Any, place: int) -> Any:
    return scores.c.record.between(*schema.record_range(arm.id)) & (scores.c.metric == place)


def _from_sums(store: Store, arm: Any, place: int, kind: str) -> Interval | None:
    """One attempt a sample: the database adds up, so that memory stays flat."""
    value = scores.c.value
    query = select(func.count(), func.sum(value), func.sum(value * value), func.min(value), func.max(value))
    with store.engine.connect() as connection:
        return interval_of_sums(kind, *connection.execute(query.where(_of_metric(arm, place))).one())


def interval_of_sums(
    kind: str, n: int, total: float, squares: float, low: float, high: float
) -> Interval | None:
    """The mean of n scores, from their sum, that of their squares and their ends; None of none."""
    if not n:
        return None
    if kind == "binary":
        return proportion_interval(total, n)
    bounds = (0.0, 1.0) if kind == "graded" and low >= 0 and high <= 1 else RANGES.get(kind)
    return _at_least(
        low if bounds is None else bounds[0], mean_interval_from_sums(n, total, squares, bounds=bounds)
    )


def _at_least(least: float, interval: Interval) -> Interval:
    """Counts and lengths are never negative, so neither is the bound of their mean."""
    return replace(interval, low=max(0.0, interval.low)) if least >= 0 else interval


def _clustered(store: Store, arm: Any, place: int, kind: str) -> Interval | None:
    """Repeats are averaged within a sample first; samples that share a cluster are taken as dependent."""
    mean = func.avg(scores.c.value).label("value")
    joined = scores.join(records, scores.c.record == records.c.id)
    query = select(records.c.sample_id, func.min(records.c.sample).label("sample"), mean)
    query = query.select_from(joined).where(_of_metric(arm, place)).group_by(records.c.sample_id)
    with store.engine.connect() as connection:
        if arm.cluster is None:
            values = [row.value for row in connection.execute(query)]
            clusters = None
        else:
            inner = query.subquery()
            rows = connection.execute(
                select(inner.c.value, samples.c.fields).join(samples, samples.c.digest == inner.c.sample)
            ).all()
            values = [row.value for row in rows]
            clusters = [str(loads(row.fields).get(arm.cluster)) for row in rows]
    if not values:
        return None
    within = kind != "descriptive" and min(values) >= 0 and max(values) <= 1
    bounds = RANGES.get(kind, (0.0, 1.0) if within else None)
    return _at_least(
        min(values) if bounds is None else bounds[0], mean_interval(values, clusters, bounds=bounds)
    )


def answers(store: Store, arm: Any) -> tuple[list[str | None], list[Sample]]:
    """Answers and samples of an arm's scored records, in order; the samples without input and fields."""
    query = (
        select(records.c.sample_id, records.c.answer, samples.c.targets)
        .join(samples, samples.c.digest == records.c.sample)
        .where(records.c.id.between(*schema.record_range(arm.id)), records.c.outcome != Outcome.ERROR.value)
        .order_by(records.c.id)
    )
    given: list[str | None] = []
    found: list[Sample] = []
    parsed: dict[str, tuple[str, ...]] = {}
    with store.engine.connect() as connection:
        for name, answer, targets in connection.execution_options(yield_per=1_000).execute(query):
            if targets not in parsed:
                parsed[targets] = tuple(loads(targets))
            given.append(None if answer is None else sys.intern(answer))
            found.append(Sample(name, "", parsed[targets]))
    return given, found


def _aggregate(store: Store, arm: Any, spec: Any) -> Interval | None:
    given, of = answers(store, arm)
    [aggregate] = metric_room.resolve([spec], arm.task, Path.cwd())
    if not of or not isinstance(aggregate, Aggregate):
        return None
    low, high = aggregate.interval(given, of)
    return Interval(aggregate.compute(given, of), low, high, len({sample.id for sample in of}))
