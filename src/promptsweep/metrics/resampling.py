"""The bootstrap of aggregates: whole samples are drawn, and additive statistics are summed per draw."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

RESAMPLES = 1_000
SWAPS = 1_999
_CELLS_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True)
class Resampling:
    """An aggregate, split into what can be summed over answers and what is made of the sums."""

    statistics: Any
    """One row for each answer, one column for each statistic: a numpy array or a scipy sparse array."""
    values: Callable[[NDArray[Any]], NDArray[Any]]
    """From sums of rows, one set of sums a row, to the aggregate's value for each."""


@dataclass(frozen=True, slots=True, eq=False)
class Contrast:
    """The values of an aggregate for two arms on the same samples, and for draws of these samples."""

    a: float
    b: float
    drawn_a: NDArray[Any]
    """Values for bootstrap draws of clusters, the same draws for both arms."""
    drawn_b: NDArray[Any]
    p: float
    """Two-sided, of the randomisation test, in (0, 1]."""
    clusters: int


def contrast(
    resampling: Resampling, ids: Sequence[str], first: int, seed: int = 0, resamples: int = RESAMPLES
) -> Contrast:
    """Two arms' values: the first `first` rows of the statistics are arm A's answers, the others arm B's.

    `ids` names each row's cluster; both arms have answers in every one. Bootstrap: clusters are drawn with
    replacement for both arms at once. Test: approximate randomisation (Noreen 1989), which swaps the arms'
    answers, cluster by cluster, at random: p = (1 + #{|T*| ≥ |T|})/(1 + R) with R = 1,999.
    """
    import numpy as np

    labels, members = np.unique(np.asarray(ids), return_inverse=True)
    sides = [
        _summed(resampling.statistics[rows], members[rows], len(labels))
        for rows in (slice(None, first), slice(first, None))
    ]
    whole = np.ones((1, len(labels)))
    a, b = (float(_values(resampling, side, whole)[0]) for side in sides)
    drawn_a, drawn_b = (
        np.concatenate([_values(resampling, side, draw) for draw in _draws(len(labels), resamples, seed)])
        for side in sides
    )
    return Contrast(a, b, drawn_a, drawn_b, _swapped(resampling, sides, b - a, seed), len(labels))


def _values(resampling: Resampling, clusters: Any, weights: NDArray[Any]) -> NDArray[Any]:
    return resampling.values((clusters.T @ weights.T).T)


def _swapped(resampling: Resampling, sides: Sequence[Any], observed: float, seed: int) -> float:
    """The p-value of the observed difference among those of random swaps."""
    import numpy as np

    random, count = np.random.default_rng(seed), sides[0].shape[0]
    batch, extreme = max(1, _CELLS_AT_ONCE // count), 0
    for start in range(0, SWAPS, batch):
        swap = random.integers(0, 2, (min(batch, SWAPS - start), count)).astype(float)
        kept = 1 - swap
        one = resampling.values((sides[0].T @ kept.T).T + (sides[1].T @ swap.T).T)
        other = resampling.values((sides[1].T @ kept.T).T + (sides[0].T @ swap.T).T)
        extreme += int((np.abs(other - one) >= abs(observed) - 1e-10).sum())
    return (1 + extreme) / (1 + SWAPS)


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

    labels, members = np.unique(np.asarray(ids), return_inverse=True)
    return _summed(statistics, members, len(labels))


def _summed(statistics: Any, members: NDArray[Any], count: int) -> Any:
    """The statistics of each of `count` clusters; `members` gives the cluster of each row."""
    import numpy as np
    from scipy.sparse import csr_array

    size = len(members)
    return csr_array((np.ones(size), (members, np.arange(size))), shape=(count, size)) @ statistics


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
