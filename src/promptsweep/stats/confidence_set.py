"""The Model Confidence Set: which of many arms may be the best."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsweep.stats.resampled import Table

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from promptsweep.stats.units import Floats

FEW = 10
"""With fewer units than this a bootstrap sees too little to rule any arm out."""
DUST = 1e-12
"""A difference or spread this small is rounding."""


def confidence_set_p_values(
    scores: ArrayLike, clusters: ArrayLike | None = None, seed: int = 0
) -> list[float]:
    """For each arm the p-value of the Model Confidence Set: it is in the set of level 1 − α if p > α.

    `scores` is k×n, a row for each arm and higher is better; whole `clusters` are drawn, where given. The arm
    with the highest mean has 1, and with fewer than 10 units every arm has.
    """
    import numpy as np

    table = Table.of(scores, clusters)
    if table.count < FEW:
        return [1.0] * len(table.scores)
    resampled = np.concatenate([means for _, means in table.resamples(seed)])
    return eliminate(table.means, resampled)


def eliminate(means: Floats, resampled: Floats) -> list[float]:
    """P-values of the Model Confidence Set from the arms' k means and their b×k bootstrap means.

    Hansen, Lunde & Nason (2011), "The model confidence set", Econometrica 79(2), with the statistic T_max.
    While more than one arm is left: t_i = (s̄ − s̄_i)/SE* for each, with s̄ the mean over those left and SE* the
    bootstrap's; p is the share of resamples whose greatest t, centred, exceeds the greatest observed. That
    arm leaves with the greatest p so far. An arm without spread is no worse at t = 0, else endlessly so.
    """
    errors = resampled - means
    left, p, found = list(range(len(means))), 0.0, [1.0] * len(means)
    while len(left) > 1:
        lag, noise = means[left].mean() - means[left], errors[:, left]
        noise = noise.mean(axis=1, keepdims=True) - noise
        spread = (noise**2).mean(axis=0) ** 0.5
        t = _ratio(lag, spread)
        worst = t == t.max()
        if worst.all():
            break
        p = max(p, float((_ratio(noise, spread).max(axis=1) > t.max()).mean()))
        for arm in [arm for arm, out in zip(left, worst, strict=True) if out]:
            found[arm] = p
            left.remove(arm)
    return found


def _ratio(lag: Floats, spread: Floats) -> Floats:
    import numpy as np

    flat = np.where(np.abs(lag) <= DUST, 0.0, np.copysign(np.inf, lag))
    return np.where(spread > DUST, lag / np.where(spread > DUST, spread, 1.0), flat)
