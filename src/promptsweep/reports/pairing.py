"""Two arms side by side: the samples that both have scores for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, Subquery, func, select

from promptsweep.errors import NotComparableError
from promptsweep.metrics import RANGES
from promptsweep.reports import schema
from promptsweep.reports.arms import StoredMetric, stored_metrics, within
from promptsweep.reports.store import loads
from promptsweep.stats import Paired, paired
from promptsweep.types import Sample

records, samples, scores = schema.records, schema.samples, schema.scores
AT_ONCE = 1_000
"""Rows read, and samples asked for, at a time."""


class Pair(NamedTuple):
    """A sample's scores in two arms, each the mean over repeats."""

    sample_id: str
    digest: str
    a: float
    b: float
    cluster: str | None
    """The value of the field that clusters the dataset; None where none does."""


class SharedMetric(NamedTuple):
    """A metric that both of two arms were scored with, in the same way; each has its own place for it."""

    a: StoredMetric
    b: StoredMetric

    @property
    def sign(self) -> int:
        """−1 where lower is better."""
        return -1 if self.a.higher_is_better is False else 1


def shared_metric(a: Any, b: Any, name: str | None) -> SharedMetric | None:
    """The metric `name`, or the first that scores single samples in both arms; None where there is none.

    Raises NotComparableError where the two were computed in different ways.
    """
    others = {metric.name: metric for metric in stored_metrics(b)}
    for metric in stored_metrics(a):
        wanted = metric.kind != "aggregate" if name is None else metric.name == name
        if wanted and metric.name in others:
            other = others[metric.name]
            if metric.signature != other.signature:
                raise NotComparableError(
                    f"{metric.name} was computed in two ways: {metric.signature!r} for {a.label}, "
                    f"{other.signature!r} for {b.label}; promptsweep score computes it anew"
                )
            return SharedMetric(metric, other)
    return None


def pairs_of(connection: Connection, a: Any, b: Any, metric: SharedMetric) -> list[Pair]:
    """The samples with the same id and content that both arms have scores for, in the order of their ids."""
    query = select_pairs(a, b, metric)
    if b.cluster is None:
        return [_pair(row, None) for row in connection.execute(query)]
    clustered = query.add_columns(samples.c.fields).join(
        samples, samples.c.digest == query.selected_columns[1]
    )
    return [
        _pair(row, str(loads(row.fields).get(b.cluster)))
        for row in connection.execution_options(yield_per=AT_ONCE).execute(clustered)
    ]


def pairs_with_samples(
    connection: Connection, a: Any, b: Any, metric: SharedMetric
) -> Iterator[tuple[Pair, Sample]]:
    """As `pairs_of`, each with its sample's content, streamed."""
    query = select_pairs(a, b, metric)
    contents = (samples.c.input, samples.c.targets, samples.c.fields)
    whole = query.add_columns(*contents).join(samples, samples.c.digest == query.selected_columns[1])
    for row in connection.execution_options(yield_per=AT_ONCE).execute(whole):
        fields = loads(row.fields)
        cluster = None if b.cluster is None else str(fields.get(b.cluster))
        yield _pair(row, cluster), Sample(row[0], row.input, tuple(loads(row.targets)), fields)


def scored_count(connection: Connection, arm: Any, metric: StoredMetric) -> int:
    """How many samples of an arm have a score."""
    return connection.scalar(select(func.count()).select_from(scored(arm, metric.place))) or 0


def scored(arm: Any, place: int) -> Subquery:
    """An arm's samples with their mean score over repeats: `sample_id`, `digest`, `score`."""
    joined = records.join(scores, scores.c.record == records.c.id)
    own = within(scores.c.record, [arm]) & (scores.c.metric == place)
    query = select(
        records.c.sample_id, records.c.sample.label("digest"), func.avg(scores.c.value).label("score")
    )
    return query.select_from(joined).where(own).group_by(records.c.sample_id, records.c.sample).subquery()


def paired_scores(pairs: Sequence[Pair], kind: str) -> Paired:
    """What the pairs say; `kind` is the metric's. Raises NotComparableError without pairs."""
    a, b = [pair.a for pair in pairs], [pair.b for pair in pairs]
    clusters = clusters_of(pairs)
    bounded = kind != "descriptive" and all(0 <= score <= 1 for score in (*a, *b))
    return paired(a, b, clusters, bounds=RANGES.get(kind, (0.0, 1.0) if bounded else None))


def clusters_of(pairs: Sequence[Pair]) -> list[str] | None:
    """The cluster of each pair; None where the dataset has none."""
    found = [pair.cluster for pair in pairs if pair.cluster is not None]
    return found or None


def _pair(row: Any, cluster: str | None) -> Pair:
    return Pair(row[0], row[1], row[2], row[3], cluster)


def select_pairs(a: Any, b: Any, metric: SharedMetric) -> Select[Any]:
    """What both arms scored: sample, content and both means, in an order that no query plan changes."""
    left, right = scored(a, metric.a.place), scored(b, metric.b.place)
    same = (left.c.sample_id == right.c.sample_id) & (left.c.digest == right.c.digest)
    columns = (left.c.sample_id, left.c.digest, left.c.score.label("score_a"), right.c.score.label("score_b"))
    return select(*columns).select_from(left.join(right, same)).order_by(left.c.sample_id)
