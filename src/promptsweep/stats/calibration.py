"""Whether a confidence can be believed: what came true among the answers held to be so sure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptsweep.stats.intervals import Interval
from promptsweep.stats.means import mean_interval

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """The answers whose confidence lies between two edges."""

    low: float
    """Not in the bin, unless it is 0."""
    high: float
    """In the bin."""
    confidence: float
    """Mean confidence of the bin's answers."""
    right: Interval
    """Their mean score, 1 for a right answer."""
    count: int
    """Answers; `right.n` counts independent samples."""


def reliability(
    confidences: ArrayLike, right: ArrayLike, clusters: Sequence[str] | None = None, bins: int = BINS
) -> list[Bin]:
    """A reliability diagram's bins of equal width over 0 … 1; those without an answer are left out.

    `right` holds scores of 0 … 1, `clusters` labels the answers that belong together. The edges are those
    of scikit-learn's `calibration_curve(strategy="uniform")`: a confidence on an edge is in the bin below.
    """
    import numpy as np

    sure, scores = np.asarray(confidences, np.float64), np.asarray(right, np.float64)
    edges = np.linspace(0.0, 1.0, bins + 1)
    places = np.searchsorted(edges[1:-1], sure)
    groups = None if clusters is None else np.asarray(clusters)
    found = []
    for place in np.unique(places):
        own = places == place
        interval = mean_interval(scores[own], None if groups is None else groups[own])
        low, high = float(edges[place]), float(edges[place + 1])
        found.append(Bin(low, high, float(sure[own].mean()), interval, int(own.sum())))
    return found


def calibration_error(bins: Sequence[Bin]) -> float | None:
    """Expected calibration error (Guo et al. 2017): Σ n_b/n · |right_b − confidence_b|, 0 is best.

    None without bins.
    """
    total = sum(one.count for one in bins)
    if not total:
        return None
    return sum(one.count * abs(one.right.value - one.confidence) for one in bins) / total
