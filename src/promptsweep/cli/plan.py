"""`plan`: what a sweep would do, and how much of it; nothing is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from promptsweep.cli import figures
from promptsweep.cli.options import JsonOption, LimitOption, ModelOption, SweepArgument, WorkspaceOption
from promptsweep.cli.output import console, emit, emit_json, note, plural
from promptsweep.cli.places import find_workspace
from promptsweep.cli.tables import Column, fitting

if TYPE_CHECKING:
    from promptsweep.cli.planning import UnsentPlan
    from promptsweep.runners import PlannedArm

COUNTED = 5
"""Samples whose first request is rendered to estimate the tokens of an arm."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an arm would send."""

    calls: int
    """At least this many."""
    exact: bool
    """Whether it is just as many: False for strategies whose later calls depend on replies."""
    tokens: float
    """Prompt tokens of the first call, the mean over some samples."""


def plan(
    sweep: SweepArgument,
    limit: LimitOption = None,
    model: ModelOption = None,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Show what a sweep would do: its arms, samples, calls and tokens. Nothing is sent, no key is needed."""
    from promptsweep.cli.planning import plan_unsent

    unsent = plan_unsent(sweep, find_workspace(workspace), {"limit": limit, "models": model or None})
    for warning in unsent.plan.warnings:
        note(f"warning: {warning}")
    for name in unsent.keyless:
        note(f"note: the key of {name} is not set; run needs it")
    estimates = [_estimate(arm, unsent.plan.repeats) for arm in unsent.plan.arms]
    if json:
        emit_json(_document(unsent, estimates))
    else:
        _print(unsent, estimates)


def _estimate(planned: PlannedArm, repeats: int) -> Estimate:
    from promptsweep.api import enter
    from promptsweep.prompts.strategies import one_call
    from promptsweep.runners import first_request

    requests = [enter(first_request(planned, sample)) for sample in islice(planned.selection, COUNTED)]
    tokens = [sum(planned.model.count_tokens(one.content) for one in request.messages) for request in requests]
    exact = planned.strategy.function is one_call
    return Estimate(planned.selection.count * repeats, exact, sum(tokens) / len(tokens))


def _document(unsent: UnsentPlan, estimates: Sequence[Estimate]) -> dict[str, object]:
    planned = unsent.plan
    arms = [
        {
            "arm": one.arm.label,
            "strategy": one.arm.strategy,
            "model": one.arm.model,
            "dataset": one.arm.dataset,
            "split": one.arm.split,
            "params": {**one.arm.strategy_params, **one.arm.params},
            "samples": one.selection.count,
            "calls": estimate.calls,
            "calls_exact": estimate.exact,
            "first_call_tokens": round(estimate.tokens, 1),
        }
        for one, estimate in zip(planned.arms, estimates, strict=True)
    ]
    return {
        "sweep": planned.name,
        "repeats": planned.repeats,
        "records": planned.total,
        "arms": arms,
        "models_without_key": list(unsent.keyless),
        "warnings": list(planned.warnings),
    }


def _print(unsent: UnsentPlan, estimates: Sequence[Estimate]) -> None:
    planned = unsent.plan
    arms = [one.arm for one in planned.arms]
    calls = [f"{'' if estimate.exact else '≥ '}{estimate.calls:,}" for estimate in estimates]
    keys = [
        Column("strategy", [arm.variant for arm in arms], wraps=True),
        Column("model", [arm.model for arm in arms], wraps=True),
    ]
    figures_of_arms = [
        Column("dataset", [f"{arm.dataset} ({arm.split})" for arm in arms], wraps=True),
        Column("samples", [f"{one.selection.count:,}" for one in planned.arms], "right"),
        Column("calls", calls, "right"),
        Column("tokens/call", [f"{estimate.tokens:.0f}" for estimate in estimates], "right"),
    ]
    emit(*fitting(console(), keys, figures_of_arms, []))
    total = sum(estimate.calls * estimate.tokens for estimate in estimates)
    repeats = f" ({planned.repeats} attempts at each sample)" if planned.repeats > 1 else ""
    emit("", f"{plural(len(arms), 'arm')}, {plural(planned.total, 'record')}{repeats}.")
    emit(f"First calls send about {figures.compact(total)} prompt tokens. Nothing was sent.")
    if not all(estimate.exact for estimate in estimates):
        emit("≥: further calls depend on the replies.")
