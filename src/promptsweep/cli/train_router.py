"""`train-router`: which questions skeleton-of-thought outlines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from promptsweep.cli.options import WorkspaceOption
from promptsweep.cli.output import emit
from promptsweep.cli.places import find_workspace


def train_router(
    dataset: Annotated[
        str,
        typer.Argument(metavar="DATASET", help="Questions labelled skeleton or direct; its train split."),
    ] = "routes",
    precision: Annotated[
        float,
        typer.Option(
            "--precision",
            min=0.5,
            max=1.0,
            metavar="P",
            help="Part of the outlined questions, among unseen ones, that an outline must suit.",
        ),
    ] = 0.9,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Default: prompts/skeleton_of_thought/router.json, where the strategy looks for it.",
        ),
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Train the router of skeleton_of_thought on labelled questions.

    For `skeleton_of_thought: {router: trained}`. Nothing is sent: it learns from the words of the questions.
    """
    from promptsweep.api.routing import FILE
    from promptsweep.api.routing import train_router as train
    from promptsweep.cli.views.routing import confusion_table, figures

    place = find_workspace(workspace)
    found = train(place, dataset, precision, output)
    emit(confusion_table(found), "", figures(found), f"Wrote {output or place.root / FILE}")
