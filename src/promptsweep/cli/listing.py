"""`list`: the runs of the store, or what the workspace and the built-ins offer."""

from __future__ import annotations

from typing import Annotated

import typer

from promptsweep.cli.options import JsonOption, StoreOption, WorkspaceOption
from promptsweep.cli.places import find_workspace, opened


def list_command(
    what: Annotated[
        str,
        typer.Argument(metavar="WHAT", help="runs, strategies, datasets, models, metrics or sweeps."),
    ] = "runs",
    limit: Annotated[
        int, typer.Option("--limit", min=1, metavar="N", help="At most N runs, the newest first.")
    ] = 50,
    json: JsonOption = False,
    store: StoreOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """List runs, strategies, datasets, models, metrics or sweeps."""
    from promptsweep.cli.views.lists import print_offers, print_runs

    if what == "runs":
        with opened(workspace, store) as found:
            print_runs(found, limit, json=json)
    else:
        print_offers(what, find_workspace(workspace), json=json)
