"""`report` and `export`: a run as a document, and its rows for other tools."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from promptsweep.cli.options import RunArgument, StoreOption, WorkspaceOption
from promptsweep.cli.output import note
from promptsweep.cli.places import stored_run
from promptsweep.errors import ConfigError


class ReportFormat(StrEnum):
    """Forms of a report."""

    MD = "md"


class TableFormat(StrEnum):
    """Forms of exported tables."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


def report(
    run: RunArgument = "latest",
    format: Annotated[
        ReportFormat, typer.Option("--format", "-f", help="Markdown, made for pull requests.")
    ] = ReportFormat.MD,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", dir_okay=False, help="Where to write it. Default: stdout."
        ),
    ] = None,
    store: StoreOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Write a run as a report for a pull request.

    The leaderboard, comparisons, what is missing, the worst samples, and what made it.
    """
    from promptsweep.reports.markdown import markdown_report

    with stored_run(run, workspace, store) as found:
        text = {ReportFormat.MD: markdown_report}[format](found.store, found.id)
    if output is None:
        typer.echo(text)
        return
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", path=output) from None
    note(f"wrote {output}")


def export(
    run: RunArgument = "latest",
    format: Annotated[
        TableFormat, typer.Option("--format", "-f", help="Form of the tables.")
    ] = TableFormat.JSONL,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", file_okay=False, help="The folder to write into.")
    ] = Path(),
    store: StoreOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Write a run's rows as JSONL, CSV or Parquet.

    Its arms, records and calls, one file each; prints their paths.
    """
    from promptsweep.reports.export import export as write

    with stored_run(run, workspace, store) as found:
        for path in write(found.store, found.id, output, format.value):
            typer.echo(path)
