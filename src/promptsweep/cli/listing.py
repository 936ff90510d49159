"""`list`: the runs of the store, or what the workspace and the built-ins offer."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from promptsweep.cli.options import JsonOption, StoreOption, WorkspaceOption
from promptsweep.cli.places import find_workspace, opened


class Kind(StrEnum):
    """What can be listed."""

    RUNS = "runs"
    STRATEGIES = "strategies"
    DATASETS = "datasets"
    MODELS = "models"
    METRICS = "metrics"
    SWEEPS = "sweeps"


def list_command(
    what: Annotated[Kind, typer.Argument(metavar="[WHAT]", help=f"One of: {', '.join(Kind)}.")] = Kind.RUNS,
    limit: Annotated[
        int, typer.Option("--limit", min=1, metavar="N", help="At most N runs, the newest first.")
    ] = 50,
    json: JsonOption = False,
    store: StoreOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """List runs, strategies, datasets, models, metrics or sweeps."""
    from promptsweep.cli.views.lists import print_offers, print_runs

    if what is Kind.RUNS:
        with opened(workspace, store) as found:
            print_runs(found, limit, json=json)
    else:
        print_offers(what.value, find_workspace(workspace), json=json)
