"""All arms over a dataset side by side, on the samples that every one of them has a score for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from promptsweep.errors import NotComparableError
from promptsweep.reports import schema
from promptsweep.reports.arms import StoredMetric
from promptsweep.reports.compare import check_metric
from promptsweep.reports.pairing import paired_scores, shared_metric
from promptsweep.reports.readings import AT_ONCE, Key, Reader, Scores
from promptsweep.reports.store import Store, loads
from promptsweep.stats import Paired

samples = schema.samples


@dataclass(frozen=True, slots=True)
class Lineup:
    """Two arms or more over one dataset, scored with the same metric."""

    dataset: str
    arms: Sequence[Any]
    """As stored, in the sweep's order."""
    metric: StoredMetric
    keys: Sequence[Key]
    """The samples that all arms have scores for."""
    scores: Sequence[Sequence[float]]
    """By arm, then by sample: means over repeats."""
    clusters: Sequence[str] | None
    """The cluster of each sample; None where the dataset has none."""

    def means(self) -> list[float]:
        """Each arm's mean score."""
        return [sum(row) / len(row) for row in self.scores]

    def paired(self, a: int, b: int) -> Paired:
        """The arm at place `b` against the one at place `a`."""
        return paired_scores(self.scores[a], self.scores[b], self.clusters, self.metric.kind)


def lineups(
    store: Store, run: str, metric: str | None = None, among: Collection[str] | None = None
) -> list[Lineup]:
    """The arms of a run by dataset, where two or more have scores of one metric for the same samples.

    `metric` defaults to the first arm's first that scores single samples; `among` are the labels of the arms
    that count, None for all. Raises ConfigError for an unknown run or metric and for an aggregate.
    """
    arms = [arm for arm in store.arms(store.find_run(run).id) if among is None or arm.label in among]
    check_metric(arms, metric, single=True)
    with store.engine.connect() as connection:
        tried = [
            _lineup(connection, [arm for arm in arms if arm.dataset == dataset], metric)
            for dataset in dict.fromkeys(arm.dataset for arm in arms)
        ]
    return [one for one in tried if one is not None]


def _lineup(connection: Connection, arms: Sequence[Any], name: str | None) -> Lineup | None:
    measured = list(_measured(connection, arms, name))
    if len(measured) < 2:
        return None
    common = set.intersection(*(set(values) for _, _, values in measured))
    if not common:
        return None
    keys, first = sorted(common), measured[0][0]
    return Lineup(
        dataset=first.dataset,
        arms=[arm for arm, _, _ in measured],
        metric=measured[0][1],
        keys=keys,
        scores=[[values[key] for key in keys] for _, _, values in measured],
        clusters=None if first.cluster is None else _clusters(connection, keys, first.cluster),
    )


def _measured(
    connection: Connection, arms: Sequence[Any], name: str | None
) -> Iterator[tuple[Any, StoredMetric, Scores]]:
    """The arms that have scores, with them; all of the metric of the first."""
    first: tuple[Any, str] | None = None
    for arm in arms:
        metric = shared_metric(first[0] if first else arm, arm, first[1] if first else name)
        if metric is None:
            continue
        values = Reader(connection, [(arm, metric.b.place)]).scores(arm, metric.b.place)
        if values:
            first = first or (arm, metric.a.name)
            yield arm, metric.b, values


def _clusters(connection: Connection, keys: Sequence[Key], field: str) -> list[str]:
    digests = [digest for _, digest in keys]
    found: dict[str, str] = {}
    for start in range(0, len(digests), AT_ONCE):
        wanted = samples.c.digest.in_(digests[start : start + AT_ONCE])
        for digest, fields in connection.execute(select(samples.c.digest, samples.c.fields).where(wanted)):
            found[digest] = str(loads(fields).get(field))
    return [found[digest] for digest in digests]


def some_lineups(store: Store, run: str, metric: str | None) -> list[Lineup]:
    """As `lineups`; NotComparableError where there is none."""
    found = lineups(store, run, metric)
    if not found:
        raise NotComparableError(f"run {store.find_run(run).id} has no two arms scored on the same samples")
    return found
