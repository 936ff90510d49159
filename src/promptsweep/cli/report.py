"""`report`: a run as a document."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from promptsweep.cli.options import RunArgument, StoreOption, WorkspaceOption
from promptsweep.cli.output import note
from promptsweep.cli.places import stored_run
from promptsweep.errors import ConfigError, unknown

FORMATS = ("md", "html")


def report(
    run: RunArgument = "latest",
    form: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            metavar="FORMAT",
            help="md: Markdown, made for pull requests; html: one file to send, with charts and traces.",
        ),
    ] = "md",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", dir_okay=False, help="Where to write it. Default: stdout."
        ),
    ] = None,
    charts: Annotated[
        Path | None,
        typer.Option(
            "--charts", metavar="DIR", file_okay=False, help="Also write its charts there, as PNG and SVG."
        ),
    ] = None,
    language: Annotated[
        str,
        typer.Option(
            "--language", metavar="LANG", help="Of an html report and of charts: en, English; ko, Korean."
        ),
    ] = "en",
    store: StoreOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Write a run as a report for a pull request, or as a page to send.

    The leaderboard, comparisons, what is missing, the worst samples, and what made it. As html also charts,
    costs, full traces and what each number means; it loads nothing from any network. Charts need
    promptsweep[report].
    """
    from promptsweep.reports.chart_files import write_charts
    from promptsweep.reports.html import html_report
    from promptsweep.reports.markdown import markdown_report

    if form not in FORMATS:
        raise ConfigError(unknown("format", form, FORMATS))
    if language != "en" and form == "md" and charts is None:
        raise ConfigError("a report in Markdown is in English; --language is for --format html and --charts")
    with stored_run(run, workspace, store) as found:
        text = (
            html_report(found.store, found.id, language)
            if form == "html"
            else markdown_report(found.store, found.id)
        )
        pictures = [] if charts is None else write_charts(found.store, found.id, charts, language)
    if output is None:
        typer.echo(text)
    else:
        _write(text, output)
    for path in pictures:
        note(f"wrote {path}")


def _write(text: str, output: Path) -> None:
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", path=output) from None
    note(f"wrote {output}")
