"""About how many samples would settle a verdict that is still open, if they are like those there are."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from typing import TYPE_CHECKING

from promptsweep.stats import Betting, sample_size
from promptsweep.stats.comparison import FEW
from promptsweep.stats.intervals import Bounds, Interval
from promptsweep.stats.means import farther, score_limits, student_limits
from promptsweep.stats.proportions import newcombe
from promptsweep.stats.units import Units

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from promptsweep.stats.units import Floats

MOST = 1_000_000
"""Where even so many samples would not settle it, nobody can tell how many would."""
MOST_BETS = 20_000
"""The same for a test that may be looked at any time, which is tried out."""

Limits = Callable[[int], Bounds]
"""Number of samples → the interval that results like these would have with so many."""


def mean_needed(
    units: Units, at: float, bounds: Bounds | None, alpha: float = 0.05, *, differences: bool = False
) -> int | None:
    """Independent samples that would put the interval of the mean to one side of `at`.

    As many as the interval needs if the mean stays as it is, and no fewer than find the distance to `at` with
    a power of 80 %. None where the mean is `at` itself or a single unit is all there is. `differences`: the
    interval is that of `stats.paired`, else that of `stats.mean_interval`.
    """
    mean, count = units.mean, len(units)
    if count < 2:
        return None
    variance = units.variance

    def limits(n: int) -> Bounds:
        found = student_limits(mean, variance, n, 1 - alpha)
        if bounds is None or (differences and not _is_few(units, n)):
            return found
        return farther(found, score_limits(mean, variance, n, 1 - alpha, bounds))

    return _settled(limits, mean, at, count, variance, alpha)


def binary_needed(table: tuple[int, int, int, int], margin: float, alpha: float) -> int | None:
    """Samples that would put the difference of two right-or-wrong arms to one side of `margin`.

    `table` counts the samples that both, only the first, only the second and neither got right.
    """
    total = sum(table)
    difference = (table[2] - table[1]) / total
    variance = (table[1] + table[2]) / total - difference**2

    def limits(n: int) -> Bounds:
        both, only_a, only_b = (round(count * n / total) for count in table[:3])
        found = newcombe(both, only_a, only_b, max(0, n - both - only_a - only_b), 1 - alpha)
        return found.low, found.high

    return _settled(limits, difference, margin, total, variance, alpha)


def scaled_needed(interval: Interval, at: float) -> int | None:
    """The same for any interval whose width shrinks with the square root of the number of samples."""
    distance = abs(interval.value - at)
    width = interval.value - interval.low if interval.value > at else interval.high - interval.value
    if not distance or not math.isfinite(width / distance):
        return None
    needed = math.ceil(interval.n * (width / distance) ** 2)
    return max(needed, interval.n + 1) if needed <= MOST else None


def betting_needed(differences: ArrayLike, at: float, alpha: float, seed: int = 0) -> int | None:
    """The same for the anytime test: tried out on samples drawn from those there are."""
    import numpy as np

    given = np.asarray(differences, dtype=np.float64)
    if not len(given) or not -1 < at < 1:
        return None
    drawn = np.random.default_rng(seed).choice(given, MOST_BETS)
    betting, size = Betting(alpha, [-1.0, at, 1.0]), max(20, len(given))
    while betting.n < MOST_BETS:
        betting.add(drawn[betting.n : betting.n + max(1, size // 10)])
        if betting.interval.low >= at or betting.interval.high <= at:
            return max(betting.n, len(given) + 1)
        size = max(size, betting.n)
    return None


def _is_few(units: Units, n: int) -> bool:
    """Whether so few of n units would differ from 0 that the score interval counts, as in `stats.paired`."""
    differing: Floats = units.totals[units.totals != 0]
    return len(differing) / len(units) * n < FEW


def _settled(limits: Limits, value: float, at: float, now: int, variance: float, alpha: float) -> int | None:
    if abs(value - at) < 1e-12:
        return None

    def outside(n: int) -> bool:
        low, high = limits(n)
        return not low <= at <= high

    if not outside(MOST):
        return None
    shown = now + 1 + bisect_left(range(now + 1, MOST), True, key=outside)
    powered = sample_size(value - at, variance, alpha=alpha) if variance > 0 else 0
    return max(shown, powered) if powered <= MOST else None
