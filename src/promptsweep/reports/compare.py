"""Arms against arms, paired by sample: which is better, by how much, and could it be luck."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from promptsweep.errors import ConfigError, NotComparableError, unknown
from promptsweep.reports.aggregates import compare_together
from promptsweep.reports.arms import StoredMetric, match_arm, stored_metrics
from promptsweep.reports.flips import MOST, Flip, Flips, find_flips
from promptsweep.reports.opponents import Opponents, between_runs, within_run
from promptsweep.reports.pairing import (
    Duel,
    Pairs,
    duels_of,
    paired_chance,
    paired_scores,
    pairs_of,
    wanted_of,
)
from promptsweep.reports.readings import Reader
from promptsweep.reports.store import Store
from promptsweep.stats import Paired, holm
from promptsweep.types import JSON

__all__ = [
    "Comparison",
    "Flip",
    "Flips",
    "compare_arms",
    "compare_opponents",
    "compare_runs",
    "comparison_json",
    "match_arm",
]

LEVEL = 0.05
"""A difference is shown when its adjusted p-value is below this."""
UNSHOWN = "no difference shown"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Arm B against arm A on the samples that both have scores for."""

    a: str
    """The baseline's label."""
    b: str
    dataset: str
    metric: str
    kind: str
    """The metric's: `binary`, `graded`, `descriptive` or `aggregate`."""
    higher_is_better: bool | None
    """None for a metric that is neither good nor bad, such as a length."""
    n_a: int
    """Samples scored in A."""
    n_b: int
    shared: int
    """Samples scored in both, with the same content: what the comparison rests on."""
    score_a: float
    """Over the shared samples."""
    score_b: float
    paired: Paired
    p_adjusted: float
    """Holm's, over all comparisons made at once."""
    flips: Flips
    """None of an aggregate, which gives no sample a score of its own."""

    @property
    def verdict(self) -> str:
        """`better` or `worse` (B than A), `no difference shown`; `higher` or `lower` for a neutral metric."""
        return verdict_of(self.paired, self.p_adjusted, self.higher_is_better)

    @property
    def lost(self) -> int | None:
        """Samples on which A is better; None for an aggregate."""
        return self._counts[1 if self.higher_is_better is False else 0]

    @property
    def won(self) -> int | None:
        """Samples on which B is better; None for an aggregate."""
        return self._counts[0 if self.higher_is_better is False else 1]

    @property
    def _counts(self) -> tuple[int | None, int | None]:
        return (None, None) if self.kind == "aggregate" else (self.paired.only_a, self.paired.only_b)


def verdict_of(found: Paired, p_adjusted: float, higher_is_better: bool | None) -> str:
    """A difference in a word or three; see `Comparison.verdict`."""
    if p_adjusted >= LEVEL:
        return UNSHOWN
    rises = found.difference > 0
    if higher_is_better is None:
        return "higher" if rises else "lower"
    return "better" if rises == higher_is_better else "worse"


def compare_arms(
    store: Store, run: str, baseline: str | None = None, metric: str | None = None, *, flips: int = MOST
) -> list[Comparison]:
    """Every arm of a run against the baseline arm of its dataset (default: the first).

    `baseline` may fit one arm of each of several datasets; datasets without a fit are left out, as are arms
    that share no scored sample with their baseline. `metric` defaults to the arms' first that scores single
    samples. At most `flips` samples of each kind are kept. Raises ConfigError for an unknown arm or metric,
    NotComparableError when nothing can be compared.
    """
    return compare_opponents(store, within_run(store, run, baseline), metric, flips=flips)


def compare_runs(
    store: Store,
    run_a: str,
    run_b: str,
    metric: str | None = None,
    *,
    baseline: str | None = None,
    flips: int = MOST,
) -> list[Comparison]:
    """The arms of run B against those of run A that have the same label; or all against A's arm `baseline`.

    Samples are paired where id and content are equal; an edited row is another sample. Raises
    NotComparableError when the runs share no arm or no scored sample.
    """
    return compare_opponents(store, between_runs(store, run_a, run_b, baseline), metric, flips=flips)


def compare_opponents(
    store: Store, opponents: Opponents, metric: str | None = None, *, flips: int = MOST
) -> list[Comparison]:
    """Each pair of arms compared; those that share no metric or no sample are left out.

    Raises ConfigError for a metric that no arm has, NotComparableError where no pair is left.
    """
    check_metric([arm for pair in opponents for arm in pair], metric)
    duels = duels_of(opponents, metric)
    with store.engine.connect() as connection:
        found = compare_duels(Reader(connection, wanted_of(duels)), duels, flips=flips)
    if not found:
        labels = "; ".join(f"{a.label} and {b.label}" for a, b in opponents)
        raise NotComparableError(f"no sample has a score of the same metric in both arms: {labels}")
    return found


