"""P-values of many comparisons at once, adjusted so that the usual thresholds still hold."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values, in the given order: for "which of these arms differ?".

    Below α, they bound by α the chance of even one false claim. The i-th smallest of m becomes the greatest
    of (m−j+1)·p_(j) over j ≤ i, at most 1 (Holm 1979).
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    scaled = ((len(order) - rank) * p_values[index] for rank, index in enumerate(order))
    return _placed(order, [min(1.0, p) for p in accumulate(scaled, max)])


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Benjamini and Hochberg's adjusted p-values, in the given order: for exploring many arms.

    Below α, they bound by α the expected share of false claims among the claims. The i-th smallest of m
    becomes the least of m·p_(j)/j over j ≥ i (Benjamini and Hochberg 1995).
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__, reverse=True)
    count = len(order)
    scaled = (count * p_values[index] / (count - rank) for rank, index in enumerate(order))
    return _placed(order, list(accumulate(scaled, min)))


def _placed(order: list[int], values: list[float]) -> list[float]:
    placed = dict(zip(order, values, strict=True))
    return [placed[index] for index in range(len(order))]
