"""The bootstrap of aggregates: whole samples are drawn, and additive statistics are summed per draw."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

RESAMPLES = 1_000
_CELLS_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True)
class Resampling:
    """An aggregate, split into what can be summed over answers and what is made of the sums."""

    statistics: Any
    """One row for each answer, one column for each statistic: a numpy array or a scipy sparse array."""
    values: Callable[[NDArray[Any]], NDArray[Any]]
    """From sums of rows, one set of sums a row, to the aggregate's value for each."""


def percentile_interval(
    resampling: Resampling, ids: Sequence[str], level: float, seed: int, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """Percentile bootstrap interval at the level (0–1) over clusters: answers with the same id."""
    import numpy as np

    clusters = _by_cluster(resampling.statistics, ids)
    values = np.concatenate(
        [
            resampling.values((clusters.T @ weights.T).T)
            for weights in _draws(clusters.shape[0], resamples, seed)
        ]
    )
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _by_cluster(statistics: Any, ids: Sequence[str]) -> Any:
    import numpy as np
    from scipy.sparse import csr_array

    _, members = np.unique(np.asarray(ids), return_inverse=True)
    rows = np.arange(len(ids))
    membership = csr_array((np.ones(len(ids)), (members, rows)), shape=(int(members.max()) + 1, len(ids)))
    return membership @ statistics


def _draws(clusters: int, resamples: int, seed: int) -> Iterator[NDArray[Any]]:
    """How often each cluster is drawn, one resample a row, in batches of bounded size."""
    import numpy as np

    generator = np.random.default_rng(seed)
    batch = max(1, _CELLS_AT_ONCE // clusters)
    for start in range(0, resamples, batch):
        rows = min(batch, resamples - start)
        drawn = generator.integers(0, clusters, size=(rows, clusters)) + np.arange(rows)[:, None] * clusters
        counts = np.bincount(drawn.ravel(), minlength=rows * clusters)
        yield counts.reshape(rows, clusters).astype(float)
