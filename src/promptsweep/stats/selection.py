"""Best of many, honestly: what the winner's score is worth, and who else might be the winner.

The best of k arms owes part of its lead to luck: ten equal arms that are right 80 % of the time show, on 100
samples, a best one about 5 points above 80 %. Two remedies: correct the score, and name the rivals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptsweep.stats.confidence_set import confidence_set_p_values
from promptsweep.stats.intervals import Bounds, within
from promptsweep.stats.means import mean_interval
from promptsweep.stats.resampled import Table

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from promptsweep.stats.units import Floats


@dataclass(frozen=True, slots=True)
class Best:
    """The best of several arms, and what its score is worth."""

    index: int
    """The arm with the highest mean score, counted from 0; of equals the first."""
    observed: float
    """Its mean score: too good by what luck gave it."""
    corrected: float
    """The mean score to expect, on new samples, of an arm picked in this way."""
    low: float
    """Ends of the interval of the picked arm's true mean."""
    high: float
    n: int
    """Independent samples (clusters, where samples are clustered)."""


def corrected_best(
    scores: ArrayLike,
    clusters: ArrayLike | None = None,
    seed: int = 0,
    *,
    level: float = 0.95,
    bounds: Bounds | None = (0.0, 1.0),
) -> Best:
    """The best of k arms by mean score (higher is better), corrected for having been picked.

    `scores` is k×n: a row for each arm, a column for each sample that all of them share. 2,000 times the
    samples (whole `clusters`, where given) are drawn with replacement, the arm that is best on those drawn is
    picked, and scored on the others. Each sample gets the mean of its scores over all draws without it (the
    leave-one-out bootstrap of Efron & Tibshirani 1997, "Improvements on cross-validation"); `corrected` is
    the mean of those. Only about 63 % of the samples choose, so where one arm is truly ahead it errs on the
    low side. The interval allows for both: it reaches as low as the picked arm's own (`mean_interval`) moved
    by the correction, and as high as that one unmoved. Coverage of the picked arm's true mean at 0.95,
    simulated for 2 to 10 arms, equal or not, and n = 30, 100, 400: 93 % to 100 %.

    Fewer than two units correct nothing: the observed score stands, with all that the bounds allow. Negate
    scores (and bounds) of which less is better. Raises ValueError for scores that are no table, not finite or
    outside `bounds`.
    """
    table = Table.of(scores, clusters)
    means = table.means
    index = int(means.argmax())
    own = mean_interval(table.scores[index], clusters, level, bounds)
    if table.count < 2 or len(means) == 1:
        return Best(index, own.value, own.value, own.low, own.high, own.n)
    other = mean_interval(_left_out(table, seed), clusters, level, bounds)
    low = min(own.low, own.low + other.value - own.value, other.low)
    interval = within(other.value, (low, max(own.high, other.high)), bounds, own.n)
    return Best(index, own.value, interval.value, interval.low, interval.high, own.n)


def indistinguishable(
    scores: ArrayLike, level: float = 0.95, clusters: ArrayLike | None = None, seed: int = 0
) -> frozenset[int]:
    """The arms, as row numbers of `scores` (k×n), that cannot be told apart from the best; never empty.

    The Model Confidence Set (`confidence_set_p_values`): it holds every arm that is truly best with a chance
    of about `level`. Long for few samples and close arms, down to one arm in clear cases.
    """
    p_values = confidence_set_p_values(scores, clusters, seed)
    return frozenset(index for index, p in enumerate(p_values) if p > 1 - level)


def _left_out(table: Table, seed: int) -> Floats:
    """For each sample, the mean of its scores by the arms that were picked without it."""
    import numpy as np

    arms = len(table.scores)
    picked = np.zeros((table.count, arms))
    for drawn, means in table.resamples(seed):
        picked += (drawn == 0).T @ np.eye(arms)[means.argmax(axis=1)]
    weights = picked[table.units].T
    return np.asarray((weights * table.scores).sum(axis=0) / weights.sum(axis=0), dtype=np.float64)
