"""`plan`: what a sweep would do, how much of it, and what that costs; sends nothing but a pilot."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from promptsweep.cli.options import (
    JsonOption,
    LimitOption,
    ModelOption,
    StoreOption,
    SweepArgument,
    WindowOption,
    WorkspaceOption,
)
from promptsweep.cli.output import emit, emit_json, note
from promptsweep.cli.places import find_workspace, opened
from promptsweep.errors import ExitCode
from promptsweep.workspace import Workspace

if TYPE_CHECKING:
    from promptsweep.reports.pilot import Forecast
    from promptsweep.runners import Plan


class Way(StrEnum):
    """How requests are answered, as far as calls, cost and time hang on it."""

    LOCAL = "local"
    BATCH = "batch"


def plan(  # noqa: PLR0913, PLR0917  the options of the command
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
    engine: Annotated[
        Way,
        typer.Option(
            "--engine",
            metavar="local|batch",
            help="Live calls, or the vendors' Batch APIs. Ray's workers share the limits of one process, so "
            "that its plan is theirs. Default: local.",
            show_default=False,
        ),
    ] = Way.LOCAL,
    window: WindowOption = None,
    json: JsonOption = False,
    store: StoreOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Show what a sweep would do: arms, samples, calls, tokens, cost, time.

    Nothing is sent and no key is needed, unless --pilot asks for a few samples; their replies are stored, and
    the run does not ask for them again.
    """
    from promptsweep.api import on_engine
    from promptsweep.api import plan as plan_live
    from promptsweep.cli.views.pilots import print_forecast
    from promptsweep.cli.views.planning import plan_unsent
    from promptsweep.cli.views.plans import Costing, plan_json, print_plan

    place, overrides = find_workspace(workspace), {"limit": limit, "models": model or None}
    unsent = plan_unsent(sweep, place, overrides)
    planned = on_engine(unsent.plan, engine, place, window)
    for warning in planned.warnings:
        note(f"warning: {warning}")
    for name in unsent.keyless:
        note(f"note: the key of {name} is not set; run needs it")
    costing = Costing.of(planned, place)
    if not json:
        print_plan(costing)
    code, forecast = ExitCode.OK, None
    if pilot is not None:
        whole = on_engine(plan_live(sweep, place, overrides), engine, place, window)
        code, forecast = _piloted(whole, place, pilot, store)
    if json:
        emit_json(plan_json(costing, forecast))
    elif forecast is None:
        emit("Nothing was sent. --pilot N asks for a few samples, and extrapolates tokens, cost and time.")
    else:
        print_forecast(forecast)
    raise typer.Exit(code)


def _piloted(planned: Plan, place: Workspace, size: int, store: str | None) -> tuple[ExitCode, Forecast]:
    """Runs the pilot; how it ended, and what it says of the whole."""
    from promptsweep import api
    from promptsweep.cli.views.progress import watching
    from promptsweep.reports.pilot import forecast, pilot_plan

    for line in dict.fromkeys(model.notice for model in [*planned.models, *planned.judges] if model.notice):
        note(line)
    with opened(place.root, store, create=True) as found:
        with watching(quiet=False) as observe:
            result = api.execute(pilot_plan(planned, size), found, observe=observe)
        note(f"the pilot is run {result.run.id}")
        if result.error is not None:
            note(f"{result.status}: {result.error}")
        return result.exit_code, forecast(found, result.run.id, planned)
