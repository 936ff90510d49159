"""Arms against arms, paired by sample: which is better, by how much, and could it be luck."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Select, Subquery, func, select

from promptsweep.errors import NotComparableError
from promptsweep.reports import schema
from promptsweep.reports.arms import StoredMetric, match_arm, per_sample, sample_metrics, within
from promptsweep.reports.flips import Flip, Flips, find_flips
from promptsweep.reports.store import Store, loads
from promptsweep.stats import Paired, holm, paired
from promptsweep.types import JSON

__all__ = ["Comparison", "Flip", "Flips", "compare_arms", "compare_runs", "comparison_json", "match_arm"]

records, samples, scores = schema.records, schema.samples, schema.scores
LEVEL = 0.05
"""A difference is shown when its adjusted p-value is below this."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Arm B against arm A on the samples that both have scores for."""

    a: str
    """The baseline's label."""
    b: str
    dataset: str
    metric: str
    higher_is_better: bool | None
    """None for a metric that is neither good nor bad, such as a length."""
    n_a: int
    """Samples scored in A."""
    n_b: int
    shared: int
    """Samples scored in both, with the same content: what the comparison rests on."""
    paired: Paired
    p_adjusted: float
    """Holm's, over all comparisons made at once."""
    flips: Flips

    @property
    def verdict(self) -> str:
        """`better` or `worse` (B than A), `no difference shown`; `higher` or `lower` for a neutral metric."""
        if self.p_adjusted >= LEVEL:
            return "no difference shown"
        rises = self.paired.difference > 0
        if self.higher_is_better is None:
            return "higher" if rises else "lower"
        return "better" if rises == self.higher_is_better else "worse"


def compare_arms(
    store: Store, run: str, baseline: str | None = None, metric: str | None = None
) -> list[Comparison]:
    """Every arm of a run against the baseline arm of its dataset (default: the first).

    `baseline` may fit one arm of each of several datasets; datasets without a fit are left out, as are arms
    that share no scored sample with their baseline. `metric` defaults to the arms' first per-sample metric.
    Raises ConfigError for an unknown arm or metric, NotComparableError when nothing can be compared.
    """
    row = store.find_run(run)
    arms = store.arms(row.id)
    firsts = _baselines(arms, baseline)
    pairs = [(firsts[arm.dataset], arm) for arm in arms if arm.dataset in firsts]
    others = [(a, b) for a, b in pairs if a.id != b.id]
    if not others:
        raise NotComparableError(f"run {row.id} has no two arms over one dataset to compare")
    return _compare(store, others, metric)


def compare_runs(store: Store, run_a: str, run_b: str, metric: str | None = None) -> list[Comparison]:
    """The arms of run B against those of run A that have the same label.

    Samples are paired where id and content are equal; an edited row is another sample. Raises
    NotComparableError when the runs share no arm or no scored sample.
    """
    first, second = store.find_run(run_a), store.find_run(run_b)
    before = {arm.label: arm for arm in store.arms(first.id)}
    after = store.arms(second.id)
    pairs = [(before[arm.label], arm) for arm in after if arm.label in before]
    if not pairs:
        raise NotComparableError(
            f"runs {first.id} and {second.id} share no arm: {'; '.join(before)} against "
            + "; ".join(arm.label for arm in after)
        )
    return _compare(store, pairs, metric)


def comparison_json(comparisons: Iterable[Comparison]) -> list[dict[str, JSON]]:
    """The documented form of `compare --json`; limits that are not finite are null."""
    return [
        {
            "a": one.a,
            "b": one.b,
            "dataset": one.dataset,
            "metric": one.metric,
            "difference": one.paired.difference,
            "low": _finite(one.paired.low),
            "high": _finite(one.paired.high),
            "p": one.paired.p,
            "p_adjusted": one.p_adjusted,
            "n": one.paired.n,
            "only_a": one.paired.only_a,
            "only_b": one.paired.only_b,
            "correlation": one.paired.correlation,
            "minimum_detectable": one.paired.minimum_detectable,
            "needed": one.paired.needed,
            "method": one.paired.method,
            "verdict": one.verdict,
        }
        for one in comparisons
    ]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _baselines(arms: Sequence[Any], text: str | None) -> dict[str, Any]:
    """Dataset → the arm that the others are compared with."""
    if text is None:
        return {arm.dataset: arm for arm in reversed(arms)}
    fitting = {arm.dataset for arm in arms if text in arm.label}
    if not fitting:
        match_arm(arms, text)
    return {name: match_arm([arm for arm in arms if arm.dataset == name], text) for name in fitting}


