"""The two gamblers of `anytime`: their capital against every candidate for the mean, sample by sample."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from promptsweep.stats.intervals import Bounds

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from promptsweep.stats.units import Floats

STEPS = 1000
"""Of the default grid, on either side of 0: one candidate for each 0.001 of difference."""
CAP = 0.5
"""c: what share of the capital one sample may cost at most."""
CELLS = 2**19
"""Bets computed at a time."""
LARGEST = 700.0
"""ln of the greatest capital that is told apart; e⁷⁰⁰ is near the end of the floats."""
NEAR = 1e-9


def uniform_grid() -> Floats:
    """Candidates for the mean difference from −1 to 1."""
    import numpy as np

    return np.arange(-STEPS, STEPS + 1) / STEPS


class Capital:
    """What each gambler owns, for every candidate m of the mean of y in [0, 1], and the most they ever had.

    K⁺ falls and K⁻ rises with m. Between two neighbours of the grid the capital is therefore at least what
    the upper one gives for K⁺ and the lower one for K⁻: a cell is given up only if that much rejects it.
    """

    def __init__(self, grid: ArrayLike, alpha: float) -> None:
        import numpy as np

        self.grid = np.asarray(grid, dtype=np.float64)
        if len(self.grid) < 2 or (np.diff(self.grid) <= 0).any() or tuple(self.grid[[0, -1]]) != (-1, 1):
            raise ValueError("a grid of differences must rise from -1 to 1")
        self.n, self.total, self._squares = 0, 0.0, 0.0
        self._alpha, self._means = alpha, (self.grid + 1) / 2
        tiny = np.finfo(np.float64).tiny
        self._cap_above = CAP / np.maximum(self._means, tiny)
        self._cap_below = CAP / np.maximum(1 - self._means, tiny)
        self._above, self._below = (np.zeros_like(self.grid) for _ in range(2))
        """ln K⁺ and ln K⁻."""
        self._best_above, self._best_below, self._best_point = (np.ones_like(self.grid) for _ in range(3))
        self._best_cell = np.ones(len(self.grid) - 1)
        self.kept: Bounds = (-1.0, 1.0)
        """The ends of all that was never rejected; where nothing is left, the last that was."""

    def bet(self, y: Floats) -> None:
        """Play all of `y`, in chunks so that memory stays flat."""
        rows = max(1, CELLS // len(self.grid))
        for start in range(0, len(y), rows):
            part = y[start : start + rows]
            self._play(part, self._stakes(part))

    def around(self, difference: float) -> tuple[int, int]:
        """The candidates next to `difference`, below and above; twice the same where it is one itself."""
        import numpy as np

        if not -1 <= difference <= 1:
            raise ValueError(f"a mean difference lies between -1 and 1, not at {difference:g}")
        above = int(np.searchsorted(self.grid, difference - NEAR))
        below = int(np.searchsorted(self.grid, difference + NEAR, side="right")) - 1
        return below, above

    def hedged(self, below: int, above: int) -> float:
        """(K⁺+K⁻)/2 now, at least, between two candidates."""
        logs = (self._above[above], self._below[below])
        return sum(math.exp(min(LARGEST, float(log))) for log in logs) / 2

    def best_hedged(self, below: int, above: int) -> float:
        """The most that (K⁺+K⁻)/2 ever was, at least, between two candidates."""
        return float(self._best_point[below] if below == above else self._best_cell[below])

    def best_above(self, candidate: int) -> float:
        """The most that K⁺ ever was."""
        return float(self._best_above[candidate])

    def best_below(self, candidate: int) -> float:
        """The most that K⁻ ever was."""
        return float(self._best_below[candidate])

    def _stakes(self, y: Floats) -> Floats:
        """λ before its cap, for each of the next samples; remembers what it has seen of them."""
        import numpy as np

        before = np.arange(self.n, self.n + len(y))
        sums = self.total + np.cumsum(y)
        squares = self._squares + np.cumsum((y - (0.5 + sums) / (before + 2)) ** 2)
        earlier = np.concatenate([[self._squares], squares[:-1]])
        variance = (0.25 + earlier) / (before + 1)
        self.n, self.total, self._squares = self.n + len(y), float(sums[-1]), float(squares[-1])
        return np.sqrt(2 * math.log(2 / self._alpha) / (variance * (before + 1) * np.log(before + 2)))

    def _play(self, y: Floats, stakes: Floats) -> None:
        import numpy as np

        gains = y[:, None] - self._means
        above = self._above + np.cumsum(
            np.log1p(np.minimum(self._cap_above, stakes[:, None]) * gains), axis=0
        )
        below = self._below + np.cumsum(
            np.log1p(np.minimum(self._cap_below, stakes[:, None]) * -gains), axis=0
        )
        self._above, self._below = above[-1], below[-1]
        won, lost = (np.exp(np.minimum(LARGEST, logs)) for logs in (above, below))
        self._best_above = np.maximum(self._best_above, won.max(axis=0))
        self._best_below = np.maximum(self._best_below, lost.max(axis=0))
        self._best_point = np.maximum(self._best_point, (won + lost).max(axis=0) / 2)
        self._give_up((won[:, 1:] + lost[:, :-1]) / 2)

    def _give_up(self, cells: Floats) -> None:
        """Narrow `kept` to the cells that no row of capitals, nor any before, has rejected."""
        import numpy as np

        best = np.maximum(self._best_cell, np.maximum.accumulate(cells, axis=0))
        self._best_cell = best[-1]
        open_cells = best < 1 / self._alpha
        rows = np.flatnonzero(open_cells.any(axis=1))
        if len(rows):
            ends = np.flatnonzero(open_cells[rows[-1]])[[0, -1]] + (0, 1)
            self.kept = float(self.grid[ends[0]]), float(self.grid[ends[1]])
