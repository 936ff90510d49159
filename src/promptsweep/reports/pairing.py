"""Two arms side by side: the samples that both have scores for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, Select, Subquery, func, select

from promptsweep.errors import NotComparableError
from promptsweep.metrics import RANGES
from promptsweep.reports import schema
from promptsweep.reports.arms import StoredMetric, stored_metrics, within
from promptsweep.reports.opponents import Opponents
from promptsweep.reports.readings import AT_ONCE, Key, Reader, Wanted
from promptsweep.reports.store import loads
from promptsweep.stats import Paired, paired, paired_p
from promptsweep.stats.intervals import Bounds
from promptsweep.types import Sample

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from promptsweep.stats.units import Floats

records, samples, scores = schema.records, schema.samples, schema.scores


class Pair(NamedTuple):
    """A sample's scores in two arms, each the mean over repeats."""

    sample_id: str
    digest: str
    a: float
    b: float
    cluster: str | None
    """The value of the field that clusters the dataset; None where none does."""


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """The samples that two arms have scores for, side by side."""

    keys: Sequence[Key]
    a: Floats
    b: Floats
    clusters: Sequence[str] | None
    """The value of the field that clusters the dataset; None where none does."""
    n_a: int
    """Samples of A that have a score, shared or not."""
    n_b: int

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, place: int) -> Pair:
        cluster = None if self.clusters is None else self.clusters[place]
        return Pair(*self.keys[place], float(self.a[place]), float(self.b[place]), cluster)


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


class Duel(NamedTuple):
    """Two arms as stored, the baseline first, and the metric that they are compared by."""

    a: Any
    b: Any
    metric: SharedMetric


def duels_of(opponents: Opponents, name: str | None) -> list[Duel]:
    """The opponents that share a metric; see `shared_metric`, which raises."""
    found = ((a, b, shared_metric(a, b, name)) for a, b in opponents)
    return [Duel(a, b, metric) for a, b, metric in found if metric is not None]


def wanted_of(duels: Iterable[Duel]) -> list[Wanted]:
    """What comparing them reads, in order; what is computed over all answers together has no scores."""
    return [
        one
        for a, b, metric in duels
        if metric.a.kind != "aggregate"
        for one in ((a, metric.a.place), (b, metric.b.place))
    ]


def pairs_of(reader: Reader, duel: Duel) -> Pairs:
    """The samples with the same id and content that both arms have scores for, in the order of their ids."""
    import numpy as np

    a, b, metric = duel
    one, other = reader.scores(a, metric.a.place), reader.scores(b, metric.b.place)
    keys = [key for key in one if key in other]
    return Pairs(
        keys=keys,
        a=np.array([one[key] for key in keys]),
        b=np.array([other[key] for key in keys]),
        clusters=None if b.cluster is None else reader.clusters(keys, b.cluster),
        n_a=len(one),
        n_b=len(other),
    )


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


def scored(arm: Any, place: int) -> Subquery:
    """An arm's samples with their mean score over repeats: `sample_id`, `digest`, `score`."""
    joined = records.join(scores, scores.c.record == records.c.id)
    own = within(scores.c.record, [arm]) & (scores.c.metric == place)
    query = select(
        records.c.sample_id, records.c.sample.label("digest"), func.avg(scores.c.value).label("score")
    )
    return query.select_from(joined).where(own).group_by(records.c.sample_id, records.c.sample).subquery()


def paired_scores(a: ArrayLike, b: ArrayLike, clusters: Sequence[str] | None, kind: str) -> Paired:
    """What the scores of the same samples say; `kind` is the metric's. NotComparableError without any."""
    return paired(a, b, clusters, bounds=_bounds(a, b, kind))


def paired_chance(pairs: Pairs, kind: str) -> float:
    """The p of `paired_scores`, which is soon known."""
    return paired_p(pairs.a, pairs.b, pairs.clusters, bounds=_bounds(pairs.a, pairs.b, kind))


def _bounds(a: ArrayLike, b: ArrayLike, kind: str) -> Bounds | None:
    import numpy as np

    both = (np.asarray(scores, dtype=np.float64) for scores in (a, b))
    bounded = kind != "descriptive" and all(bool(((some >= 0) & (some <= 1)).all()) for some in both)
    return RANGES.get(kind, (0.0, 1.0) if bounded else None)


def _pair(row: Any, cluster: str | None) -> Pair:
    return Pair(row[0], row[1], row[2], row[3], cluster)


def select_pairs(a: Any, b: Any, metric: SharedMetric) -> Select[Any]:
    """What both arms scored: sample, content and both means, in an order that no query plan changes."""
    left, right = scored(a, metric.a.place), scored(b, metric.b.place)
    same = (left.c.sample_id == right.c.sample_id) & (left.c.digest == right.c.digest)
    columns = (left.c.sample_id, left.c.digest, left.c.score.label("score_a"), right.c.score.label("score_b"))
    return select(*columns).select_from(left.join(right, same)).order_by(left.c.sample_id)