def compare_duels(reader: Reader, duels: Iterable[Duel], *, flips: int = MOST) -> list[Comparison]:
    """The comparisons, adjusted for each other; those of arms that share no sample are left out."""
    tried = [_compare_pair(reader, duel, flips) for duel in duels]
    found = [one for one in tried if one is not None]
    adjusted = holm([one.paired.p for one in found])
    return [replace(one, p_adjusted=p) for one, p in zip(found, adjusted, strict=True)]


def differing(reader: Reader, duels: Sequence[Duel]) -> list[Comparison]:
    """Those of `compare_duels` in which a difference is shown; intervals are computed of no others."""
    if any(duel.metric.a.kind == "aggregate" for duel in duels):
        return [one for one in compare_duels(reader, duels, flips=0) if one.verdict != UNSHOWN]
    read = [(duel, pairs) for duel in duels if (pairs := pairs_of(reader, duel))]
    chances = holm([paired_chance(pairs, duel.metric.a.kind) for duel, pairs in read])
    return [
        replace(_compared(reader, duel, pairs, 0), p_adjusted=p)
        for (duel, pairs), p in zip(read, chances, strict=True)
        if p < LEVEL
    ]


def check_metric(arms: Iterable[Any], name: str | None, *, single: bool = False) -> None:
    """ConfigError where no arm was scored with the metric `name` or, with `single`, it is an aggregate.

    None, which means each arm's first metric of single samples, is always fine.
    """
    metrics = {one.name: one for arm in arms for one in stored_metrics(arm)}
    if name is None:
        return
    known = sorted(found.name for found in metrics.values() if not single or found.kind != "aggregate")
    if name not in metrics:
        raise ConfigError(unknown("metric", name, known))
    if single and metrics[name].kind == "aggregate":
        raise ConfigError(
            f"{name} is computed over all answers together, not sample by sample. "
            f"Those that are: {', '.join(known) or 'none'}"
        )


def comparison_json(comparisons: Iterable[Comparison]) -> list[dict[str, JSON]]:
    """The documented form of a comparison in `compare --json`; limits that are not finite are null."""
    return [
        {
            "a": one.a,
            "b": one.b,
            "dataset": one.dataset,
            "metric": one.metric,
            "score_a": one.score_a,
            "score_b": one.score_b,
            **paired_json(one.paired, one.p_adjusted),
            "only_a": None if one.kind == "aggregate" else one.paired.only_a,
            "only_b": None if one.kind == "aggregate" else one.paired.only_b,
            "n_a": one.n_a,
            "n_b": one.n_b,
            "shared": one.shared,
            "correlation": one.paired.correlation,
            "minimum_detectable": one.paired.minimum_detectable,
            "needed": one.paired.needed,
            "method": one.paired.method,
            "verdict": one.verdict,
        }
        for one in comparisons
    ]


def paired_json(found: Paired, p_adjusted: float) -> dict[str, JSON]:
    """The difference with its limits, p-values and number of independent samples."""
    return {
        "difference": found.difference,
        "low": finite(found.low),
        "high": finite(found.high),
        "p": found.p,
        "p_adjusted": p_adjusted,
        "n": found.n,
    }


def finite(value: float) -> float | None:
    """The value as JSON can say it."""
    return value if math.isfinite(value) else None


def _compare_pair(reader: Reader, duel: Duel, most: int) -> Comparison | None:
    """The comparison, not yet adjusted for others; None where the arms share no sample."""
    a, b, metric = duel
    if metric.a.kind == "aggregate":
        return _compare_together(reader.connection, a, b, metric.a)
    pairs = pairs_of(reader, duel)
    return _compared(reader, duel, pairs, most) if pairs else None


def _compared(reader: Reader, duel: Duel, pairs: Pairs, most: int) -> Comparison:
    a, b, metric = duel
    found = paired_scores(pairs.a, pairs.b, pairs.clusters, metric.a.kind)
    return Comparison(
        a=a.label,
        b=b.label,
        dataset=b.dataset,
        metric=metric.a.name,
        kind=metric.a.kind,
        higher_is_better=metric.a.higher_is_better,
        n_a=pairs.n_a,
        n_b=pairs.n_b,
        shared=len(pairs),
        score_a=math.fsum(pairs.a.tolist()) / len(pairs),
        score_b=math.fsum(pairs.b.tolist()) / len(pairs),
        paired=found,
        p_adjusted=found.p,
        flips=find_flips(reader.connection, a, b, pairs, metric.sign, most),
    )


def _compare_together(connection: Connection, a: Any, b: Any, metric: StoredMetric) -> Comparison | None:
    found = compare_together(connection, a, b, metric)
    if found is None:
        return None
    return Comparison(
        a=a.label,
        b=b.label,
        dataset=b.dataset,
        metric=metric.name,
        kind=metric.kind,
        higher_is_better=metric.higher_is_better,
        n_a=found.n_a,
        n_b=found.n_b,
        shared=found.shared,
        score_a=found.a,
        score_b=found.b,
        paired=found.paired,
        p_adjusted=found.paired.p,
        flips=Flips(),
    )
