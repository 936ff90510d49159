"""From an interval to a verdict and the sentence that explains it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from promptsweep.reports.figures import plural
from promptsweep.reports.verdicts import Verdict
from promptsweep.runners.gates import Demand
from promptsweep.stats import Interval

Needed = Callable[[], "int | None"]
"""About how many samples would settle it; asked only where it is open."""


class Ruling(NamedTuple):
    """What the evidence says of one demand."""

    verdict: Verdict
    reason: str
    needed: int | None = None


def judge_limit(found: Interval, demand: Demand, needed: Needed) -> Ruling:
    """A threshold, by the whole interval or, where the gate wants it, by the estimate alone."""
    if math.isnan(found.value):
        return Ruling(Verdict.INCONCLUSIVE, "No sample has a score.")
    least = demand.rule == "min"
    limit, shown = f"{demand.limit:g}", _interval(found)
    if demand.by_estimate:
        kept = found.value >= demand.limit if least else found.value <= demand.limit
        side = ("is at least" if kept else "is below") if least else ("is at most" if kept else "is above")
        verdict = Verdict.PASS if kept else Verdict.REGRESSED
        return Ruling(verdict, f"{figure(found.value)} {side} {limit}, by the estimate alone.")
    inside = found.low >= demand.limit if least else found.high <= demand.limit
    outside = found.high < demand.limit if least else found.low > demand.limit
    if inside:
        return Ruling(Verdict.PASS, f"{shown} lies {'above' if least else 'below'} {limit} as a whole.")
    if outside:
        sides = "below" if least else "above"
        return Ruling(
            Verdict.REGRESSED, f"{shown} lies {sides} {limit} as a whole: chance does not explain it."
        )
    count = needed()
    return Ruling(
        Verdict.INCONCLUSIVE, f"{shown} reaches to both sides of {limit}: {too_few(found.n, count)}", count
    )


def judge_difference(found: Interval, demand: Demand, needed: Needed) -> Ruling:
    """New minus baseline against the margin; for a figure of which less is better, the other way round."""
    low, high = _gain(found, demand)
    margin = demand.limit
    if low > -margin:
        how = (
            f"Better than the baseline by at least {figure(low)}."
            if low > 0
            else f"At worst {figure(-low)} worse than the baseline; {margin:g} is allowed."
        )
        return Ruling(Verdict.PASS, how)
    if high < -margin:
        how = f"Worse than the baseline by at least {figure(-high)}; {margin:g} is allowed."
        return Ruling(Verdict.REGRESSED, how)
    count = needed()
    best = f"{figure(high)} better" if high > 0 else f"{figure(-high)} worse"
    how = f"Between {figure(-low)} worse and {best} than the baseline, with {margin:g} allowed"
    return Ruling(Verdict.INCONCLUSIVE, f"{how}: {too_few(found.n, count)}", count)


def _gain(found: Interval, demand: Demand) -> tuple[float, float]:
    """The ends of the difference, turned so that more is better."""
    return (-found.high, -found.low) if demand.figure.higher_is_better is False else (found.low, found.high)


def too_few(n: int, needed: int | None) -> str:
    """`15 samples are too few to tell; about 190 would settle it.`"""
    verb = "is" if n == 1 else "are"
    more = "" if needed is None else f"; about {needed:,} would settle it"
    return f"{plural(n, 'sample')} {verb} too few to tell{more}."


def figure(value: float) -> str:
    """`0.857`, `12.3`, `1,204`, `∞`"""
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _interval(found: Interval) -> str:
    return f"{figure(found.value)} [{figure(found.low)}, {figure(found.high)}]"
