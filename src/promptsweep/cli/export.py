"""`export`: a run's rows for other tools."""

from __future__ import annotations

from typing import Annotated

import typer

from promptsweep.cli.options import RunArgument, StoreOption, WorkspaceOption
from promptsweep.cli.places import stored_run
from promptsweep.errors import ConfigError


def export(
    run: RunArgument = "latest",
    form: Annotated[
        str | None,
        typer.Option("--format", "-f", metavar="FORMAT", help="jsonl (the default), csv or parquet."),
    ] = None,
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR|URL",
            help="The folder to write into, or a URL such as s3://bucket/runs.",
        ),
    ] = ".",
    partitioned: Annotated[
        bool,
        typer.Option(
            "--partitioned",
            help="Parquet in folders TABLE/run=…/arm=…, which DuckDB and Spark read as one table.",
        ),
    ] = False,
    store: StoreOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Write a run's rows as JSONL, CSV or Parquet.

    Its arms, records and calls, and what people and judges said, one file each; prints where they are. A URL
    needs promptsweep[objects] and the package of its kind, such as s3fs, which finds the credentials itself.
    """
    from promptsweep.reports.export import export as write
    from promptsweep.reports.export import export_partitioned
    from promptsweep.urls import shown

    if partitioned and form not in {None, "parquet"}:
        raise ConfigError(f"--partitioned writes parquet, not {form}")
    with stored_run(run, workspace, store) as found:
        if partitioned:
            places = export_partitioned(found.store, found.id, output)
        else:
            places = write(found.store, found.id, output, form or "jsonl")
        for place in places:
            typer.echo(shown(place))
