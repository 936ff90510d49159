"""`compare`: which arms, or which of two runs, really differ."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from promptsweep.cli.options import JsonOption, StoreOption, WorkspaceOption
from promptsweep.cli.output import emit_json, note
from promptsweep.cli.places import opened
from promptsweep.errors import ConfigError

if TYPE_CHECKING:
    from promptsweep.reports.compared import Compared


class Form(StrEnum):
    """How a comparison is printed."""

    TEXT = "text"
    MD = "md"
    CSV = "csv"
    JSON = "json"


def compare(  # noqa: PLR0913, PLR0917  the options of the command
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run: its id, a sweep's name, or `latest`.")],
    other: Annotated[
        str | None,
        typer.Argument(metavar="RUN_B", help="Another run: its arms against those of the same name in RUN."),
    ] = None,
    arm: Annotated[
        str | None,
        typer.Option(
            "--arm",
            metavar="TEXT",
            help="The baseline: an arm of RUN. Default: its first; of two runs, the arm of the same name.",
        ),
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(
            "--metric",
            metavar="NAME",
            help="What to compare. Default: the first metric that scores single samples.",
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            "--slice",
            metavar="FIELD",
            help="Also by slices: a field of the samples, `label`, `length` (characters) or "
            "`evidence_position` (where in the context the answer stands).",
        ),
    ] = None,
    cost: Annotated[
        bool,
        typer.Option(
            "--cost",
            help="Also score per dollar and per 1,000 tokens, the Pareto set, the best for no more money.",
        ),
    ] = False,
    flips: Annotated[
        int,
        typer.Option(
            "--flips", min=0, metavar="N", help="Show N samples that only one of the two got right, each way."
        ),
    ] = 0,
    flips_out: Annotated[
        Path | None,
        typer.Option(
            "--flips-out",
            metavar="FILE",
            dir_okay=False,
            help="Write all samples that differ, with both answers: .csv, .json, .jsonl, .md or .parquet.",
        ),
    ] = None,
    form: Annotated[
        Form,
        typer.Option(
            "--format",
            "-f",
            metavar="text|md|csv|json",
            help="How to print it; csv is one table: comparisons, or costs, or slices where asked for.",
        ),
    ] = Form.TEXT,
    json: JsonOption = False,
    store: StoreOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Compare a run's arms, or two runs, paired by sample.

    Every arm with the baseline of its dataset; of two runs, arms of the same name. The best arm of a run is
    shown with its score corrected for having been picked. Exit code 3: they have nothing in common.
    """
    from promptsweep.reports.compared import Question, compared, opponents_of
    from promptsweep.reports.flip_files import write_flips

    if json and form not in {Form.TEXT, Form.JSON}:
        raise ConfigError(f"--json and --format {form.value} are two forms: choose one")
    question = Question(run, other, arm, metric, cost, by, flips)
    with opened(workspace, store) as found:
        answer = compared(found, question)
        if flips_out is not None:
            count = write_flips(found, opponents_of(found, question), flips_out, metric)
            note(f"wrote {count:,} samples that differ to {flips_out}")
    _print(answer, Form.JSON if json else form)


def _print(answer: Compared, form: Form) -> None:
    from promptsweep.cli.views.comparisons import print_compared
    from promptsweep.reports.compare_files import compared_csv, compared_markdown

    if form is Form.JSON:
        emit_json(answer.as_json())
    elif form is Form.TEXT:
        print_compared(answer)
    else:
        typer.echo(compared_markdown(answer) if form is Form.MD else compared_csv(answer))
