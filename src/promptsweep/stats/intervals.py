"""What an interval is: an estimate, its ends, and what it rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TypeAlias

Bounds: TypeAlias = tuple[float, float]
"""The lowest and the highest value a quantity can take."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and the range that plausibly holds the truth."""

    value: float
    """nan when there is nothing to estimate from."""
    low: float
    high: float
    n: int
    """Number of independent samples behind it (clusters, where samples are clustered)."""


def z_value(level: float) -> float:
    """The normal quantile that leaves (1 − level)/2 above it: 1.96 for 0.95."""
    return NormalDist().inv_cdf((1 + level) / 2)


def t_value(level: float, freedom: int) -> float:
    """Student's quantile that leaves (1 − level)/2 above it."""
    from scipy import special

    return float(special.stdtrit(freedom, (1 + level) / 2))


def unknown(value: float, bounds: Bounds | None, n: int) -> Interval:
    """The interval of too few samples to say anything: all that the bounds allow."""
    low, high = bounds or (-math.inf, math.inf)
    return Interval(value, low, high, n)


def within(value: float, limits: Bounds, bounds: Bounds | None, n: int) -> Interval:
    """The interval between `limits`, clipped to the bounds and never, by rounding, beside the value."""
    floor, ceiling = bounds or (-math.inf, math.inf)
    return Interval(value, min(value, max(floor, limits[0])), max(value, min(ceiling, limits[1])), n)
