"""A score against what it takes: each arm a point, and the arms that nothing beats on both counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from promptsweep.reports.efficiency import Axis, pareto_set
from promptsweep.reports.summary import ArmSummary
from promptsweep.reports.usage import Usage
from promptsweep.stats import Interval

EACH = 1_000
"""Costs are told for so many samples: those of one are too small to read."""


@dataclass(frozen=True, slots=True)
class Tradeoff:
    """One arm."""

    arm: str
    """The arm's label, unique in its run."""
    score: Interval
    spent: Interval
    """Of which less is better; both ends are the value where nothing is estimated."""
    pareto: bool
    """Whether no other arm scores as much for less, or more for as little."""


def tradeoffs(
    arms: Sequence[ArmSummary],
    metric: str,
    spent: Mapping[str, Interval],
    higher_is_better: bool | None,
) -> list[Tradeoff]:
    """The arms that have a score and something spent, the least spent first.

    `spent` is by label. For a metric that is neither good nor bad (None) no arm is in the Pareto set.
    """
    found = [(arm.arm, arm.metrics[metric]) for arm in arms if metric in arm.metrics and arm.arm in spent]
    costs = [spent[name].value for name, _ in found]
    sign = -1 if higher_is_better is False else 1
    best = pareto_set(costs, [sign * score.value for _, score in found])
    points = [
        Tradeoff(name, score, spent[name], higher_is_better is not None and pareto)
        for (name, score), pareto in zip(found, best, strict=True)
    ]
    return sorted(points, key=lambda point: point.spent.value)


def cost_axis(used: Sequence[Usage]) -> Axis:
    """Dollars; tokens where a price is unknown, or where all is free."""
    known = all(one.usd is not None for one in used)
    return "usd" if known and any(one.usd for one in used) else "tokens"


def costs_of(used: Sequence[Usage], axis: Axis) -> dict[str, Interval]:
    """Label → what `EACH` samples cost, as it was."""
    found = {}
    for one in used:
        cost = EACH * (one.tokens if axis == "tokens" else one.usd or 0.0)
        found[one.arm] = Interval(cost, cost, cost, one.answers)
    return found
