"""Comparisons slice by slice: where an arm is better, and on how many samples that rests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from promptsweep.errors import NotComparableError
from promptsweep.metrics import RANGES
from promptsweep.reports import slices
from promptsweep.reports.compare import check_metric, finite, paired_json, verdict_of
from promptsweep.reports.opponents import Opponents
from promptsweep.reports.pairing import Pair, paired_scores, pairs_with_samples, shared_metric
from promptsweep.reports.store import Store
from promptsweep.stats import Interval, Paired, holm, mean_interval, proportion_interval
from promptsweep.types import JSON

MOST = 20
"""Slices shown of a comparison: the largest."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Two arms on the samples of one slice that both have scores for."""

    value: str
    """The field's value, the label, or the range of lengths."""
    samples: int
    score_a: Interval
    score_b: Interval
    paired: Paired
    p_adjusted: float
    """Holm's, over all slices of all arms that are shown."""
    verdict: str

    @property
    def few(self) -> bool:
        """Whether fewer than 20 independent samples are behind it: its figures say little."""
        return self.paired.n < slices.FEW


@dataclass(frozen=True, slots=True)
class Sliced:
    """Arm B against arm A, slice by slice."""

    a: str
    b: str
    dataset: str
    metric: str
    higher_is_better: bool | None
    by: str
    """What the slices are of: a field, `label`, `length` or `evidence_position`."""
    slices: tuple[Slice, ...]
    """The largest, sorted by value as people count."""
    left: int
    """Further values that are not shown."""
    left_samples: int
    """Samples that have these."""


def compare_slices(store: Store, opponents: Opponents, by: str, metric: str | None = None) -> list[Sliced]:
    """Each pair of arms, slice by slice; at most the 20 largest slices of a pair.

    Datasets without the field are left out.

    `metric` defaults to the first that scores single samples. Raises ConfigError for a metric that no arm
    has, an aggregate, or a slicing that no sample has; NotComparableError where no pair shares a sample.
    """
    check_metric([arm for pair in opponents for arm in pair], metric, single=True)
    fields: set[str] = set()
    with store.engine.connect() as connection:
        tried = [_compare_pair(connection, a, b, by, metric, fields) for a, b in opponents]
    found = [one for one in tried if one is not None]
    if not found:
        slices.check_slice(by, fields)
        raise NotComparableError("no two arms have scores of the same metric for the same samples")
    return _adjusted(found)


def slices_json(found: Iterable[Sliced]) -> list[dict[str, JSON]]:
    """The documented form in `compare --slice FIELD --json`: a row for each slice of each pair of arms."""
    return [
        {"a": pair.a, "b": pair.b, "dataset": pair.dataset, "metric": pair.metric, "by": pair.by}
        | {"value": one.value, "samples": one.samples, "few": one.few}
        | _score_json("a", one.score_a)
        | _score_json("b", one.score_b)
        | paired_json(one.paired, one.p_adjusted)
        | {"verdict": one.verdict}
        for pair in found
        for one in pair.slices
    ]


def _score_json(arm: str, score: Interval) -> dict[str, JSON]:
    return {
        f"score_{arm}": score.value,
        f"score_{arm}_low": finite(score.low),
        f"score_{arm}_high": finite(score.high),
    }


def _compare_pair(
    connection: Connection, a: Any, b: Any, by: str, name: str | None, fields: set[str]
) -> Sliced | None:
    """Not yet adjusted; None where there is nothing to slice. `fields` collects the fields of all samples."""
    metric = shared_metric(a, b, name)
    if metric is None:
        return None
    groups: dict[str, list[Pair]] = {}
    own: set[str] = set()
    for pair, sample in pairs_with_samples(connection, a, b, metric):
        own.update(sample.fields)
        groups.setdefault(slices.slice_of(sample, by), []).append(pair)
    fields |= own
    if not groups or by not in slices.slicings_of(own):
        return None
    largest = sorted(groups, key=lambda value: (-len(groups[value]), slices.natural(value)))
    shown, left = sorted(largest[:MOST], key=slices.natural), largest[MOST:]
    return Sliced(
        a=a.label,
        b=b.label,
        dataset=b.dataset,
        metric=metric.a.name,
        higher_is_better=metric.a.higher_is_better,
        by=by,
        slices=tuple(_slice(value, groups[value], metric.a.kind) for value in shown),
        left=len(left),
        left_samples=sum(len(groups[value]) for value in left),
    )


def _slice(value: str, pairs: Sequence[Pair], kind: str) -> Slice:
    a, b = [pair.a for pair in pairs], [pair.b for pair in pairs]
    clusters = [pair.cluster for pair in pairs if pair.cluster is not None] or None
    found = paired_scores(a, b, clusters, kind)
    score_a, score_b = (_interval(scores, clusters, kind) for scores in (a, b))
    return Slice(value, len(pairs), score_a, score_b, found, found.p, "")


def _interval(scores: Sequence[float], clusters: Sequence[str] | None, kind: str) -> Interval:
    """As on the leaderboard."""
    if clusters is None and all(score in {0, 1} for score in scores) and kind == "binary":
        return proportion_interval(sum(scores), len(scores))
    bounded = kind != "descriptive" and all(0 <= score <= 1 for score in scores)
    return mean_interval(scores, clusters, bounds=RANGES.get(kind, (0.0, 1.0) if bounded else None))


def _adjusted(found: Sequence[Sliced]) -> list[Sliced]:
    """With p-values adjusted over all slices, and the verdicts that follow."""
    adjusted = iter(holm([one.paired.p for pair in found for one in pair.slices]))
    return [
        replace(
            pair, slices=tuple(_judged(one, next(adjusted), pair.higher_is_better) for one in pair.slices)
        )
        for pair in found
    ]


def _judged(one: Slice, p: float, higher_is_better: bool | None) -> Slice:
    return replace(one, p_adjusted=p, verdict=verdict_of(one.paired, p, higher_is_better))
