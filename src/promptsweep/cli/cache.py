"""`cache`: the stored replies: how many, which nobody needs, why a request was not found."""

from __future__ import annotations

from typing import Annotated

import typer

from promptsweep.cli.options import LimitOption, SampleOption, StoreOption, SweepArgument, WorkspaceOption
from promptsweep.cli.output import emit
from promptsweep.cli.places import find_workspace, opened

cache = typer.Typer(
    help="Stored replies: count, prune, explain.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@cache.command()
def stats(store: StoreOption = None, workspace: WorkspaceOption = None) -> None:
    """Show how many replies are stored, and what they saved."""
    from promptsweep.cli.views.cache import print_stats
    from promptsweep.reports.cache import cache_stats

    with opened(workspace, store) as found:
        print_stats(cache_stats(found))


@cache.command()
def prune(
    everything: Annotated[
        bool,
        typer.Option("--all", help="Also the replies of finished runs: scores stay, texts of traces go."),
    ] = False,
    store: StoreOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Remove the replies that no run refers to."""
    from promptsweep.reports.cache import prune as remove

    with opened(workspace, store) as found:
        removed = remove(found, keep_runs=not everything)
    emit(f"removed {removed:,} stored {'reply' if removed == 1 else 'replies'}")


@cache.command()
def explain(
    sweep: SweepArgument,
    arm: Annotated[
        str | None,
        typer.Option("--arm", metavar="TEXT", help="The arm whose name contains TEXT. Default: the first."),
    ] = None,
    sample: SampleOption = None,
    limit: LimitOption = None,
    store: StoreOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Say whether a sample's first request is stored.

    If it is not: which fields differ from the nearest request that is.
    """
    from promptsweep.cli.views.cache import print_explanation
    from promptsweep.cli.views.planning import first_request_of, plan_unsent
    from promptsweep.reports.cache import explain as look_up

    planned = plan_unsent(sweep, find_workspace(workspace), {"limit": limit}).plan
    request = first_request_of(planned, arm, sample)
    with opened(workspace, store) as found:
        print_explanation(request, look_up(found, request))
