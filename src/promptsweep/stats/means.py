"""Intervals of means, for scores of any kind."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from promptsweep.stats.intervals import Bounds, Interval, t_value, unknown, within, z_value
from promptsweep.stats.proportions import proportion_interval, wilson_limits
from promptsweep.stats.units import Units

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

ROUNDING = 1e-9
"""How far, in parts of their width, a score may lie outside its bounds by rounding alone."""


def mean_interval(
    values: ArrayLike,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
    bounds: Bounds | None = (0.0, 1.0),
) -> Interval:
    """The mean of scores and its interval, clipped to `bounds` (None: scores without limits).

    Student's t with the standard error √(Σu²/(n(n−1))), clustered where `clusters` labels the samples that
    belong together (Miller 2024), and C−1 degrees of freedom. Between bounds, t alone is dishonest: ten
    perfect scores would give zero width. So there each end is the farther of t's and Wilson's, the latter
    with the effective sample size C·(m(1−m) + a)/(V + a): m and V are mean and variance (divisor C) of the
    units on [0, 1], and a = z²/4C stands for z² unseen samples at the bounds. The price is width where
    scores are few and alike (1.5 times t for a standard deviation of 0.15 and n = 20), next to none for many.
    Coverage at 0.95, simulated: 93 to 100 %. Scores that are all at either bound, right or wrong, need no
    such caution: they get `proportion_interval`, of which the coverage is known exactly.

    One sample says nothing of its spread: the interval is then all of `bounds`, as for none.
    Raises ValueError for a score outside `bounds`.
    """
    units = Units.of(values, clusters)
    if not len(units):
        return unknown(math.nan, bounds, 0)
    check_bounds(values, bounds)
    variance = units.variance if len(units) > 1 else math.nan
    return _interval(units.mean, variance, len(units), level, bounds)


def mean_interval_from_sums(
    n: int,
    total: float,
    total_of_squares: float,
    level: float = 0.95,
    bounds: Bounds | None = (0.0, 1.0),
) -> Interval:
    """What `mean_interval` gives for n unclustered values, from Σs and Σs² alone (what SQL can stream)."""
    if not n:
        return unknown(math.nan, bounds, 0)
    check_bounds(total / n, bounds)
    variance = max(0.0, total_of_squares - total * total / n) / (n - 1) if n > 1 else math.nan
    return _interval(total / n, variance, n, level, bounds)


def student_limits(mean: float, variance: float, count: int, level: float) -> Bounds:
    """Ends of Student's interval of the mean of `count` ≥ 2 units with this variance per unit."""
    half = t_value(level, count - 1) * math.sqrt(variance / count)
    return mean - half, mean + half


def score_limits(mean: float, variance: float, count: int, level: float, bounds: Bounds) -> Bounds:
    """Ends of Wilson's interval with the effective sample size of `mean_interval`, between any bounds."""
    floor, width, z = bounds[0], bounds[1] - bounds[0], z_value(level)
    share = min(1.0, max(0.0, (mean - floor) / width))
    prior = z * z / (4 * count)
    spread = variance * (count - 1) / count / width**2
    effective = count * (share * (1 - share) + prior) / (spread + prior)
    low, high = wilson_limits(share, effective, z)
    return floor + width * low, floor + width * high


def farther(one: Bounds, other: Bounds) -> Bounds:
    """The limits that reach, at each end, as far as either pair."""
    return min(one[0], other[0]), max(one[1], other[1])


def check_bounds(values: ArrayLike, bounds: Bounds | None) -> None:
    """Raise ValueError for the first extreme value outside `bounds`."""
    import numpy as np

    if bounds is None:
        return
    slack = ROUNDING * (bounds[1] - bounds[0])
    for score in (np.min(values), np.max(values)):
        if not bounds[0] - slack <= score <= bounds[1] + slack:
            raise ValueError(f"score {score:g} lies outside the bounds {bounds[0]:g} to {bounds[1]:g}")


def _interval(mean: float, variance: float, count: int, level: float, bounds: Bounds | None) -> Interval:
    if count < 2:
        return unknown(mean, bounds, count)
    if bounds is None:
        return within(mean, student_limits(mean, variance, count, level), None, count)
    right = _all_or_nothing(mean, variance, count, bounds)
    if right is not None:
        found, width = proportion_interval(right, count, level), bounds[1] - bounds[0]
        limits = bounds[0] + width * found.low, bounds[0] + width * found.high
    else:
        limits = student_limits(mean, variance, count, level)
        limits = farther(limits, score_limits(mean, variance, count, level, bounds))
    return within(mean, limits, bounds, count)


def _all_or_nothing(mean: float, variance: float, count: int, bounds: Bounds) -> int | None:
    """How many units are at the upper bound, if all are at one of the two: no other scores vary as much."""
    width = bounds[1] - bounds[0]
    share = (mean - bounds[0]) / width
    right = round(share * count)
    spread = variance * (count - 1) / count / width**2
    apart = max(abs(share * (1 - share) - spread), abs(share - right / count))
    return right if apart <= ROUNDING else None
