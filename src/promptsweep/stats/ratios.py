"""The ratio of two means that were measured on the same samples."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from promptsweep.stats.intervals import Interval, t_value
from promptsweep.stats.units import Units

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def ratio_interval(
    numerators: ArrayLike, denominators: ArrayLike, clusters: ArrayLike | None = None, level: float = 0.95
) -> Interval | None:
    """Mean of `numerators` over mean of `denominators` (none negative), and its interval; None at 0.

    Student's t on the logarithm with the standard error of the linearised ratio, SE(Σ(y − R·x)/n) / ȳ
    (Cochran 1977, "Sampling Techniques", section 6.4), clustered where `clusters` labels what belongs
    together. One unit says nothing of the spread: its interval is 0 to ∞.
    """
    import numpy as np

    over, under = np.asarray(numerators, np.float64), np.asarray(denominators, np.float64)
    if not over.size or not over.sum() or not under.sum():
        return None
    ratio = float(over.mean() / under.mean())
    units = Units.of(over - ratio * under, clusters)
    if len(units) < 2:
        return Interval(ratio, 0.0, math.inf, len(units))
    error = math.sqrt(max(0.0, units.variance) / len(units)) / float(over.mean())
    reach = math.exp(t_value(level, len(units) - 1) * error)
    return Interval(ratio, ratio / reach, ratio * reach, len(units))
