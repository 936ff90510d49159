"""`baseline`: what a run scored, kept as a small file that is committed beside the prompts."""

from __future__ import annotations

from typing import Annotated

import typer

from promptsweep.cli.options import JsonOption, RunArgument, StoreOption, WorkspaceOption
from promptsweep.cli.places import find_workspace, opened

baseline = typer.Typer(
    help="What `check` compares with: save a run's scores, show them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@baseline.command()
def save(
    run: RunArgument = "latest",
    answers: Annotated[
        bool,
        typer.Option(
            "--answers",
            help="Keep the answers too: for broken samples, and for gates on macro_f1 and the like.",
        ),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also of a run that is not complete or holds errors.")
    ] = False,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE|URL",
            help="Default: reports/baselines/SWEEP.json in the workspace.",
            show_default=False,
        ),
    ] = None,
    store: StoreOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Save a run's scores as the baseline of its sweep.

    A score for each sample, and what the prompts, parameters and rows were; no prompt, and no answer unless
    --answers. Commit the file: `promptsweep check` compares with it.
    """
    from promptsweep.cli.views.baselines import print_saved
    from promptsweep.reports.baseline_files import write_baseline
    from promptsweep.reports.baselines import baseline_path, make_baseline

    with opened(workspace, store) as found:
        made = make_baseline(found, run, answers=answers, force=force)
    place = output or baseline_path(find_workspace(workspace), made.sweep)
    print_saved(made, place, write_baseline(made, place))


@baseline.command()
def show(
    sweep: Annotated[
        str | None,
        typer.Argument(
            metavar="SWEEP|FILE|URL", help="A sweep's name, or where a baseline is. Default: list all."
        ),
    ] = None,
    json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Show a baseline: where it comes from, and what each arm scored."""
    from promptsweep.cli.views.baselines import print_baseline, print_baselines
    from promptsweep.reports.baseline_files import find_baselines, named_baseline

    place = find_workspace(workspace)
    if sweep is None:
        print_baselines(find_baselines(place), json=json)
    else:
        print_baseline(named_baseline(sweep, place), json=json)
