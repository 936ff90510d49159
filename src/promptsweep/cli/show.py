"""`show`: a run's leaderboard, its samples, or all there is about one of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from promptsweep.cli.options import JsonOption, RunArgument, StoreOption, WorkspaceOption
from promptsweep.cli.output import emit, emit_json
from promptsweep.cli.places import stored_run

if TYPE_CHECKING:
    from promptsweep.api import Run


def show(  # noqa: PLR0913, PLR0917  the options of the command
    run: RunArgument = "latest",
    arm: Annotated[
        str | None, typer.Option("--arm", metavar="TEXT", help="The samples of the arm whose name contains TEXT.")
    ] = None,
    sample: Annotated[
        str | None, typer.Option("--sample", metavar="ID", help="Everything about one sample: calls, scores, reasons.")
    ] = None,
    wrong: Annotated[bool, typer.Option("--wrong", help="Only samples that failed or were not fully right.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="At most N samples.")] = 20,
    json: JsonOption = False,
    store: StoreOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Show a run's leaderboard; with --arm or --wrong its samples, with --sample the whole trace of one."""
    with stored_run(run, workspace, store) as found:
        if sample is not None:
            _show_trace(found, sample, arm, json=json)
        elif arm is not None or wrong:
            _show_samples(found, arm, wrong=wrong, limit=limit, json=json)
        elif json:
            emit_json(found.as_json())
        else:
            _show_leaderboard(found)
