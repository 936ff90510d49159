"""The scores of several arms on the same samples, and their means in bootstrap resamples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from promptsweep.stats.units import Floats

RESAMPLES = 2_000
CHUNK = 2**20
"""Random numbers held in memory at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """k arms × n samples, and which independent unit each sample belongs to."""

    scores: Floats
    units: NDArray[np.intp]
    """For each sample the number of its unit, from 0."""
    count: int
    """Units: samples, or clusters of them."""

    @classmethod
    def of(cls, scores: ArrayLike, clusters: ArrayLike | None = None) -> Table:
        """Check the scores (k×n) and number the clusters; None: every sample stands alone.

        Raises ValueError for scores that are no table or not finite, and for labels that do not fit them.
        """
        import numpy as np

        table = np.asarray(scores, dtype=np.float64)
        if table.ndim != 2 or not table.size:
            raise ValueError("scores of arms must be a table: a row for each arm, a column for each sample")
        if not np.isfinite(table).all():
            raise ValueError("scores must be finite numbers")
        if clusters is None:
            return cls(table, np.arange(table.shape[1]), table.shape[1])
        names = np.asarray(clusters)
        if names.shape != table.shape[1:]:
            raise ValueError(f"{names.size} cluster labels do not fit {table.shape[1]} samples")
        found, units = np.unique(names, return_inverse=True)
        return cls(table, units, len(found))

    @property
    def means(self) -> Floats:
        """Each arm's mean over the samples."""
        import numpy as np

        return np.asarray(self.scores.mean(axis=1), dtype=np.float64)

    def resamples(self, seed: int, times: int = RESAMPLES) -> Iterator[tuple[Floats, Floats]]:
        """Draw as many units as there are, with replacement, in chunks so that memory stays flat.

        Of each chunk: how often each unit was drawn (resamples × units), and each arm's mean over what was
        drawn (resamples × arms).
        """
        import numpy as np

        random = np.random.default_rng(seed)
        rows = max(1, CHUNK // self.count)
        totals = np.stack([np.bincount(self.units, row, self.count) for row in self.scores])
        sizes = np.bincount(self.units, minlength=self.count)
        for start in range(0, times, rows):
            size = min(rows, times - start)
            places = (
                random.integers(0, self.count, (size, self.count)) + self.count * np.arange(size)[:, None]
            )
            counts = np.bincount(places.ravel(), minlength=places.size).reshape(places.shape)
            drawn = np.asarray(counts, dtype=np.float64)
            yield drawn, (drawn @ totals.T) / (drawn @ sizes)[:, None]
