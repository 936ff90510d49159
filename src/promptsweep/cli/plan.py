"""`plan`: what a sweep would do, and how much of it; nothing is sent."""

from __future__ import annotations

from promptsweep.cli.options import JsonOption, LimitOption, ModelOption, SweepArgument, WorkspaceOption
from promptsweep.cli.output import emit_json, note
from promptsweep.cli.places import find_workspace


def plan(
    sweep: SweepArgument,
    limit: LimitOption = None,
    model: ModelOption = None,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Show what a sweep would do: arms, samples, calls, tokens.

    Nothing is sent, and no key is needed.
    """
    from promptsweep.cli.views.planning import plan_unsent
    from promptsweep.cli.views.plans import plan_json, print_plan

    unsent = plan_unsent(sweep, find_workspace(workspace), {"limit": limit, "models": model or None})
    for warning in unsent.plan.warnings:
        note(f"warning: {warning}")
    for name in unsent.keyless:
        note(f"note: the key of {name} is not set; run needs it")
    if json:
        emit_json(plan_json(unsent.plan))
    else:
        print_plan(unsent.plan)
