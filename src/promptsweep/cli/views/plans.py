"""A plan: its arms, and what they would send."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from promptsweep.api import enter
from promptsweep.cli.output import console, emit
from promptsweep.cli.views.counts import compact
from promptsweep.cli.views.tables import Column, fitting
from promptsweep.prompts.strategies import one_call
from promptsweep.reports.figures import plural
from promptsweep.runners import Plan, PlannedArm, first_request
from promptsweep.types import JSON

RENDERED = 5
"""Samples of an arm whose first request is rendered to estimate its tokens."""


@dataclass(frozen=True, slots=True)
class _Estimate:
    """What an arm would send."""

    planned: PlannedArm
    calls: int
    """At least this many: one for each record."""
    exact: bool
    """Whether there are no more: False for strategies whose further calls depend on the replies."""
    tokens: float
    """Prompt tokens of the first call, the mean over some samples."""


def plan_json(plan: Plan) -> dict[str, JSON]:
    """The document that `plan --json` prints."""
    return {
        "sweep": plan.name,
        "repeats": plan.repeats,
        "records": plan.total,
        "arms": [_arm_json(estimate) for estimate in _estimates(plan)],
        "warnings": list(plan.warnings),
    }


def print_plan(plan: Plan) -> None:
    """Prints the arms as a table, and the sums."""
    estimates = _estimates(plan)
    for table in fitting(console().width, *_columns(estimates)):
        emit(table, "")
    models = {one.planned.arm.model for one in estimates}
    arms = plural(len(estimates), "arm") + (f" on {models.pop()}" if len(models) == 1 else "")
    repeats = f", {plan.repeats} attempts at each sample" if plan.repeats > 1 else ""
    tokens = compact(sum(one.calls * one.tokens for one in estimates))
    emit(f"{arms}, {plural(plan.total, 'record')}{repeats}.")
    emit(f"The first calls hold about {tokens} prompt tokens. Nothing was sent.")
    if not all(one.exact for one in estimates):
        emit("≥: how many calls follow the first depends on the strategy and the replies.")


def _estimates(plan: Plan) -> list[_Estimate]:
    return [_estimate(planned, plan.repeats) for planned in plan.arms]


def _estimate(planned: PlannedArm, repeats: int) -> _Estimate:
    requests = [enter(first_request(planned, sample)) for sample in islice(planned.selection, RENDERED)]
    tokens = [
        sum(planned.model.count_tokens(one.content) for one in request.messages) for request in requests
    ]
    exact = planned.strategy.function is one_call
    return _Estimate(planned, planned.selection.count * repeats, exact, sum(tokens) / len(tokens))


def _arm_json(estimate: _Estimate) -> dict[str, JSON]:
    arm = estimate.planned.arm
    return {
        "arm": arm.label,
        "strategy": arm.strategy,
        "model": arm.model,
        "dataset": arm.dataset,
        "split": arm.split,
        "params": {**arm.strategy_params, **arm.params},
        "samples": estimate.planned.selection.count,
        "calls": estimate.calls,
        "calls_exact": estimate.exact,
        "first_call_tokens": round(estimate.tokens, 1),
    }


def _columns(estimates: Sequence[_Estimate]) -> tuple[list[Column], list[Column]]:
    arms = [one.planned.arm for one in estimates]
    variants = [arm.label.removesuffix(f" | {arm.model} | {arm.dataset}") for arm in arms]
    keys = [
        Column("strategy", variants, wraps=True),
        Column("dataset", [f"{arm.dataset} ({arm.split})" for arm in arms], wraps=True),
    ]
    if len({arm.model for arm in arms}) > 1:
        keys.insert(1, Column("model", [arm.model for arm in arms], wraps=True))
    sizes = [
        Column("samples", [f"{one.planned.selection.count:,}" for one in estimates], "right"),
        Column("calls", [f"{'' if one.exact else '≥ '}{one.calls:,}" for one in estimates], "right"),
        Column("tokens/call", [f"{one.tokens:,.0f}" for one in estimates], "right"),
    ]
    return keys, sizes
