"""`compare`: which arms, or which of two runs, really differ."""

from __future__ import annotations

from typing import Annotated

import typer

from promptsweep.cli.options import JsonOption, StoreOption, WorkspaceOption
from promptsweep.cli.output import emit_json
from promptsweep.cli.places import opened


def compare(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run: its id, a sweep's name, or `latest`.")],
    other: Annotated[
        str | None,
        typer.Argument(metavar="RUN_B", help="Another run: its arms against those of the same name in RUN."),
    ] = None,
    arm: Annotated[
        str | None,
        typer.Option("--arm", metavar="TEXT", help="The baseline within RUN. Default: the first arm."),
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option("--metric", metavar="NAME", help="What to compare. Default: the first metric."),
    ] = None,
    flips: Annotated[
        int,
        typer.Option(
            "--flips", min=0, metavar="N", help="Show N samples that only one of the two got right."
        ),
    ] = 0,
    json: JsonOption = False,
    store: StoreOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Compare a run's arms, or two runs, paired by sample.

    Every arm with the baseline of its dataset; of two runs, arms of the same name. Exit code 3: they have
    nothing in common.
    """
    from promptsweep.cli.views.comparisons import print_comparisons
    from promptsweep.reports.compare import compare_arms, compare_runs, comparison_json

    with opened(workspace, store) as found:
        if other is None:
            comparisons = compare_arms(found, run, arm, metric)
        else:
            comparisons = compare_runs(found, run, other, metric)
    if json:
        emit_json(comparison_json(comparisons))
    else:
        print_comparisons(comparisons, flips, runs=other is not None)
