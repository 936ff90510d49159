"""Intervals of quantiles, such as the median or the 95th percentile of waiting times: no law assumed."""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import TYPE_CHECKING

from promptsweep.stats.intervals import Interval

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

ROUNDING = 1e-9
"""0.55 · 100 is 55, whatever the floats say."""


def nearest_rank(n: int, share: float) -> int:
    """Which of n ≥ 1 values in rising order, counted from 1, is the quantile: ⌈share·n⌉, at least 1.

    The smallest value that at least this share of the values does not exceed (0 < share < 1).
    """
    return max(1, math.ceil(share * n - ROUNDING))


def quantile_ranks(n: int, share: float, level: float = 0.95) -> tuple[int | None, int | None]:
    """The ranks, counted from 1, of the two values that hold the true quantile; None where n is too small.

    How many of n values fall below the true quantile is binomial, Bin(n, share). The lower rank is the
    greatest r with P(Bin < r) ≤ (1 − level)/2, the upper the smallest s with P(Bin ≥ s) ≤ (1 − level)/2
    (David & Nagaraja 2003, "Order statistics", section 7.1). Coverage is at least `level` whatever the
    distribution. An end exists from n = ln((1−level)/2)/ln(share) values on (upper; lower: 1 − share):
    at 0.95 both ends of a median from 6, the upper end of a 95th percentile from 72, of a 99th from 368.
    """
    from scipy import special

    tail = (1 - level) / 2
    low = bisect_left(range(n + 1), True, key=lambda rank: bool(special.bdtr(rank, n, share) > tail))
    high = 1 + bisect_left(range(n), True, key=lambda rank: bool(special.bdtrc(rank, n, share) <= tail))
    return (low if low >= 1 else None), (high if high <= n else None)


def quantile_interval(values: ArrayLike, share: float, level: float = 0.95) -> Interval:
    """The quantile of independent values and an interval that rests on their order alone.

    `share` is 0.5 for the median and 0.95 for the 95th percentile. The value is the nearest rank's. An end
    that so few values cannot bound is infinite (see `quantile_ranks`); without values the value is nan.
    Raises ValueError for a share outside (0, 1) and for values that are not finite.
    """
    import numpy as np

    if not 0 < share < 1:
        raise ValueError(f"the share of a quantile lies between 0 and 1, not at {share:g}")
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    if not np.isfinite(ordered).all():
        raise ValueError("values of a quantile must be finite numbers")
    n = len(ordered)
    if not n:
        return Interval(math.nan, -math.inf, math.inf, 0)
    low, high = quantile_ranks(n, share, level)
    return Interval(
        float(ordered[nearest_rank(n, share) - 1]),
        -math.inf if low is None else float(ordered[low - 1]),
        math.inf if high is None else float(ordered[high - 1]),
        n,
    )
