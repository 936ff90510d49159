"""The bootstrap of a mean, over independent units."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from promptsweep.stats.intervals import Bounds, t_value

if TYPE_CHECKING:
    from promptsweep.stats.units import Floats, Units

RESAMPLES = 9_999
CHUNK = 2**20
"""Random numbers held in memory at a time."""


def bca(units: Units, level: float, seed: int) -> Bounds:
    """Ends of the bias-corrected, accelerated bootstrap interval of the mean (needs two units or more).

    Efron (1987), "Better bootstrap confidence intervals", with the acceleration of the mean in closed form.
    The normal quantile z is expanded to √(C/(C−1))·t, as Hesterberg (2015), "What teachers should know about
    the bootstrap", does for percentiles: plain BCa is too narrow for few units.
    """
    count = len(units)
    reach = t_value(level, count - 1) * math.sqrt(count / (count - 1))
    return bca_limits(units, _resampled_means(units, seed), reach)


def bca_limits(units: Units, means: Floats, reach: float) -> Bounds:
    """Ends of the BCa interval from the bootstrap's means, `reach` normal deviations to either side."""
    import numpy as np
    from scipy import special

    residuals = units.residuals
    largest = np.abs(residuals).max()
    if not largest:
        return units.mean, units.mean
    dust = 1e-12 * np.abs(units.totals).max()
    below, above = (means < units.mean - dust).mean(), (means > units.mean + dust).mean()
    bias = special.ndtri((1 + below - above) / 2)
    scaled = residuals / largest
    acceleration = (scaled**3).sum() / (6 * (scaled**2).sum() ** 1.5)
    ranks = [special.ndtr(_corrected(bias, acceleration, side * reach)) for side in (-1, 1)]
    low, high = np.quantile(means, ranks)
    return float(low), float(high)


def _corrected(bias: float, acceleration: float, z: float) -> float:
    shifted = bias + z
    scale = 1 - acceleration * shifted
    return bias + shifted / scale if scale > 0 else math.copysign(math.inf, shifted)


def _resampled_means(units: Units, seed: int) -> Floats:
    """Means of resamples of as many units, drawn with replacement, in chunks so that memory stays flat."""
    import numpy as np

    random, count = np.random.default_rng(seed), len(units)
    rows, alone = max(1, CHUNK // count), bool((units.sizes == 1).all())
    means = []
    for start in range(0, RESAMPLES, rows):
        drawn = random.integers(0, count, (min(rows, RESAMPLES - start), count), dtype=np.int32)
        sizes = count if alone else units.sizes[drawn].sum(axis=1)
        means.append(units.totals[drawn].sum(axis=1) / sizes)
    return np.concatenate(means)
