"""`plan`: what a sweep would do, how much of it, and what that costs; sends nothing but a pilot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from promptsweep.cli.options import (
    JsonOption,
    LimitOption,
    ModelOption,
    StoreOption,
    SweepArgument,
    WorkspaceOption,
)
from promptsweep.cli.output import emit, emit_json, note
from promptsweep.cli.places import find_workspace, opened
from promptsweep.errors import ExitCode
from promptsweep.types import JSON
from promptsweep.workspace import Workspace

if TYPE_CHECKING:
    from promptsweep.reports.pilot import Forecast


def plan(
    sweep: SweepArgument,
    limit: LimitOption = None,
    model: ModelOption = None,
    pilot: Annotated[
        int | None,
        typer.Option(
            "--pilot",
            min=1,
            metavar="N",
            help="Run N samples of each arm for real, and extrapolate from them.",
        ),
    ] = None,
    json: JsonOption = False,
    store: StoreOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Show what a sweep would do: arms, samples, calls, tokens, cost, time.

    Nothing is sent and no key is needed, unless --pilot asks for a few samples; their replies are stored, and
    the run does not ask for them again.
    """
    from promptsweep.cli.views.pilots import print_forecast
    from promptsweep.cli.views.planning import plan_unsent
    from promptsweep.cli.views.plans import Costing, plan_json, print_plan

    place, overrides = find_workspace(workspace), {"limit": limit, "models": model or None}
    unsent = plan_unsent(sweep, place, overrides)
    for warning in unsent.plan.warnings:
        note(f"warning: {warning}")
    for name in unsent.keyless:
        note(f"note: the key of {name} is not set; run needs it")
    costing = Costing.of(unsent.plan, place)
    if not json:
        print_plan(costing)
    code, forecast = ExitCode.OK, None
    if pilot is not None:
        code, forecast = _piloted(sweep, place, overrides, pilot, store)
    if json:
        emit_json(plan_json(costing, forecast))
    elif forecast is None:
        emit("Nothing was sent. --pilot N asks for a few samples, and extrapolates tokens, cost and time.")
    else:
        print_forecast(forecast)
    raise typer.Exit(code)


def _piloted(
    sweep: str, place: Workspace, overrides: Mapping[str, JSON], size: int, store: str | None
) -> tuple[ExitCode, Forecast]:
    """Runs the pilot; how it ended, and what it says of the whole."""
    from promptsweep import api
    from promptsweep.cli.views.progress import watching
    from promptsweep.reports.pilot import forecast, pilot_plan

    planned = api.plan(sweep, place, overrides)
    for line in dict.fromkeys(model.notice for model in planned.models if model.notice):
        note(line)
    with opened(place.root, store, create=True) as found:
        with watching(quiet=False) as observe:
            result = api.execute(pilot_plan(planned, size), found, observe=observe)
        note(f"the pilot is run {result.run.id}")
        if result.error is not None:
            note(f"{result.status}: {result.error}")
        return result.exit_code, forecast(found, result.run.id, planned)
