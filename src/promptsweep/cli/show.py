"""`show`: a run's leaderboard, its samples, or all there is about one of them."""

from __future__ import annotations

from typing import Annotated

import typer

from promptsweep.cli.options import JsonOption, RunArgument, StoreOption, WorkspaceOption
from promptsweep.cli.places import stored_run


def show(  # noqa: PLR0913, PLR0917  the options of the command
    run: RunArgument = "latest",
    arm: Annotated[
        str | None,
        typer.Option("--arm", metavar="TEXT", help="The samples of the arm whose name contains TEXT."),
    ] = None,
    sample: Annotated[
        str | None,
        typer.Option("--sample", metavar="ID", help="Everything about one sample: calls, scores, reasons."),
    ] = None,
    wrong: Annotated[
        bool, typer.Option("--wrong", help="Only samples that failed or are not fully right.")
    ] = False,
    classes: Annotated[
        bool,
        typer.Option(
            "--classes", help="Precision, recall and F1 of each class, and what it is mistaken for."
        ),
    ] = False,
    widening: Annotated[
        bool,
        typer.Option("--widening", help="Retrieval that widens: score and cost by how much was shown."),
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="At most N samples.")] = 20,
    json: JsonOption = False,
    store: StoreOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Show a run's leaderboard, its samples, or one in full.

    The samples with --arm or --wrong; with --sample all there is about one: messages, reply, scores; with
    --classes the tables of a classification, with --widening what each width of a retrieval was worth.
    """
    from promptsweep.cli.views.classes import print_classes
    from promptsweep.cli.views.leaderboard import print_run
    from promptsweep.cli.views.samples import print_samples
    from promptsweep.cli.views.traces import print_trace
    from promptsweep.cli.views.widening import print_widenings

    with stored_run(run, workspace, store) as found:
        if classes:
            print_classes(found, arm, json=json)
        elif widening:
            print_widenings(found, arm, json=json)
        elif sample is not None:
            print_trace(found, sample, arm, json=json)
        elif arm is not None or wrong:
            print_samples(found, arm, wrong=wrong, limit=limit, json=json)
        else:
            print_run(found, json=json)
