"""The best arm of a run, honestly: its score corrected for having been picked, and who may be as good."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass

from promptsweep.reports.compare import finite
from promptsweep.reports.lineup import Lineup, lineups
from promptsweep.reports.store import Store
from promptsweep.stats.selection import corrected_best, indistinguishable
from promptsweep.types import JSON

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class BestArm:
    """The arm with the best score over a dataset, on the samples that all its arms have scores for."""

    dataset: str
    metric: str
    arm: str
    """Its label; of several with the same score the first."""
    arms: int
    """How many it was picked from, itself included."""
    n: int
    """Samples that all of them have scores for."""
    observed: float
    """Its mean score: too good by what picking the best of several adds."""
    corrected: float
    """What the pick is worth on other samples: picked in bootstrap draws, scored on those not drawn."""
    low: float
    """Ends of the 95 % interval of `corrected`."""
    high: float
    equals: tuple[str, ...]
    """Labels of the other arms that cannot be told apart from the best (95 %), in the sweep's order."""


def best_arms(
    store: Store, run: str, metric: str | None = None, among: Collection[str] | None = None
) -> list[BestArm]:
    """The best arm over each dataset with two arms or more; none by a metric that is neither good nor bad.

    `metric` defaults to the first that scores single samples; `among` are the labels of the arms to pick
    from, None for all. Raises ConfigError for an unknown run or metric and for an aggregate.
    """
    found = lineups(store, run, metric, among)
    return [_best(one) for one in found if one.metric.higher_is_better is not None and len(one.keys) > 1]


def best_json(found: Iterable[BestArm]) -> list[dict[str, JSON]]:
    """The documented form in `compare --json`; limits that are not finite are null."""
    return [
        asdict(one) | {"low": finite(one.low), "high": finite(one.high), "equals": list(one.equals)}
        for one in found
    ]


def _best(lineup: Lineup) -> BestArm:
    import numpy as np

    sign = 1 if lineup.metric.higher_is_better else -1
    merits = sign * np.asarray(lineup.scores, dtype=np.float64)
    bounded = (sign * merits).min() >= 0 and (sign * merits).max() <= 1
    bounds = (min(0.0, sign), max(0.0, sign)) if bounded else None
    found = corrected_best(merits, lineup.clusters, level=LEVEL, bounds=bounds)
    labels = [arm.label for arm in lineup.arms]
    equals = indistinguishable(merits, LEVEL, lineup.clusters) - {found.index}
    low, high = sorted((sign * found.low, sign * found.high))
    return BestArm(
        dataset=lineup.dataset,
        metric=lineup.metric.name,
        arm=labels[found.index],
        arms=len(labels),
        n=len(lineup.keys),
        observed=sign * found.observed,
        corrected=sign * found.corrected,
        low=low,
        high=high,
        equals=tuple(labels[place] for place in sorted(equals)),
    )
