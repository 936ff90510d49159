"""Which of two is preferred, and whether that is sure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptsweep.stats.intervals import Interval
from promptsweep.stats.means import mean_interval
from promptsweep.stats.significance import mcnemar
from promptsweep.stats.units import Units

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class Preferred:
    """How often one of two was preferred to the other."""

    net: Interval
    """Net win rate: the share of wins less the share of losses, −1 to 1."""
    wins: int
    """Units (things, or clusters of them) in which it was preferred on the whole."""
    ties: int
    losses: int
    p: float
    """Two-sided exact p of the sign test: how often luck alone makes wins and losses differ so much."""


def preferred(values: ArrayLike, clusters: ArrayLike | None = None, level: float = 0.95) -> Preferred:
    """Sum up preferences: 1 for it, −1 for the other, 0 for a tie, or means of several of these.

    The sign test leaves ties out. `clusters` labels what is one unit; None: each value stands alone.
    """
    totals = Units.of(values, clusters).totals
    wins, losses = int((totals > 0).sum()), int((totals < 0).sum())
    net = mean_interval(values, clusters, level, bounds=(-1.0, 1.0))
    return Preferred(net, wins, len(totals) - wins - losses, losses, mcnemar(wins, losses))
