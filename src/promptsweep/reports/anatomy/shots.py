"""Few-shot: what more examples, another way to choose them and another order do to the score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from promptsweep.prompts.strategies import SHOT_PARAMS
from promptsweep.reports.anatomy.reading import judged_by, sample_means
from promptsweep.reports.arms import StoredMetric
from promptsweep.reports.store import Store, loads
from promptsweep.stats import Interval, mean_interval
from promptsweep.types import JSON

STRATEGY = "few_shot"


@dataclass(frozen=True, slots=True)
class Seed:
    """One arm: a draw of examples, in an order."""

    arm: str
    shot_seed: int
    order: int
    value: float


@dataclass(frozen=True, slots=True)
class Point:
    """All arms with as many examples by the same selector."""

    k: int
    select: str
    value: Interval
    """Mean over samples, each averaged over the seeds first."""
    seeds: tuple[Seed, ...]

    @property
    def spread(self) -> float | None:
        """The best seed's mean less the worst's; None for one seed alone."""
        values = [seed.value for seed in self.seeds]
        return max(values) - min(values) if len(values) > 1 else None


@dataclass(frozen=True, slots=True)
class Series:
    """The few-shot arms that differ in their examples alone."""

    name: str
    """Model and dataset; the system message and sampling parameters where they vary."""
    dataset: str
    metric: str
    points: tuple[Point, ...]
    """By selector in the sweep's order, then by k."""


def few_shot(store: Store, run: str) -> list[Series]:
    """The few-shot arms of a run by model, dataset and settings; arms without a score are left out."""
    arms = [arm for arm in store.arms(store.find_run(run).id) if arm.strategy == STRATEGY]
    groups: dict[tuple[Any, ...], list[Any]] = {}
    for arm in arms:
        if judged_by(arm) is not None:
            groups.setdefault((arm.model, arm.dataset, arm.split, arm.system, arm.params), []).append(arm)
    with store.engine.connect() as connection:
        found = [_series(connection, own, _name(own[0], arms)) for own in groups.values()]
    return [one for one in found if one.points]


def _name(arm: Any, arms: Sequence[Any]) -> str:
    parts = [arm.model, arm.dataset]
    parts += [arm.system or "–"] if len({one.system for one in arms}) > 1 else []
    own, every = loads(arm.params), [loads(one.params) for one in arms]
    parts += [
        f"{name}={value}" for name, value in own.items() if any(one.get(name) != value for one in every)
    ]
    return " · ".join(parts)


def _series(connection: Connection, arms: Sequence[Any], name: str) -> Series:
    metric = judged_by(arms[0])
    assert metric is not None
    groups: dict[tuple[str, int], list[Any]] = {}
    for arm in arms:
        groups.setdefault((str(_param(arm, "select")), int(_param(arm, "k"))), []).append(arm)
    order = list(dict.fromkeys(select for select, _ in groups))
    points = [
        _point(connection, key, groups[key], metric)
        for key in sorted(groups, key=lambda key: (order.index(key[0]), key[1]))
    ]
    return Series(name, arms[0].dataset, metric.name, tuple(point for point in points if point is not None))


def _point(
    connection: Connection, key: tuple[str, int], arms: Sequence[Any], metric: StoredMetric
) -> Point | None:
    seeds = []
    for arm in arms:
        values, _ = sample_means(connection, [arm], metric)
        if values:
            mean = sum(values) / len(values)
            seeds.append(Seed(arm.label, _param(arm, "shot_seed"), _param(arm, "order"), mean))
    values, clusters = sample_means(connection, arms, metric)
    if not values:
        return None
    bounds = (0.0, 1.0) if all(0 <= value <= 1 for value in values) else None
    return Point(key[1], key[0], mean_interval(values, clusters, bounds=bounds), tuple(seeds))


def _param(arm: Any, name: str) -> JSON:
    return loads(arm.strategy_params).get(name, SHOT_PARAMS[name])
