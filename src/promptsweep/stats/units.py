"""The independent units of a measurement: single samples, or whole clusters of related ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """What is known of each unit: the sum of its values and how many values it has."""

    totals: Floats
    sizes: Floats

    @classmethod
    def of(cls, values: ArrayLike, clusters: ArrayLike | None = None) -> Units:
        """Group `values` by `clusters` (one label of any kind per value); None: every value stands alone.

        Raises ValueError for a value that is not finite, and for labels that do not match the values.
        """
        import numpy as np

        numbers = np.asarray(values, dtype=np.float64)
        if not np.isfinite(numbers).all():
            raise ValueError("scores must be finite numbers")
        if clusters is None:
            return cls(numbers, np.ones_like(numbers))
        labels, codes = np.unique(np.asarray(clusters), return_inverse=True)
        counts = (np.bincount(codes, weights, len(labels)) for weights in (numbers, np.ones_like(numbers)))
        return cls(*(np.asarray(count, dtype=np.float64) for count in counts))

    def __len__(self) -> int:
        return len(self.totals)

    @property
    def mean(self) -> float:
        """The mean over all values, each weighing the same."""
        return float(self.totals.sum() / self.sizes.sum())

    @property
    def residuals(self) -> Floats:
        """Each unit's sum of deviations from the mean, Σ_{i∈c} (s_i − s̄)."""
        return self.totals - self.sizes * self.mean

    @property
    def variance(self) -> float:
        """Variance per unit: C times the squared standard error of the mean (needs C ≥ 2 units).

        SE² = Σ_c (Σ_{i∈c} u_i)² / n² · C/(C−1), the clustered standard error of Miller (2024), "Adding
        Error Bars to Evals"; with one value per unit it is the sample variance Σu²/(n−1).
        """
        count = len(self)
        return float((self.residuals**2).sum() / self.sizes.sum() ** 2 * count**2 / (count - 1))
