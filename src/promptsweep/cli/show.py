"""`show`: a run's leaderboard, its samples, or all there is about one of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from promptsweep.cli import figures
from promptsweep.cli.options import JsonOption, RunArgument, StoreOption, WorkspaceOption
from promptsweep.cli.output import emit, emit_json, excerpt, plural
from promptsweep.cli.places import stored_run
from promptsweep.cli.tables import Column, table

if TYPE_CHECKING:
    from rich.table import Table

    from promptsweep.api import Run
    from promptsweep.reports.browse import RecordRow

TEXT_WIDTH = 60
"""Most characters of an input or answer in a list of samples."""


def show(
    run: RunArgument = "latest",
    arm: Annotated[
        str | None, typer.Option("--arm", metavar="TEXT", help="The samples of the arm whose name contains TEXT.")
    ] = None,
    sample: Annotated[
        str | None, typer.Option("--sample", metavar="ID", help="Everything about one sample: calls, scores, reasons.")
    ] = None,
    wrong: Annotated[bool, typer.Option("--wrong", help="Only samples that failed or are not fully right.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="At most N samples.")] = 20,
    json: JsonOption = False,
    store: StoreOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Show a run's leaderboard; with --arm or --wrong its samples, with --sample the whole trace of one."""
    with stored_run(run, workspace, store) as found:
        if sample is not None:
            _show_trace(found, sample, arm, json=json)
        elif arm is not None or wrong:
            _show_samples(found, arm, wrong=wrong, limit=limit, json=json)
        else:
            show_run(found, json=json)


def show_run(run: Run, *, json: bool) -> None:
    """Prints a run: what it is and its leaderboard, or the JSON document."""
    from promptsweep.cli.leaderboard import print_leaderboard

    if json:
        emit_json(run.as_json())
        return
    row = run.row
    error = f": {row.error}" if row.error else ""
    emit(f"Run {run.id} · {row.name} · {row.status}{error}", "")
    print_leaderboard(run)


def _show_trace(run: Run, sample: str, arm: str | None, *, json: bool) -> None:
    from promptsweep.cli.traces import trace_lines
    from promptsweep.reports.browse import trace

    found = trace(run.store, run.id, sample, arm)
    if json:
        emit_json(asdict(found))
    else:
        emit(*trace_lines(found))


def _show_samples(run: Run, arm: str | None, *, wrong: bool, limit: int, json: bool) -> None:
    from promptsweep.reports.browse import page

    rows, total = page(run.store, run.id, arm=arm, wrong=wrong, limit=limit)
    if json:
        emit_json({"run": run.id, "total": total, "records": [asdict(row) for row in rows]})
        return
    for label in dict.fromkeys(row.arm for row in rows):
        emit(label, "", _samples([row for row in rows if row.arm == label]), "")
    emit(f"{len(rows)} of {plural(total, 'record')}. One in full: promptsweep show {run.id} --sample ID --arm TEXT")


def _samples(rows: list[RecordRow]) -> Table:
    metrics = list(dict.fromkeys(name for row in rows for name in row.scores))
    return table(
        [
            Column("sample", [row.sample_id for row in rows], wraps=True),
            Column("input", [excerpt(row.input, TEXT_WIDTH) for row in rows], wraps=True),
            Column("target", [excerpt(" | ".join(row.targets), TEXT_WIDTH) for row in rows], wraps=True),
            Column("answer", [excerpt(row.error or row.answer, TEXT_WIDTH) for row in rows], wraps=True),
            Column("outcome", [row.outcome.value for row in rows]),
            *(Column(name, [_score(row, name) for row in rows], "right") for name in metrics[:2]),
        ]
    )


def _score(row: RecordRow, metric: str) -> str:
    value = row.scores.get(metric)
    return figures.ABSENT if value is None else f"{value:.2f}"
