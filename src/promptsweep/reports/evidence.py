"""From samples to the interval that a gate is judged by: for one look, or for as many as one likes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from promptsweep.metrics import RANGES
from promptsweep.reports.figures import plural
from promptsweep.reports.judging import Needed
from promptsweep.reports.measured import Measured, clusters_of
from promptsweep.reports.needed import betting_needed, binary_needed, mean_needed
from promptsweep.runners.gates import Figure
from promptsweep.stats import Betting, Interval, epoch_level, mean_interval, paired, proportion_interval
from promptsweep.stats.intervals import Bounds, unknown
from promptsweep.stats.units import Units

UNIT: Bounds = (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Looks:
    """How often a check that may ask for more samples has looked at an arm."""

    sizes: tuple[int, ...]
    """Samples at each look, rising: those at positions below it had been asked then."""
    epoch: int = 0
    """How often the repeats were doubled since."""
    epochs: bool = False
    """Whether they may be doubled: then each epoch has its own share of alpha."""

    @property
    def count(self) -> int:
        """Looks in all."""
        return len(self.sizes) + self.epoch

    def level(self, alpha: float) -> float:
        """The alpha of this epoch."""
        return epoch_level(alpha, self.epoch) if self.epochs else alpha


class Evidence(NamedTuple):
    """What is judged, how many samples would tell more, and what to say besides."""

    interval: Interval
    needed: Needed
    note: str = ""


class Pair(NamedTuple):
    """A sample in the new run and in the baseline."""

    new: Measured
    value: float
    """The new run's."""
    before: float


def grows(figure: Figure, values: Sequence[float]) -> bool:
    """Whether the anytime test can judge the figure: each sample has a value from 0 to 1."""
    return figure.kind in {"binary", "graded", "rate"} and all(0 <= value <= 1 for value in values)


def of_values(
    rows: Sequence[Measured], figure: Figure, at: float, looks: Looks | None, alpha: float = 0.05
) -> Evidence:
    """The mean of the rows' values, each known; `at` is the threshold they are held against."""
    values = [row.value for row in rows if row.value is not None]
    if looks is not None and grows(figure, values):
        found = _bet([2 * value - 1 for value in values], rows, 2 * at - 1, looks, alpha)
        one = found.interval
        return found._replace(
            interval=Interval((one.value + 1) / 2, (one.low + 1) / 2, (one.high + 1) / 2, one.n)
        )
    rows = rows if looks is None else [row for row in rows if row.position < looks.sizes[0]]
    values, clusters = [row.value for row in rows if row.value is not None], clusters_of(rows)
    bounds = RANGES.get(figure.kind) or (
        UNIT if figure.kind in {"binary", "graded", "rate"} and _within(values, UNIT) else None
    )
    return Evidence(
        _mean(values, clusters, figure, bounds, alpha),
        lambda: mean_needed(Units.of(values, clusters), at, bounds, alpha) if values else None,
        _note_of_first(looks),
    )


def of_pairs(pairs: Sequence[Pair], figure: Figure, at: float, looks: Looks | None, alpha: float) -> Evidence:
    """The mean difference, new minus before; `at` is the margin with its sign. Needs a pair."""
    if looks is not None and grows(figure, [value for pair in pairs for value in (pair.value, pair.before)]):
        differences = [pair.value - pair.before for pair in pairs]
        return _bet(differences, [pair.new for pair in pairs], at, looks, alpha)
    pairs = pairs if looks is None else [one for one in pairs if one.new.position < looks.sizes[0]]
    if not pairs:
        return Evidence(unknown(math.nan, None, 0), lambda: None, _note_of_first(looks))
    a, b = [one.before for one in pairs], [one.value for one in pairs]
    clusters = clusters_of([one.new for one in pairs])
    bounds = RANGES.get(figure.kind) or (
        UNIT if _within([*a, *b], UNIT) and figure.kind != "amount" else None
    )
    found = paired(a, b, clusters, 1 - alpha, bounds=bounds)
    binary = clusters is None and bounds == UNIT and all(one in {0, 1} for one in (*a, *b))

    def needed() -> int | None:
        if binary:
            return binary_needed(_table(a, b), at, alpha)
        units = Units.of([new - old for old, new in zip(a, b, strict=True)], clusters)
        return mean_needed(
            units,
            at,
            None if bounds is None else (bounds[0] - bounds[1], bounds[1] - bounds[0]),
            alpha,
            differences=True,
        )

    interval = Interval(found.difference, found.low, found.high, found.n)
    return Evidence(interval, needed, _note_of_first(looks))


def _mean(
    values: Sequence[float],
    clusters: Sequence[str] | None,
    figure: Figure,
    bounds: Bounds | None,
    alpha: float,
) -> Interval:
    """As on the leaderboard."""
    if clusters is None and figure.kind in {"binary", "rate"} and all(value in {0, 1} for value in values):
        return proportion_interval(sum(values), len(values), 1 - alpha)
    return mean_interval(values, clusters, 1 - alpha, bounds=bounds)


def _table(a: Sequence[float], b: Sequence[float]) -> tuple[int, int, int, int]:
    pairs = list(zip(a, b, strict=True))
    return tuple(pairs.count(one) for one in ((1, 1), (1, 0), (0, 1), (0, 0)))  # type: ignore[return-value]


def _within(values: Sequence[float], bounds: Bounds) -> bool:
    return all(bounds[0] <= value <= bounds[1] for value in values)


def _bet(
    values: Sequence[float], rows: Sequence[Measured], at: float, looks: Looks, alpha: float
) -> Evidence:
    """The anytime test of values in [−1, 1], in the order in which samples were asked."""
    level, units = looks.level(alpha), sequence(values, rows, looks.sizes)
    betting = Betting(level)
    betting.add(units)
    times = "once" if looks.count == 1 else plural(looks.count, "time")
    return Evidence(
        betting.interval,
        lambda: betting_needed(units, at, level),
        f"Anytime-valid: looked at {times}, and it holds however often one looks.",
    )


def sequence(values: Sequence[float], rows: Sequence[Measured], sizes: Sequence[int]) -> list[float]:
    """The values in the order in which the test sees them; rows are sorted by position.

    Samples that belong together are one: the mean of those of them that one look brought. What later looks
    bring of a cluster is left out, or the test would revise what it has seen.
    """
    if clusters_of(rows) is None:
        return list(values)
    seen: dict[str, tuple[int, list[float]]] = {}
    for value, row in zip(values, rows, strict=True):
        look = sum(row.position >= size for size in sizes)
        first, members = seen.setdefault(str(row.cluster), (look, []))
        if first == look:
            members.append(value)
    return [sum(members) / len(members) for _, members in seen.values()]


def _note_of_first(looks: Looks | None) -> str:
    if looks is None or looks.count == 1:
        return ""
    return "Judged once, on the samples of the first look."
