"""Two arms on the same samples: how far apart they are, and whether that can be luck."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from promptsweep.errors import NotComparableError
from promptsweep.stats import power
from promptsweep.stats.bootstrap import bca
from promptsweep.stats.intervals import Bounds, Interval, unknown, within
from promptsweep.stats.means import check_bounds, farther, score_limits, student_limits
from promptsweep.stats.proportions import newcombe
from promptsweep.stats.significance import mcnemar, sign_flip
from promptsweep.stats.units import Units

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from promptsweep.stats.units import Floats

FEW = 10
"""With fewer differing units than this, a bootstrap has seen too little of what could happen."""
MANY = 10_000
"""With more units than this, the bootstrap agrees with Student's interval and only costs time."""
ROUNDING = 1e-12
"""A difference this small, in units of the score, is none."""


@dataclass(frozen=True, slots=True)
class Paired:
    """Arm B against arm A on the same samples."""

    difference: float
    """Mean score of B minus mean score of A: above 0, B is better."""
    low: float
    high: float
    p: float
    """Two-sided, in (0, 1]: how often luck alone sets two equal arms this far apart."""
    method: str
    """The test and the interval, by name."""
    n: int
    """Independent samples (clusters, where samples are clustered)."""
    only_a: int
    """Samples on which A scores higher."""
    only_b: int
    """Samples on which B scores higher."""
    correlation: float | None
    """Pearson's, between the scores of A and B; None when either arm scores every sample alike."""
    minimum_detectable: float | None
    """Smallest difference that so many samples detect (80 % power, level 0.05); None if none differ."""
    needed: int | None
    """Independent samples that would settle the observed difference (same power); None if it is 0."""


class _Finding(NamedTuple):
    interval: Interval
    p: float
    method: str
    minimum_detectable: float | None
    needed: int | None


def paired(
    a: ArrayLike,
    b: ArrayLike,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
    seed: int = 0,
    *,
    bounds: Bounds | None = (0.0, 1.0),
) -> Paired:
    """Compare the scores `b` with the scores `a` of the same samples, in the same order.

    Right-or-wrong scores (all 0 or 1, unclustered): exact McNemar test and Newcombe's method 10. Other
    scores: sign-flip permutation test, and an interval that reaches, at each end, as far as the BCa bootstrap
    or Student's t does (t alone beyond 10,000 units); where fewer than 10 units differ at all, as far as the
    score interval of `mean_interval` does too. Coverage at 0.95, simulated: 93 % or more for n = 20, 100,
    1,000; 91 % for 20 differences with a long tail (log-normal). `clusters` labels samples that belong
    together: they are resampled and flipped as one. `bounds` limit a single score; None: nothing does.

    Raises NotComparableError without samples, ValueError for scores that are not pairs, not finite or
    outside `bounds`.
    """
    one, other = _scores(a, b, bounds)
    if _is_binary(one, other, clusters, bounds):
        finding = _compare_binary(one, other, level)
    else:
        finding = _compare_graded(Units.of(other - one, clusters), level, seed, bounds)
    return Paired(
        difference=finding.interval.value,
        low=finding.interval.low,
        high=finding.interval.high,
        p=finding.p,
        method=finding.method,
        n=finding.interval.n,
        only_a=int((one > other).sum()),
        only_b=int((other > one).sum()),
        correlation=_correlation(one, other),
        minimum_detectable=finding.minimum_detectable,
        needed=finding.needed,
    )


def paired_p(
    a: ArrayLike,
    b: ArrayLike,
    clusters: ArrayLike | None = None,
    seed: int = 0,
    *,
    bounds: Bounds | None = (0.0, 1.0),
) -> float:
    """The p of `paired`, and nothing that takes a bootstrap. Raises like it."""
    one, other = _scores(a, b, bounds)
    if _is_binary(one, other, clusters, bounds):
        return mcnemar(int((one > other).sum()), int((other > one).sum()))
    return sign_flip(Units.of(other - one, clusters).totals, seed=seed)


def _is_binary(a: Floats, b: Floats, clusters: ArrayLike | None, bounds: Bounds | None) -> bool:
    return clusters is None and bounds == (0, 1) and _all_right_or_wrong(a, b)


def _scores(a: ArrayLike, b: ArrayLike, bounds: Bounds | None) -> tuple[Floats, Floats]:
    import numpy as np

    one, other = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if one.shape != other.shape:
        raise ValueError(f"{one.size} scores of A cannot be paired with {other.size} of B")
    if not one.size:
        raise NotComparableError("the two arms share no scored sample")
    check_bounds([one, other], bounds)
    return one, other


def _all_right_or_wrong(*arms: Floats) -> bool:
    return all(bool(((scores == 0) | (scores == 1)).all()) for scores in arms)


def _compare_binary(a: Floats, b: Floats, level: float) -> _Finding:
    only_a, only_b, both = int((a > b).sum()), int((b > a).sum()), int((a * b).sum())
    interval = newcombe(both, only_a, only_b, len(a) - both - only_a - only_b, level)
    discordant = (only_a + only_b) / len(a)
    return _Finding(
        interval,
        mcnemar(only_a, only_b),
        "exact McNemar test, Newcombe interval",
        power.minimum_detectable_binary(len(a), discordant) if discordant else None,
        power.sample_size_binary(interval.value, discordant) if only_a != only_b else None,
    )


def _compare_graded(units: Units, level: float, seed: int, bounds: Bounds | None) -> _Finding:
    variance = units.variance if len(units) > 1 else 0.0
    interval, name = _graded_interval(units, level, seed, bounds)
    return _Finding(
        interval,
        sign_flip(units.totals, seed=seed),
        f"sign-flip permutation test, {name} interval",
        power.minimum_detectable(len(units), variance) if variance > ROUNDING**2 else None,
        power.sample_size(units.mean, variance) if abs(units.mean) > ROUNDING and len(units) > 1 else None,
    )


def _graded_interval(units: Units, level: float, seed: int, bounds: Bounds | None) -> tuple[Interval, str]:
    span = None if bounds is None else (bounds[0] - bounds[1], bounds[1] - bounds[0])
    count, mean = len(units), units.mean
    if count < 2:
        return unknown(mean, span, count), "no"
    limits, names = student_limits(mean, units.variance, count, level), ["Student"]
    if count <= MANY:
        limits, names = farther(limits, bca(units, level, seed)), ["BCa bootstrap"]
    if span is not None and (units.totals != 0).sum() < FEW:
        limits = farther(limits, score_limits(mean, units.variance, count, level, span))
        names.append("score")
    return within(mean, limits, span, count), " and ".join(names)


def _correlation(a: Floats, b: Floats) -> float | None:
    import numpy as np

    if min(np.ptp(a), np.ptp(b)) <= ROUNDING:
        return None
    return float(np.corrcoef(a, b)[0, 1])
