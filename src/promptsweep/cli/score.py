"""`score` and `import`: replies that are already there, scored as a run like any other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from promptsweep.cli.options import DatasetOption, JsonOption, MetricsOption, StoreOption, WorkspaceOption
from promptsweep.cli.output import note
from promptsweep.cli.places import find_workspace, opened

if TYPE_CHECKING:
    from promptsweep.api import Run


def score(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run: its id, a sweep's name, or `latest`.")],
    metric: MetricsOption = None,
    json: JsonOption = False,
    store: StoreOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Score a run's stored replies anew.

    With today's metrics and labels, as a run of its own. Nothing is sent: a judge's verdicts are carried over
    where they are today's, and `promptsweep judge` asks for the others.
    """
    from promptsweep.api import rescore

    with opened(workspace, store) as found:
        copy = rescore(found, run, find_workspace(workspace), metric or None)
        _print(copy, json)


def import_command(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="JSONL, CSV, TSV or Parquet with columns id and answer.",
        ),
    ],
    dataset: DatasetOption,
    name: Annotated[
        str, typer.Option("--name", "-n", metavar="NAME", help="What the answers are called in tables.")
    ],
    split: Annotated[
        str | None, typer.Option("--split", metavar="NAME", help="The split. Default: the one evaluated.")
    ] = None,
    metric: MetricsOption = None,
    json: JsonOption = False,
    store: StoreOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Score answers made elsewhere as a run.

    An id that comes again is another repeat of its sample; a column `model` makes an arm of each model.
    """
    from promptsweep.api import import_answers

    place = find_workspace(workspace)
    with opened(workspace, store, create=True) as found:
        run = import_answers(
            file,
            dataset=dataset,
            name=name,
            split=split,
            metrics=metric or None,
            workspace=place,
            store=found,
        )
        _print(run, json)


def _print(run: Run, json: bool) -> None:
    """The run's warnings and its leaderboard."""
    from promptsweep.cli.views.leaderboard import print_run
    from promptsweep.reports.browse import run_info

    for warning in run_info(run.store, run.id).warnings:
        note(f"warning: {warning}")
    print_run(run, json=json)