def _compare(store: Store, arms: Sequence[tuple[Any, Any]], name: str | None) -> list[Comparison]:
    sample_metrics([arm for pair in arms for arm in pair], name)
    with store.engine.connect() as connection:
        tried = [_compare_pair(connection, a, b, name) for a, b in arms]
    found = [one for one in tried if one is not None]
    if not found:
        labels = "; ".join(f"{a.label} and {b.label}" for a, b in arms)
        raise NotComparableError(f"no sample has a score of the same metric in both arms: {labels}")
    adjusted = holm([one.paired.p for one in found])
    return [replace(one, p_adjusted=p) for one, p in zip(found, adjusted, strict=True)]


def _compare_pair(connection: Connection, a: Any, b: Any, name: str | None) -> Comparison | None:
    """The comparison, not yet adjusted for others; None where the arms share no metric or no sample."""
    metrics = _shared_metric(a, b, name)
    if metrics is None:
        return None
    left, right = (_scored(arm, metric.place) for arm, metric in zip((a, b), metrics, strict=True))
    pairs = connection.execute(_pairs(left, right, clustered=b.cluster is not None)).all()
    if not pairs:
        return None
    n_a, n_b = (connection.scalar(select(func.count()).select_from(side)) or 0 for side in (left, right))
    finding = _paired(pairs, metrics[0], b.cluster)
    return Comparison(
        a=a.label,
        b=b.label,
        dataset=b.dataset,
        metric=metrics[0].name,
        higher_is_better=metrics[0].higher_is_better,
        n_a=n_a,
        n_b=n_b,
        shared=len(pairs),
        paired=finding,
        p_adjusted=finding.p,
        flips=find_flips(connection, a, b, pairs, -1 if metrics[0].higher_is_better is False else 1),
    )


def _shared_metric(a: Any, b: Any, name: str | None) -> tuple[StoredMetric, StoredMetric] | None:
    """The metric `name`, or the first that scores single samples in both arms, as each was scored with it."""
    others = {metric.name: metric for metric in per_sample(b)}
    for metric in per_sample(a):
        if metric.name in others and name in (None, metric.name):
            other = others[metric.name]
            if metric.signature != other.signature:
                raise NotComparableError(
                    f"{metric.name} was computed in two ways: {metric.signature!r} for {a.label}, "
                    f"{other.signature!r} for {b.label}; promptsweep score computes it anew"
                )
            return metric, other
    return None


def _scored(arm: Any, place: int) -> Subquery:
    """An arm's samples with their mean score over repeats."""
    joined = records.join(scores, scores.c.record == records.c.id)
    own = within(scores.c.record, [arm]) & (scores.c.metric == place)
    query = select(
        records.c.sample_id, records.c.sample.label("digest"), func.avg(scores.c.value).label("score")
    )
    return query.select_from(joined).where(own).group_by(records.c.sample_id, records.c.sample).subquery()


def _pairs(left: Subquery, right: Subquery, *, clustered: bool) -> Select[Any]:
    """The samples that both sides have, in an order that no query plan changes; `fields` where clustered."""
    same = (left.c.sample_id == right.c.sample_id) & (left.c.digest == right.c.digest)
    columns = (left.c.sample_id, left.c.digest, left.c.score.label("score_a"), right.c.score.label("score_b"))
    query = select(*columns).select_from(left.join(right, same)).order_by(left.c.sample_id)
    if clustered:
        query = query.add_columns(samples.c.fields).join(samples, samples.c.digest == left.c.digest)
    return query


def _paired(pairs: Sequence[Any], metric: StoredMetric, cluster: str | None) -> Paired:
    a, b = [pair.score_a for pair in pairs], [pair.score_b for pair in pairs]
    clusters = None if cluster is None else [str(loads(pair.fields).get(cluster)) for pair in pairs]
    bounded = metric.kind != "descriptive" and all(0 <= score <= 1 for score in (*a, *b))
    return paired(a, b, clusters, bounds=(0.0, 1.0) if bounded else None)
