"""A check that asks for more: one run, extended look by look for the arms that are still open."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from promptsweep.api.execution import Observe, execute
from promptsweep.reports import Store
from promptsweep.reports.baselines import Baseline
from promptsweep.reports.growth import Growing
from promptsweep.reports.verdicts import Check, Verdict
from promptsweep.runners import Demand, Plan
from promptsweep.types import Status

GROWING = frozenset({"binary", "graded", "rate"})
"""Kinds of figures that more samples are asked for: the anytime test can judge them."""


def grow(
    growing: Growing,
    store: Store,
    wanted: Sequence[Demand],
    judged: Callable[[str], Check],
    guarded: Callable[[Plan], Plan],
    *,
    fresh: bool,
    resume: str | None,
    observe: Observe | None,
) -> str:
    """Runs look after look until all is settled or used up; returns the run, which is one and the same.

    It is in progress, for all who watch it, until its last look is judged.

    `judged` gives the check of the run as it stands, `guarded` a plan whose samples became more, looked
    through for what tuned models have seen. Once the budget is reached, the run stays incomplete.
    """
    if resume is not None:
        row = store.find_run(resume or growing.plan.name)
        growing = growing.resumed(row, store.arms(row.id))
        growing = replace(growing, plan=guarded(growing.plan))
    plan, settled = growing.to_run()
    ends = _ends(plan)
    result = execute(plan, store, fresh=fresh, resume=resume, observe=observe, settled=settled, goes_on=True)
    while result.status is Status.DONE:
        following = _following(growing, store, result.run.id, judged, guarded, wanted, ends)
        if following is None:
            break
        growing = following
        plan, settled = growing.to_run()
        plan = _until(plan, ends)
        result = execute(plan, store, resume=result.run.id, observe=observe, settled=settled, goes_on=True)
    return result.run.id


def _following(
    growing: Growing,
    store: Store,
    run: str,
    judged: Callable[[str], Check],
    guarded: Callable[[Plan], Plan],
    wanted: Collection[Demand],
    ends: float,
) -> Growing | None:
    """The next look, noted in the store; None where there is none, and the run has ended."""
    noted = None
    try:
        if time.monotonic() < ends:
            following = growing.further(_open_arms(judged(run), wanted))
            if following is not None:
                following = replace(following, plan=guarded(following.plan))
                following.note(store, run)
            noted = following
    finally:
        if noted is None:
            store.finish(run, Status.DONE)
    return noted


def _ends(plan: Plan) -> float:
    """When the seconds of the budget are over: all looks share them."""
    seconds = None if plan.budget is None else plan.budget.seconds
    return math.inf if seconds is None else time.monotonic() + seconds


def _until(plan: Plan, ends: float) -> Plan:
    """The plan with the seconds that are left."""
    if plan.budget is None or math.isinf(ends):
        return plan
    return replace(plan, budget=replace(plan.budget, seconds=max(0.001, ends - time.monotonic())))


def _open_arms(judged: Check, wanted: Collection[Demand]) -> set[str]:
    """The arms that more samples may settle."""
    growing = {(one.arm, one.figure.name) for one in wanted if one.figure.kind in GROWING}
    return {
        result.arm
        for result in judged.results
        if result.verdict is Verdict.INCONCLUSIVE and result.n and (result.arm, result.metric) in growing
    }


def known_samples(
    wanted: Collection[Demand], baseline: Baseline | None
) -> Mapping[str, Collection[tuple[str, str]]] | None:
    """Dataset → the samples of the baseline, where a gate needs them; None where none does."""
    if baseline is None or not any(demand.rule == "no_regression" for demand in wanted):
        return None
    found: dict[str, set[tuple[str, str]]] = {}
    for arm in baseline.arms:
        found.setdefault(arm.dataset, set()).update(arm.values)
    return found
