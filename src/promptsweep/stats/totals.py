"""From a part to the whole: the sum of all, when some are known."""

from __future__ import annotations

import math
from collections.abc import Sequence

from promptsweep.stats.intervals import Interval, t_value, within


def total_interval(values: Sequence[float], more: int, level: float = 0.95) -> Interval:
    """The sum of the values and `more` others like them (all at least 0), with a prediction interval.

    Student's t with the standard error s·m·√(1/n + 1/m) of the m others; at least the known sum. With one
    value its spread is unknown, and so is the upper end (inf), unless no others are to come.
    """
    n, known = len(values), math.fsum(values)
    if not more:
        return Interval(known, known, known, n)
    if not n:
        return Interval(math.nan, 0.0, math.inf, 0)
    mean = known / n
    value = known + more * mean
    if n == 1:
        return Interval(value, known, math.inf, n)
    deviation = math.sqrt(math.fsum((one - mean) ** 2 for one in values) / (n - 1))
    half = t_value(level, n - 1) * deviation * more * math.sqrt(1 / n + 1 / more)
    return within(value, (value - half, value + half), (known, math.inf), n)
