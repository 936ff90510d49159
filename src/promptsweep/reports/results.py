"""Verdicts of single gates, put together from what was measured."""

from __future__ import annotations

import math
from collections.abc import Sequence

from promptsweep.reports.evidence import Evidence
from promptsweep.reports.flips import Flip
from promptsweep.reports.judging import Ruling, judge_difference, judge_limit
from promptsweep.reports.verdicts import GateResult, Verdict
from promptsweep.runners.gates import Demand
from promptsweep.stats import Interval


def limit_result(demand: Demand, part: str | None, evidence: Evidence) -> GateResult:
    """A threshold's, for one slice."""
    found = evidence.interval
    ruling = judge_limit(found, demand, evidence.needed)
    return _result(demand, part, ruling, evidence, value=found.value)


def difference_result(
    demand: Demand,
    part: str | None,
    evidence: Evidence,
    value: float,
    before: float,
    shared: int,
    scored: int,
    flips: Sequence[Flip] = (),
) -> GateResult:
    """That of no regression, on the `shared` of the `scored` samples of one slice."""
    ruling = judge_difference(evidence.interval, demand, evidence.needed)
    missing = (
        f" Compared on the {shared:,} of {scored:,} samples that are the same in the baseline."
        if shared < scored
        else ""
    )
    ruling = ruling._replace(reason=ruling.reason + missing)
    return _result(demand, part, ruling, evidence, value=value, baseline=before, flips=flips)


def _result(
    demand: Demand,
    part: str | None,
    ruling: Ruling,
    evidence: Evidence,
    *,
    value: float,
    baseline: float | None = None,
    flips: Sequence[Flip] = (),
) -> GateResult:
    found = evidence.interval
    return GateResult(
        arm=demand.arm,
        metric=demand.figure.name,
        slice=part,
        rule=demand.text,
        verdict=ruling.verdict,
        value=value,
        baseline=baseline,
        difference=None if baseline is None else found.value,
        low=found.low,
        high=found.high,
        n=found.n,
        needed=ruling.needed,
        reason=" ".join(filter(None, [ruling.reason, evidence.note])),
        broken=tuple(flips),
    )


def not_comparable(demand: Demand, part: str | None, why: str) -> GateResult:
    """Inconclusive, as there is nothing to judge by."""
    nothing = Interval(math.nan, -math.inf, math.inf, 0)
    ruling = Ruling(Verdict.INCONCLUSIVE, f"not comparable: {why}.")
    if part is None and demand.slice is not None:
        part = f"{demand.slice}=*"
    return _result(demand, part, ruling, Evidence(nothing, lambda: None), value=math.nan)
